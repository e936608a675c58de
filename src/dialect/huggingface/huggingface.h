// Hugging Face's router: chat as OpenAI has it; embeddings at the address of the host that gives them for free, whose base
// is https://router.huggingface.co. Source: huggingface.co/docs/inference-providers/tasks/feature-extraction.
#pragma once

#include "dialect/openai/openai.h"

namespace freeway::dialect::huggingface {

class HuggingFace final : public openai::OpenAi {
 public:
  const Codec* codec(chat::Kind kind) const override;
};

}  // namespace freeway::dialect::huggingface

// Cloudflare Workers AI: chat and embeddings as OpenAI has them, everything else by its own `run`, whose base address is the
// one that ends in /ai.
// Source: developers.cloudflare.com/workers-ai/models.
#pragma once

#include "dialect/openai/openai.h"

namespace freeway::dialect::cloudflare {

class Cloudflare final : public openai::OpenAi {
 public:
  const Codec* codec(chat::Kind kind) const override;
};

}  // namespace freeway::dialect::cloudflare

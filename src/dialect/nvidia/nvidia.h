// NVIDIA's catalog of models: chat and embeddings as OpenAI has them; images and ranking at addresses of their own, whose
// base is https://ai.api.nvidia.com/v1. What takes long is answered later, at a third address: a provider's follow_up_url.
// Source: docs.api.nvidia.com/nim, docs.nvidia.com/cloud-functions.
#pragma once

#include "dialect/openai/openai.h"

namespace freeway::dialect::nvidia {

class Nvidia final : public openai::OpenAi {
 public:
  const Codec* codec(chat::Kind kind) const override;
  std::optional<FollowUp> follow_up(const Received& received, const catalog::Provider& provider,
                                    const FollowUp* before) const override;
};

}  // namespace freeway::dialect::nvidia

// AI Horde's own protocol: a text is a job that a volunteer's machine takes up, and that is asked for until it is done.
// Source: aihorde.net/api.
#pragma once

#include "dialect/foreign.h"

namespace freeway::dialect::aihorde {

class AiHorde final : public Foreign {
 public:
  AiHorde() : Foreign(Framing::events) {}
  std::optional<FollowUp> follow_up(const Received& received, const catalog::Provider& provider,
                                    const FollowUp* before) const override;
  Result<std::string> translate_answer(const Question& question, json::Value root) const override;

 protected:
  Result<void> translate_request(Translation& translation) const override;
  // There are no streams; what comes as one all the same is judged as it is.
  std::unique_ptr<Translator> translate_stream(const Question& question) const override;
};

// How long an answer may be, in the provider's tokens. It takes no other numbers than from 16 to 1024.
std::uint64_t length_of(const chat::Request& request, const catalog::Model& model);
// Who asks, and the key of those who have none: for every request.
void introduce(Outgoing& out, const catalog::Provider& provider);

}  // namespace freeway::dialect::aihorde

// Cohere's own chat, version 2.
// Source: docs.cohere.com/reference/chat.
#pragma once

#include "dialect/foreign.h"

namespace freeway::dialect::cohere {

class Cohere final : public Foreign {
 public:
  Cohere() : Foreign(Framing::events) {}
  const Codec* codec(chat::Kind kind) const override;
  Result<std::string> translate_answer(const Question& question, json::Value root) const override;

 protected:
  Result<void> translate_request(Translation& translation) const override;
  std::unique_ptr<Translator> translate_stream(const Question& question) const override;
};

}  // namespace freeway::dialect::cohere

// Ollama's own chat, of a machine of one's own or of Ollama Cloud.
// Source: docs.ollama.com/api/chat.
#pragma once

#include "dialect/foreign.h"

namespace freeway::dialect::ollama {

class Ollama final : public Foreign {
 public:
  Ollama() : Foreign(Framing::lines, true) {}
  Result<std::string> translate_answer(const Question& question, json::Value root) const override;

 protected:
  Result<void> translate_request(Translation& translation) const override;
  std::unique_ptr<Translator> translate_stream(const Question& question) const override;
};

}  // namespace freeway::dialect::ollama

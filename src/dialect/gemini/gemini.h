// Google's generateContent, as Google AI Studio serves it.
// Source: ai.google.dev/api/generate-content, and users' reports of what it refuses.
#pragma once

#include "dialect/foreign.h"

namespace freeway::dialect::gemini {

class Gemini final : public Foreign {
 public:
  Gemini() : Foreign(Framing::events) {}
  const Codec* codec(chat::Kind kind) const override;
  Result<std::string> translate_answer(const Question& question, json::Value root) const override;

 protected:
  Result<void> translate_request(Translation& translation) const override;
  std::unique_ptr<Translator> translate_stream(const Question& question) const override;
};

// What differs from model to model, told by its id.
struct Traits {
  explicit Traits(std::string_view id)
      : signs_calls(id.starts_with("gemini-3")),
        thinking_levels(id.starts_with("gemini-3")),
        thinks(id.starts_with("gemini-")),
        takes_system(!id.starts_with("gemma-3")),
        json_beside_tools(!id.starts_with("gemini-2")) {}

  bool signs_calls;        // wants the signatures of its calls back
  bool thinking_levels;    // is told how much to think as a level, not as a number of tokens
  bool thinks;             // can be told about thinking at all
  bool takes_system;       // false: what the system says goes before the first turn of the user
  bool json_beside_tools;  // false: takes tools or asks for JSON, not both
};

// Where a signature of a call is kept: by the id that the client saw, and by what was called, for clients that change ids.
std::string signature_key(const chat::Request& request, std::string_view call_id);
std::string signature_key(const chat::Request& request, std::string_view name, std::string_view arguments);

}  // namespace freeway::dialect::gemini

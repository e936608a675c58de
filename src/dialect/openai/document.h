// An answer that is a JSON object, opened, before anything of it is believed.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "chat/fault.h"
#include "json/document.h"

namespace freeway::dialect::openai {

struct AnswerDocument {
  std::string text;
  json::Document document;  // over `text`

  AnswerDocument() = default;
  AnswerDocument(const AnswerDocument&) = delete;
  AnswerDocument& operator=(const AnswerDocument&) = delete;
  json::Value root() const { return document.root(); }
};

// Fails with malformed (HTML, a stream, no JSON, no object) or closed (no body); for an error object inside a success
// through `fault` too. `list`: it may be an array.
Result<void> open_answer(std::string body, AnswerDocument& into, std::optional<chat::Fault>& fault, bool list = false);

}  // namespace freeway::dialect::openai

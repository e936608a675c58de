// A client's request for a chat answer: the document as it came, and the facts that decisions need, read once.
//
// The document stays the truth: a provider of the same dialect gets its bytes. Owned by the request's coroutine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/document.h"

namespace freeway::chat {

enum class DialectId : std::uint8_t { openai };

enum class Structure : std::uint8_t { none, json_object, json_schema };

struct Request {
  DialectId dialect = DialectId::openai;
  std::string text;         // the body, owner of every view below
  json::Document document;  // over `text`

  std::string model;  // as asked, "" when left out
  bool stream = false;
  bool include_usage = false;  // the client asked for a usage frame
  bool needs_tools = false;    // tools are declared, or the history holds tool calls or results
  bool needs_vision = false;   // a message holds an image part
  Structure structure = Structure::none;
  std::string_view schema;                  // the JSON Schema asked for, verbatim; empty if none
  std::optional<std::uint64_t> max_tokens;  // max_completion_tokens, else max_tokens
  std::uint32_t choices = 1;                // n
  std::uint64_t prompt_tokens = 0;          // estimate of the whole prompt, images and tools included

  // 128-bit digest of the conversation up to and including its first assistant message; nothing before there is one.
  std::optional<std::string> opening;

  Request() = default;
  // The document points into `text`, whose bytes must not move.
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
};

}  // namespace freeway::chat

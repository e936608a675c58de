// A client's request, for a chat answer or of another kind: the document as it came, and the facts that decisions need, read
// once.
//
// The document stays the truth: a provider of the same dialect gets its bytes. Owned by the request's coroutine.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/form.h"
#include "chat/image.h"
#include "chat/kind.h"
#include "chat/signatures.h"
#include "json/document.h"

namespace freeway::chat {

enum class Structure : std::uint8_t { none, json_object, json_schema };

// Tokens of a prompt, counted and not estimated.
struct PromptSize {
  std::uint64_t tokens = 0;   // as prompt_tokens below
  std::uint64_t longest = 0;  // as longest_tokens
};

struct Request {
  Kind kind = Kind::chat;
  std::string text;         // the body, owner of every view below
  json::Document document;  // over `text`

  std::string model;  // as asked, "" when left out
  bool stream = false;
  bool include_usage = false;                 // the client asked for a usage frame
  bool needs_tools = false;                   // tools are declared, or the history holds tool calls or results
  bool needs_vision = false;                  // a message holds an image part
  std::vector<ImageAddress> image_addresses;  // each once, in their order
  ImageData image_data;                       // all of them, once they were fetched for who takes no addresses
  Structure structure = Structure::none;
  std::string_view schema;                  // the JSON Schema asked for, verbatim; empty if none
  std::optional<std::uint64_t> max_tokens;  // max_completion_tokens, else max_tokens
  std::uint32_t choices = 1;                // n
  std::uint64_t prompt_tokens = 0;          // estimate of the whole prompt, images and tools included
  std::uint64_t longest_tokens = 0;         // of the longest of several inputs that each must fit; 0: the prompt is one
  std::uint32_t inputs = 1;                 // texts to be embedded or classified, documents to be ranked
  bool tokenized = false;                   // these texts came as numbers of one vocabulary
  Form form;                                // of an upload; then there is no document
  std::string format;                       // of a sound or a transcript, as asked; "" if nobody asked for one
  std::uint64_t audio_seconds = 0;          // of an uploaded recording, at most
  std::optional<std::uint64_t> dimensions;  // of the vectors asked for

  // The document was made from another surface's words. Then what nobody asked for in this form (a past answer's reasoning,
  // how hard to think) goes only where it is known to be taken.
  bool translated = false;
  std::vector<std::string> dropped;  // what no provider can be told of what the client sent: "truncation"

  std::uint32_t place = 0;  // among the prompts that came together
  std::string suffix;       // a model that fills in must end before this; "": none need be
  // The prompt by each vocabulary, once somebody needed it (dialect/count.h).
  mutable std::array<std::optional<PromptSize>, 2> counted;

  std::int64_t created = 0;          // when it came, in Unix seconds: for answers whose provider does not tell
  std::string client;                // the client key's name, "" for nobody in particular
  Signatures* signatures = nullptr;  // kept for this gateway's clients; null: none are

  // 128-bit digest of the conversation up to and including its first assistant message; nothing before there is one.
  std::optional<std::string> opening;

  Request() = default;
  // The document points into `text`, whose bytes must not move.
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
};

}  // namespace freeway::chat

// One step of an answer that streams, as the provider's dialect reader gives it out.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "chat/fault.h"
#include "chat/usage.h"

namespace freeway::chat {

struct Event {
  enum class Kind : unsigned char {
    piece,  // a document to pass on
    usage,  // a document that carries usage and nothing else (an empty `choices` list)
    error,  // the provider reported a fault inside the stream; `fault` is filled
    done,   // the provider's end mark ([DONE])
  };
  Kind kind = Kind::piece;
  // The document in the provider's dialect after repairs; good until the reader's next call.
  std::string_view json;
  // Where a piece of one choice's text is all that the document says: that piece as `json` has it, the choice, and
  // the text, which is the delta's member of this name (content, reasoning_content).
  std::string_view text;
  std::string_view text_of;
  std::int64_t choice = 0;
  bool content = false;  // text, reasoning, a refusal, audio or a tool call: what a client waits for
  bool finish = false;   // with this piece every choice has its finish reason
  std::optional<Usage> usage;
  Fault fault;  // kind error only
};

}  // namespace freeway::chat

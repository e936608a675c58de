// What a provider said when it refused: status and the structured fields of its error body, whatever its shape.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"

namespace freeway::chat {

// The window of a limit that was refused, and what it counts.
enum class Per : unsigned char { unknown, second, minute, hour, day, month, once };
enum class Counted : unsigned char { unknown, requests, tokens, concurrent, neurons, credit };

struct Fault {
  int status = 0;                       // of the HTTP answer, or the one told inside a 200 or a stream; 0: none
  std::string type;                     // error.type
  std::string code;                     // error.code as text, numbers spelled out; Google: the quotaId or the reason
  std::string param;                    // error.param
  std::string message;                  // error.message; a short excerpt of a body that is no JSON
  std::optional<Duration> retry_after;  // from headers first, else structured fields, else prose
  // What a refused limit says of itself, as far as it was said: structured fields first, else prose.
  Per per = Per::unknown;
  Counted counted = Counted::unknown;
  std::optional<std::uint64_t> limit;  // 0: the free tier has no allowance at all
  std::optional<std::uint64_t> used;
  bool structured = false;  // the body was an error object that we could read
  std::string body;         // as received, at most 16 KiB: for passing on a 4xx that all providers agree on
};

}  // namespace freeway::chat

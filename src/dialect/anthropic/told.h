// What a whole answer and a streamed one tell alike: ids, why it ended, what it cost, signatures.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "chat/usage.h"
#include "json/document.h"
#include "json/writer.h"

namespace freeway::dialect::anthropic {

// "msg_…", the same for the same document.
std::string message_id(std::string_view document);

// Why an answer ended, gathered from one choice.
struct Ending {
  std::string reason;    // of chat completions: "stop"
  std::string stop;      // the sequence that it ended at, as far as anybody told
  bool refused = false;  // the model refused in so many words

  // Reads `finish_reason` and what servers say beside it of the sequence that was met, which counts if it is one of `stops`.
  void read(json::Value choice, const std::vector<std::string>& stops);
  std::string_view stop_reason() const;  // "end_turn"
};
// The members stop_reason, stop_sequence and stop_details.
void write_ending(json::Writer& out, const Ending& ending);

// Tokens in Anthropic's way: those read from a cache are not among the input's.
struct Cost {
  std::uint64_t input = 0, output = 0, cached = 0, thinking = 0;

  Cost() = default;
  explicit Cost(const chat::Usage& usage);
  // The parts that a chat completion's `usage` tells of.
  void read(json::Value usage);
};
void write_usage(json::Writer& out, const Cost& cost);

// An opaque mark for a block of thinking whose provider gave none. Nobody checks it; it comes back with the block.
std::string signature_of(std::string_view thinking);

// The reasoning of a message or a delta, whichever field it stands in.
json::Value reasoning_of(json::Value message);
// The id of a call in the old form, which has none: of the answer that holds it.
std::string call_id(std::string_view answer);

}  // namespace freeway::dialect::anthropic

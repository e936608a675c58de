// What a simulated model says, whatever wire spells it. Values only: no sockets, no time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "farm/ask.h"
#include "farm/fault.h"

namespace freeway::farm {

struct ToolCall {
  std::string id;  // "": made up
  std::string name;
  std::string arguments;  // JSON text
  bool made_up = false;   // the id is
};

enum class Echo : std::uint8_t { none, last_user, body, digest };

// A text with its length in the farm's completion tokens (pieces that end with a space).
struct Text {
  explicit Text(std::string from);
  std::string bytes;
  std::uint64_t tokens = 0;
};

struct AnswerSpec {
  Duration latency{};     // until the head
  Duration jitter{};      // up to so much more
  double token_rate = 0;  // pieces a second; 0: as fast as they go
  unsigned tokens = 8;    // of filler, where no text is given: "w0 w1 w2 …"
  std::string text;
  unsigned chunk_bytes = 0;  // pieces of so many bytes instead of words
  Echo echo = Echo::none;
  std::string reasoning;
  std::string reasoning_field = "reasoning_content";
  bool think = false;  // the reasoning goes into the text, as <think>…</think>
  std::vector<ToolCall> tool_calls;
  bool call_tools = false;   // calls the first tool that a request declares, until it gets a result
  unsigned tool_chunks = 4;  // deltas that the arguments are spread over
  Duration tool_delay{};     // before each of them
  std::string structured;    // the text, where a request asks for JSON
  std::string finish_reason;
  std::string block_reason;  // the prompt is blocked, and nothing answered, on wires that have words for it
  UsageMode usage = UsageMode::asked;
  bool later = false;             // the answer is put off, in styles that can say so
  bool omit_ids = false;          // tool calls without ids
  bool arguments_object = false;  // not streamed: arguments as an object instead of text
  bool nulls = false;             // optional members as explicit null
  std::string extra;              // more top-level members, `"a":1,"b":2`
  std::shared_ptr<const Text> filler;

  void finish();  // after reading: prepares the filler
};

// Reads the members above from a provider, a model, a rule or a control request.
void read_answer(Table& table, AnswerSpec& into);

struct Answer {
  std::shared_ptr<const AnswerSpec> spec;
  std::string id;
  std::int64_t created = 0;
  std::string model;
  std::shared_ptr<const Text> text;
  std::size_t text_size = 0;  // the part of it that max_tokens leaves
  std::string reasoning;      // for its own field
  std::vector<ToolCall> calls;
  std::string finish;  // "stop", "length", "tool_calls", or the scenario's own word; "": none is told
  bool blocked = false;
  unsigned n = 1;
  std::uint64_t prompt_tokens = 0;
  std::uint64_t completion_tokens = 0;
  std::uint64_t audio_seconds = 0;     // of the recording that was listened to
  std::uint64_t reasoning_tokens = 0;  // of these
  UsageMode usage = UsageMode::asked;
  bool include_usage = false;

  std::string_view content() const { return std::string_view(text->bytes).substr(0, text_size); }
};

// `body` is the request's text, for echoes. `random` for made-up ids.
Answer compose(std::shared_ptr<const AnswerSpec> spec, const Ask& ask, std::string_view body, const Demands& demands,
               std::uint64_t serial, std::int64_t created, Random& random);
// What some faults do to the words themselves: empty_completion, truncated_tool_arguments, usage.
void spoil(Answer& answer, const Fault& fault, const Ask& ask);

// In the farm's completion tokens: a piece ends with a space.
std::uint64_t count_tokens(std::string_view text);

struct Piece {
  enum class Kind : std::uint8_t { reasoning, content, tool_open, tool_arguments };
  Kind kind = Kind::content;
  unsigned choice = 0;
  std::size_t call = 0;
  std::string_view text;
  bool first = false;  // of this choice's content
  bool last = false;   // of all that this choice says
};

// The pieces of a streamed answer in order. The answer must outlive it and stay as it is.
class Pieces {
 public:
  // `whole_calls`: a call is one piece, tool_open.
  explicit Pieces(const Answer& answer, bool whole_calls = false) : answer_(answer), whole_calls_(whole_calls) {}
  bool next(Piece& piece);

 private:
  bool advance();
  bool more() const;
  std::string_view cut(std::string_view whole);

  const Answer& answer_;
  bool whole_calls_;
  enum class Stage : std::uint8_t { reasoning, content, tools, over } stage_ = Stage::reasoning;
  std::size_t at_ = 0;
  std::size_t call_ = 0;
  bool opened_ = false;
  unsigned choice_ = 0;
  Piece current_;
};

}  // namespace freeway::farm

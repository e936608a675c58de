// Chat completion documents made of parts, for answers that came in another protocol.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freeway::dialect::openai {

// What all documents of one answer share.
struct AnswerHead {
  std::string id;
  std::string model;
  std::int64_t created = 0;  // Unix seconds
};

struct MadeCall {
  std::int64_t index = 0;
  std::string id, name, arguments;  // arguments as JSON text
  std::string extra;                // further members, `"extra_content":{…}`
};

// A part of one choice: of a stream what is new, of a whole answer all of it.
struct MadeChoice {
  std::int64_t index = 0;
  bool role = true;  // say the role: whole answers, and the first chunk of a choice
  std::string text, reasoning;
  std::vector<MadeCall> calls;
  std::vector<std::string> images;  // addresses, data: or other
  std::string extra;                // further members of the message or delta
  std::string finish;               // "" while it goes on

  bool empty() const {
    return text.empty() && reasoning.empty() && calls.empty() && images.empty() && extra.empty() && finish.empty();
  }
};

struct MadeUsage {
  std::uint64_t prompt = 0, completion = 0, total = 0;
  std::uint64_t reasoning = 0, cached = 0;  // parts of completion and prompt
};

std::string whole_answer(const AnswerHead& head, const std::vector<MadeChoice>& choices,
                         const std::optional<MadeUsage>& usage);
// Each appends one event of a stream.
void append_chunk(std::string& out, const AnswerHead& head, const MadeChoice& choice);
void append_usage(std::string& out, const AnswerHead& head, const MadeUsage& usage);
void append_end(std::string& out);

}  // namespace freeway::dialect::openai

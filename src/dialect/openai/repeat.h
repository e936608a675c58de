// The usual chunk of a stream differs from the one before it in one string only: the text. Once such a chunk has been read
// in full, the next ones need only be compared with it; what is the same bytes is as well-formed and means the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace freeway::dialect::openai {

class Repeat {
 public:
  // Remembers a chunk that was checked and found plain. `text` is its one string that may differ, with its quotes, a view
  // into `chunk`.
  void learn(std::string_view chunk, std::string_view text);
  // The text (escaped, without quotes) if this is the same chunk with another plain text, which is not empty: printable
  // ASCII and the escapes of one letter. Nothing: read it in full.
  std::optional<std::string_view> text_of(std::string_view chunk) const;
  std::size_t size() const { return before_.size() + after_.size(); }

 private:
  std::string before_;  // up to and with the opening quote; empty: nothing learned
  std::string after_;   // from the closing quote
};

}  // namespace freeway::dialect::openai

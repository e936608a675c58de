#include <fmt/format.h>

#include <algorithm>

#include "reader/section.h"

namespace freeway::reader {

namespace {

// Enough for any key of ours, quoted model names and all.
constexpr int kMostDots = 16;

// Walks a line's text outside strings and comments, as far as that is needed to count the dots of keys.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  // The first line with more dots outside strings than any key needs; 0 if there is none.
  int find_deep_line() {
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (c == '"' || c == '\'') {
        skip_string(c);
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        if (c == '\n') next_line();
        if (c == '.' && ++dots_ > kMostDots) return line_;
        ++at_;
      }
    }
    return 0;
  }

 private:
  void next_line() {
    ++line_;
    dots_ = 0;
  }

  void skip_string(char quote) {
    std::string_view rest = text_.substr(at_);
    bool multiline = rest.size() >= 3 && rest[1] == quote && rest[2] == quote;
    at_ += multiline ? 3 : 1;
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (c == '\n' && !multiline) return;  // not TOML; the parser says so
      if (c == '\n') next_line();
      if (c == '\\' && quote == '"') {
        ++at_;
        if (at_ < text_.size() && text_[at_] == '\n') continue;
      } else if (c == quote && (!multiline || text_.substr(at_).starts_with(std::string(3, quote)))) {
        at_ += multiline ? 3 : 1;
        for (int extra = 0; multiline && extra < 2 && text_.substr(at_).starts_with(quote); ++extra)
          ++at_;  // its own last ones
        return;
      }
      ++at_;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  int dots_ = 0;
};

}  // namespace

// toml++ throws, and takes its tables apart by recursion, which a key of a hundred thousand parts turns into a crash.
// Nothing of either leaves here.
std::optional<toml::table> parse_toml(std::string_view text, Report& report) {
  if (int line = Scanner(text).find_deep_line(); line > 0) {
    report.error("", {line, 1}, fmt::format("a key has too many parts; expected at most {} dots in a line", kMostDots));
    return {};
  }
  try {
    return toml::parse(text, std::string_view(report.file()));
  } catch (const toml::parse_error& error) {
    report.error("", place_of(error.source()), fmt::format("not TOML: {}", error.description()));
  } catch (const std::exception& error) {
    report.error("", {}, fmt::format("not TOML: {}", error.what()));
  }
  return {};
}

}  // namespace freeway::reader

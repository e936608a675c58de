#include <algorithm>

#include "app/key_import_formats.h"
#include "base/text.h"

namespace freeway::app {

namespace {

bool is_name(std::string_view text) {
  if (text.empty() || (text.front() >= '0' && text.front() <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
}

// One pass over the text; keeps count of lines, since a quoted value may have several.
class EnvReader {
 public:
  explicit EnvReader(std::string_view text) : rest_(text) {}

  RawKeys read() {
    while (!rest_.empty()) {
      start_ = line_;
      read_line();
    }
    return std::move(keys_);
  }

 private:
  std::string_view take_line() {
    std::size_t end = rest_.find('\n');
    std::string_view got = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++line_;
    return got;
  }
  void complain(std::string message) { keys_.problems.push_back({start_, std::move(message), false}); }

  void read_line() {
    std::string_view whole = rest_.substr(0, rest_.find('\n'));
    std::string_view shown = trim(whole);
    if (shown.empty() || shown.starts_with('#')) {
      if (auto note = read_key_note(shown)) note_ = std::move(*note);
      take_line();
      return;
    }
    std::size_t equals = whole.find('=');
    std::string_view name = trim(whole.substr(0, equals));
    for (std::string_view prefix : {"export ", "export\t", "set ", "setx ", "$env:"}) {
      if (istarts_with(name, prefix)) name = trim(name.substr(prefix.size()));
    }
    if (equals == std::string_view::npos || !is_name(name)) {
      complain("expected NAME=value");
      take_line();
      note_ = {};
      return;
    }
    rest_.remove_prefix(equals + 1);
    RawRow row = std::exchange(note_, RawRow{});
    row.list = !row.ours;
    row.line = start_;
    row.variable = std::string(name);
    if (auto value = read_value()) {
      row.value = std::move(*value);
      keys_.rows.push_back(std::move(row));
    }
  }

  std::optional<std::string> read_value() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
    char quote = rest_.empty() ? '\0' : rest_.front();
    if (quote != '"' && quote != '\'' && quote != '`') return read_bare();
    rest_.remove_prefix(1);
    std::string value;
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == quote) {
        std::string_view after = trim(take_line());
        if (!after.empty() && !after.starts_with('#') && !after.starts_with(';')) {
          complain("something stands behind the closing quote");
          return {};
        }
        return value;
      }
      if (c == '\n') ++line_;
      if (c == '\\' && quote == '"' && !rest_.empty()) {
        c = unescaped(rest_.front());
        rest_.remove_prefix(1);
      }
      value += c;
    }
    complain("the quote is never closed");
    return {};
  }

  static char unescaped(char c) {
    switch (c) {
      case 'n': return '\n';
      case 'r': return '\r';
      case 't': return '\t';
      default: return c;
    }
  }

  std::string read_bare() {
    std::string_view value = take_line();
    for (std::string_view comment : {" #", "\t#"}) value = value.substr(0, value.find(comment));
    if (value.starts_with('#')) value = {};
    return std::string(trim(value));
  }

  std::string_view rest_;
  std::size_t line_ = 1;
  std::size_t start_ = 1;
  RawRow note_;
  RawKeys keys_;
};

}  // namespace

RawKeys read_env_rows(std::string_view text) { return EnvReader(text).read(); }

bool is_env_text(std::string_view text) {
  std::size_t good = 0;
  std::size_t bad = 0;
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    if (istarts_with(line, "export ")) line = trim(line.substr(7));
    if (istarts_with(line, "set ")) line = trim(line.substr(4));
    std::size_t equals = line.find('=');
    bool fits = equals != std::string_view::npos && is_name(trim(line.substr(0, equals)));
    ++(fits ? good : bad);
  }
  return good > bad;
}

}  // namespace freeway::app

#include <algorithm>
#include <set>

#include "app/key_import_formats.h"
#include "base/text.h"

namespace freeway::app {

namespace {

// Without the quotes, brackets and marks that people put around things.
std::string_view bare(std::string_view text) {
  constexpr std::string_view kAround = "\"'`*()[]{},;";
  std::size_t begin = text.find_first_not_of(kAround);
  if (begin == std::string_view::npos) return {};
  std::size_t end = text.find_last_not_of(kAround);
  return text.substr(begin, end - begin + 1);
}

std::string_view without_bullet(std::string_view line) {
  for (std::string_view bullet : {"- ", "* ", "+ ", "• ", "> ", "| "}) {
    if (line.starts_with(bullet)) return trim(line.substr(bullet.size()));
  }
  std::size_t digits = line.find_first_not_of("0123456789");
  if (digits != std::string_view::npos && digits > 0 && (line.substr(digits, 2) == ". " || line.substr(digits, 2) == ") ")) {
    return trim(line.substr(digits + 2));
  }
  return line;
}

class TextReader {
 public:
  explicit TextReader(const KeyOwners& owners) : owners_(owners) {}

  RawKeys read(std::string_view text) {
    for (line_ = 1; !text.empty(); ++line_) {
      std::size_t end = text.find('\n');
      read_line(trim(text.substr(0, end)));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return std::move(keys_);
  }

 private:
  void read_line(std::string_view line) {
    if (line.empty()) return;
    if (auto note = read_key_note(line)) {
      note_ = std::move(note);
      return;
    }
    if (note_) {
      take_noted(line);
      return;
    }
    if (line.starts_with('#') || line.starts_with("//")) {
      std::string_view title = trim(
          line.substr(line.find_first_not_of("#/") == std::string_view::npos ? line.size() : line.find_first_not_of("#/")));
      set_heading(title);
      return;
    }
    line = without_bullet(line);
    if (is_env_text(line) && take_assignment(line)) return;
    if (take_colon(line)) return;
    if (set_heading(line)) return;
    take_words(line);
  }

  // The line after our own note: "provider: key", whatever the key holds.
  void take_noted(std::string_view line) {
    RawRow row = std::move(*note_);
    note_.reset();
    std::string head = row.provider + ": ";
    if (line.starts_with(head)) line.remove_prefix(head.size());
    row.line = line_;
    row.value = std::string(line);
    keys_.rows.push_back(std::move(row));
  }

  bool set_heading(std::string_view text) {
    while (text.ends_with(':') || text.ends_with('=')) text = trim(text.substr(0, text.size() - 1));
    auto provider = owners_.by_name(bare(text));
    if (provider) heading_ = *provider;
    return provider.has_value();
  }

  void add(std::string provider, std::string variable, std::string_view value, bool list) {
    RawRow row;
    row.line = line_;
    row.provider = std::move(provider);
    row.variable = std::move(variable);
    row.value = std::string(value);
    row.list = list;
    keys_.rows.push_back(std::move(row));
  }

  bool take_assignment(std::string_view line) {
    RawKeys one = read_env_rows(line);
    if (one.rows.size() != 1) return false;
    RawRow row = std::move(one.rows.front());
    row.line = line_;
    if (!owners_.by_variable(row.variable) && owners_.by_name(row.variable)) row.provider = std::exchange(row.variable, {});
    keys_.rows.push_back(std::move(row));
    return true;
  }

  // "provider: key", "VARIABLE: key", "provider: key, key".
  bool take_colon(std::string_view line) {
    std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    std::string_view left = bare(trim(line.substr(0, colon)));
    std::string_view right = trim(line.substr(colon + 1));
    if (right.empty() || left.empty()) return false;
    auto variable = owners_.by_variable(left);
    auto provider = owners_.by_name(left);
    bool parted = line.substr(colon + 1).starts_with(' ') || line.substr(colon + 1).starts_with('\t');
    if (!variable && !provider) {
      // A key may hold colons of its own; a word that is nobody's name stands before a blank.
      bool word = left.find_first_of(" \t") == std::string_view::npos && !looks_like_key(left);
      bool one = right.find_first_of(" \t,") == std::string_view::npos;
      if (!parted || !word || !one || !looks_like_key(bare(right)) || !owners_.by_shape(bare(right)).empty()) return false;
      add(std::string(left), {}, bare(right), false);
      return true;
    }
    std::string kept;
    for (const std::string& part : split_list(right)) {
      std::string_view word = bare(part);
      if (!kept.empty() && !looks_like_key(word)) continue;  // a remark behind the key
      if (!kept.empty()) kept += ' ';
      kept += word;
    }
    if (provider) {
      add(*provider, {}, kept, true);
    } else {
      add({}, std::string(left), kept, true);
    }
    return true;
  }

  // A line of prose, or a key by itself.
  void take_words(std::string_view line) {
    std::vector<std::string> keys;
    std::set<std::string> mentioned;
    for (const std::string& part : split_list(line)) {
      std::string word(bare(part));
      while (word.ends_with('.') || word.ends_with(':') || word.ends_with('!')) word.pop_back();
      if (looks_like_key(word) || (owners_.by_shape(word).size() == 1 && word.size() > 8 && !is_stand_in(word))) {
        keys.push_back(std::move(word));
      } else if (auto provider = owners_.by_name(word)) {
        mentioned.insert(*provider);
      }
    }
    if (keys.empty()) {
      keys_.problems.push_back({line_, "no key found in this line", true});
      return;
    }
    for (const std::string& key : keys) {
      bool shaped = owners_.by_shape(key).size() == 1;
      std::string provider;
      if (!shaped && mentioned.size() == 1) provider = *mentioned.begin();
      if (!shaped && mentioned.empty()) provider = heading_;
      add(std::move(provider), {}, key, false);
    }
  }

  const KeyOwners& owners_;
  std::size_t line_ = 1;
  std::string heading_;
  std::optional<RawRow> note_;
  RawKeys keys_;
};

}  // namespace

RawKeys read_text_rows(std::string_view text, const KeyOwners& owners) { return TextReader(owners).read(text); }

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  constexpr std::string_view kBetween = ", ;\t\r\n";
  while (true) {
    std::size_t begin = text.find_first_not_of(kBetween);
    if (begin == std::string_view::npos) return parts;
    text.remove_prefix(begin);
    std::size_t end = std::min(text.find_first_of(kBetween), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

}  // namespace freeway::app

// Reading a parsed TOML table key by key, so that every mistake is told with its place and no key goes unread. One thread
// at a time; nothing here reads a file.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "reader/mistake.h"

namespace freeway::reader {

struct Place {
  int line = 0;  // 0: unknown
  int column = 0;
};
Place place_of(const toml::source_region& region);

// The mistakes of one file. `path` is the value's dotted path: "routing.deadline".
class Report {
 public:
  explicit Report(std::string file) : file_(std::move(file)) {}

  void error(const std::string& path, Place place, const std::string& message) { add(path, place, false, message); }
  void warn(const std::string& path, Place place, const std::string& message) { add(path, place, true, message); }
  // From now on mistakes of this path are the environment variable's.
  void came_from_variable(const std::string& path, const std::string& variable) { variables_[path] = variable; }

  const std::string& file() const { return file_; }
  bool failed() const;
  // Sorted by place; the report is empty afterwards.
  std::vector<Mistake> take();

 private:
  void add(const std::string& path, Place place, bool warning, const std::string& message);

  std::string file_;
  std::map<std::string, std::string> variables_;
  std::vector<Mistake> mistakes_;
};

// The text as a tree; nothing, and an error, if it is no TOML.
std::optional<toml::table> parse_toml(std::string_view text, Report& report);

// The known name that is closest to a misspelt one; empty if none is close.
std::string nearest(std::string_view name, const std::vector<std::string>& known);
// `; did you mean "deadline"?`, or nothing.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& known);
// `"keys" = "…"` without its content: "a string", "the integer 30", "an array".
std::string describe_type(const toml::node& node);

struct Listed {
  std::string text;
  Place place;
};

// One table. Every reader returns nothing both when the key is absent and when its value is wrong; a wrong one has been
// reported by then. The table must outlive the section.
class Section {
 public:
  Section(const toml::table& table, std::string path, Report& report);

  const std::string& path() const { return path_; }
  void rename(std::string path) { path_ = std::move(path); }
  Report& report() const { return *report_; }
  Place place() const;                      // of the table
  Place place(std::string_view key) const;  // of the key's value, else of the table
  void error(std::string_view key, const std::string& message) const;
  void warn(std::string_view key, const std::string& message) const;

  bool has(std::string_view key);
  bool is_empty_array(std::string_view key) const;
  std::optional<std::string> text(std::string_view key);  // never empty
  std::optional<bool> flag(std::string_view key);
  std::optional<std::uint64_t> whole(std::string_view key, std::uint64_t least, std::uint64_t most = kMost);
  std::optional<double> number(std::string_view key, double least, double most);
  std::optional<Duration> duration(std::string_view key, bool zero_allowed = false);
  std::optional<std::uint64_t> size(std::string_view key, std::uint64_t most);
  std::vector<Listed> texts(std::string_view key);  // an array of strings, none empty
  std::optional<Section> section(std::string_view key);
  std::vector<Section> sections(std::string_view key);  // an array of tables
  const toml::array* array(std::string_view key);
  const toml::node* node(std::string_view key) { return find(key); }  // for a key of several types
  // All keys in the order of the file, for tables whose keys are the user's own names; none is unknown afterwards.
  std::vector<std::string> names();

  // Reports every key that nobody asked for.
  void finish() const;

  static constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();

 private:
  const toml::node* find(std::string_view key);
  void wrong_type(std::string_view key, std::string_view expected, const toml::node& found) const;
  std::string path_of(std::string_view key) const;

  const toml::table* table_;
  std::string path_;
  Report* report_;
  std::vector<std::string> known_;
};

}  // namespace freeway::reader

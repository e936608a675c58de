#include "reader/section.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/duration.h"

namespace freeway::reader {

namespace {

// How many letters must be put in, taken out, changed or swapped with a neighbour.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

constexpr Duration kLongest = std::chrono::hours(24 * 366);

}  // namespace

Place place_of(const toml::source_region& region) {
  return {static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

bool Report::failed() const {
  return std::any_of(mistakes_.begin(), mistakes_.end(), [](const Mistake& mistake) { return !mistake.warning; });
}

void Report::add(const std::string& path, Place place, bool warning, const std::string& message) {
  auto variable = variables_.find(path);
  if (variable != variables_.end()) {
    mistakes_.push_back({variable->second, 0, 0, warning, message});
  } else {
    std::string text = path.empty() ? message : path + ": " + message;
    mistakes_.push_back({file_, place.line, place.column, warning, std::move(text)});
  }
}

std::vector<Mistake> Report::take() {
  std::stable_sort(mistakes_.begin(), mistakes_.end(), [](const Mistake& a, const Mistake& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  // A part that is read twice tells its mistakes twice.
  auto same = [](const Mistake& a, const Mistake& b) {
    return std::tie(a.line, a.column, a.file, a.message) == std::tie(b.line, b.column, b.file, b.message);
  };
  mistakes_.erase(std::unique(mistakes_.begin(), mistakes_.end(), same), mistakes_.end());
  return std::exchange(mistakes_, {});
}

std::string nearest(std::string_view name, const std::vector<std::string>& known) {
  constexpr std::size_t kLongestName = 64;  // the search is quadratic, and nobody misspells more
  if (name.size() > kLongestName) return {};
  std::size_t best = std::max<std::size_t>(1, name.size() / 3) + 1;
  std::string found;
  for (const std::string& candidate : known) {
    if (candidate.size() > kLongestName) continue;
    std::size_t away = distance(name, candidate);
    if (away < best) {
      best = away;
      found = candidate;
    }
  }
  return found;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& known) {
  std::string found = nearest(name, known);
  return found.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", found);
}

std::string describe_type(const toml::node& node) {
  if (node.is_string()) return "a string";
  if (auto integer = node.value_exact<std::int64_t>()) return fmt::format("the integer {}", *integer);
  if (auto real = node.value_exact<double>()) return fmt::format("the number {}", *real);
  if (auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  if (node.is_array()) return "an array";
  if (node.is_table()) return "a table";
  return "a date or time";
}

Section::Section(const toml::table& table, std::string path, Report& report)
    : table_(&table), path_(std::move(path)), report_(&report) {}

Place Section::place() const { return place_of(table_->source()); }

Place Section::place(std::string_view key) const {
  const toml::node* node = table_->get(key);
  return node == nullptr ? place() : place_of(node->source());
}

std::string Section::path_of(std::string_view key) const {
  return path_.empty() || key.empty() ? path_ + std::string(key) : fmt::format("{}.{}", path_, key);
}

void Section::error(std::string_view key, const std::string& message) const {
  report_->error(path_of(key), place(key), message);
}

void Section::warn(std::string_view key, const std::string& message) const {
  report_->warn(path_of(key), place(key), message);
}

const toml::node* Section::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  return table_->get(key);
}

void Section::wrong_type(std::string_view key, std::string_view expected, const toml::node& found) const {
  error(key, fmt::format("expected {}, found {}", expected, describe_type(found)));
}

bool Section::is_empty_array(std::string_view key) const {
  const toml::node* node = table_->get(key);
  return node != nullptr && node->is_array() && node->as_array()->empty();
}

bool Section::has(std::string_view key) { return find(key) != nullptr; }

std::optional<std::string> Section::text(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  const auto* value = node->as_string();
  if (value == nullptr) {
    wrong_type(key, "a string", *node);
  } else if (value->get().empty()) {
    error(key, "expected a string that is not empty; leave the key out for its default");
  } else {
    return value->get();
  }
  return {};
}

std::optional<bool> Section::flag(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  const auto* value = node->as_boolean();
  if (value != nullptr) return value->get();
  wrong_type(key, "true or false", *node);
  return {};
}

std::optional<std::uint64_t> Section::whole(std::string_view key, std::uint64_t least, std::uint64_t most) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  const auto* value = node->as_integer();
  if (value != nullptr && value->get() >= 0) {
    auto number = static_cast<std::uint64_t>(value->get());
    if (number >= least && number <= most) return number;
  }
  std::string range = most == kMost ? fmt::format("of at least {}", least) : fmt::format("from {} to {}", least, most);
  wrong_type(key, "a whole number " + range, *node);
  return {};
}

std::optional<double> Section::number(std::string_view key, double least, double most) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  if (node->is_number()) {
    double value = node->value<double>().value_or(least - 1);
    if (value >= least && value <= most) return value;
  }
  wrong_type(key, fmt::format("a number from {} to {}", least, most), *node);
  return {};
}

std::optional<Duration> Section::duration(std::string_view key, bool zero_allowed) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  const auto* value = node->as_string();
  if (value == nullptr) {
    wrong_type(key, "a duration such as \"30s\"", *node);
    return {};
  }
  auto parsed = parse_duration(value->get());
  if (!parsed || *parsed < Duration::zero()) {
    error(key, fmt::format("expected a duration such as \"30s\", \"300ms\" or \"2h\", found \"{}\"", value->get()));
  } else if (*parsed == Duration::zero() && !zero_allowed) {
    error(key, "expected a duration longer than zero");
  } else if (*parsed > kLongest) {
    error(key, "expected a duration of at most 366 days");
  } else {
    return parsed;
  }
  return {};
}

std::optional<std::uint64_t> Section::size(std::string_view key, std::uint64_t most) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  std::optional<std::uint64_t> bytes;
  if (const auto* text = node->as_string()) bytes = parse_size(text->get());
  if (const auto* count = node->as_integer(); count != nullptr && count->get() > 0) {
    bytes = static_cast<std::uint64_t>(count->get());
  }
  if (bytes && *bytes > 0 && *bytes <= most) return bytes;
  std::string found = node->is_string() ? fmt::format("\"{}\"", node->as_string()->get()) : describe_type(*node);
  error(key, fmt::format("expected a size such as \"32MiB\", at most {} bytes, found {}", most, found));
  return {};
}

const toml::array* Section::array(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return nullptr;
  if (node->as_array() == nullptr) wrong_type(key, "an array", *node);
  return node->as_array();
}

std::vector<Listed> Section::texts(std::string_view key) {
  std::vector<Listed> found;
  const toml::node* node = find(key);
  if (node == nullptr) return found;
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    wrong_type(key, "an array of strings", *node);
    return found;
  }
  for (const toml::node& item : *list) {
    const auto* value = item.as_string();
    Place at = place_of(item.source());
    if (value == nullptr) {
      report_->error(path_of(key), at, "expected a string in this array, found " + describe_type(item));
    } else if (value->get().empty()) {
      report_->error(path_of(key), at, "an entry of this array is empty");
    } else {
      found.push_back({value->get(), at});
    }
  }
  return found;
}

std::optional<Section> Section::section(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  if (const toml::table* table = node->as_table()) return Section(*table, path_of(key), *report_);
  wrong_type(key, "a table", *node);
  return {};
}

std::vector<Section> Section::sections(std::string_view key) {
  std::vector<Section> found;
  const toml::node* node = find(key);
  if (node == nullptr) return found;
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    wrong_type(key, fmt::format("an array of tables, [[{}]]", path_of(key)), *node);
    return found;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const toml::node& item = *list->get(i);
    if (const toml::table* table = item.as_table()) {
      found.emplace_back(*table, fmt::format("{}[{}]", path_of(key), i + 1), *report_);
    } else {
      report_->error(path_of(key), place_of(item.source()), "expected a table, found " + describe_type(item));
    }
  }
  return found;
}

std::vector<std::string> Section::names() {
  std::vector<std::pair<toml::source_position, std::string>> placed;
  for (const auto& [key, value] : *table_) placed.emplace_back(key.source().begin, std::string(key.str()));
  std::stable_sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> found;
  for (auto& [position, name] : placed) {
    known_.push_back(name);
    found.push_back(std::move(name));
  }
  return found;
}

void Section::finish() const {
  for (const auto& [key, value] : *table_) {
    std::string name(key.str());
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    std::string hint = did_you_mean(name, known_);
    if (hint.empty()) hint = fmt::format("; known here: {}", fmt::join(known_, ", "));
    report_->error(path_, place_of(key.source()), fmt::format("unknown key \"{}\"{}", name, hint));
  }
}

}  // namespace freeway::reader

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/key_import_formats.h"
#include "base/text.h"

namespace freeway::app {

namespace {

struct Record {
  std::size_t line = 0;
  std::vector<std::string> cells;
  std::string problem;
};

// RFC 4180, with LF or CRLF, and blanks around quoted cells.
class CsvReader {
 public:
  CsvReader(std::string_view text, char delimiter) : rest_(text), delimiter_(delimiter) {}

  std::optional<Record> next() {
    while (!rest_.empty() && (rest_.front() == '\n' || rest_.starts_with("\r\n"))) {
      rest_.remove_prefix(rest_.front() == '\r' ? 2 : 1);
      ++line_;
    }
    if (rest_.empty()) return {};
    Record record;
    record.line = line_;
    for (;;) {
      record.cells.push_back(cell(record.problem));
      if (rest_.empty()) return record;
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == delimiter_) continue;
      ++line_;
      return record;
    }
  }

 private:
  bool at_end() const { return rest_.empty() || rest_.front() == delimiter_ || rest_.front() == '\n'; }

  std::string cell(std::string& problem) {
    std::string_view before = rest_;
    while (!rest_.empty() && (rest_.front() == ' ' || (rest_.front() == '\t' && delimiter_ != '\t'))) rest_.remove_prefix(1);
    if (rest_.empty() || rest_.front() != '"') {
      rest_ = before;
      std::size_t size = 0;
      while (size < rest_.size() && rest_[size] != delimiter_ && rest_[size] != '\n') ++size;
      std::string got(trim(rest_.substr(0, size)));
      rest_.remove_prefix(size);
      return got;
    }
    rest_.remove_prefix(1);
    std::string got;
    for (;;) {
      if (rest_.empty()) {
        problem = "the quote is never closed";
        return got;
      }
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '\n') ++line_;
      if (c == '"') {
        if (!rest_.starts_with('"')) break;
        rest_.remove_prefix(1);
      }
      got += c;
    }
    while (!at_end()) {
      if (rest_.front() != ' ' && rest_.front() != '\t' && rest_.front() != '\r') {
        problem = "something stands behind the closing quote";
      }
      rest_.remove_prefix(1);
    }
    return got;
  }

  std::string_view rest_;
  const char delimiter_;
  std::size_t line_ = 1;
};

// The one that the first record has most of, outside quotes.
char delimiter_of(std::string_view text) {
  constexpr std::string_view kDelimiters = ",;\t|";
  std::array<std::size_t, kDelimiters.size()> seen{};
  bool quoted = false;
  for (char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == '\n' && !quoted) break;
    std::size_t at = kDelimiters.find(c);
    if (!quoted && at != std::string_view::npos) ++seen.at(at);
  }
  std::size_t most = static_cast<std::size_t>(std::max_element(seen.begin(), seen.end()) - seen.begin());
  return kDelimiters[most];
}

bool is_known_column(std::string_view name) {
  RawRow tried;
  return set_member(tried, name, "x");
}

bool is_header(const Record& record) {
  bool key = false;
  for (const std::string& cell : record.cells) {
    RawRow tried;
    set_member(tried, cell, "x");
    key = key || !tried.value.empty();
  }
  return key &&
         std::all_of(record.cells.begin(), record.cells.end(), [](const std::string& cell) { return cell.size() < 40; });
}

bool names_provider(const std::string& cell, const KeyOwners& owners) {
  return owners.by_name(cell).has_value() || owners.by_variable(cell).has_value();
}

void by_header(RawRow& row, const std::vector<std::string>& header, std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size() && i < header.size(); ++i) {
    RawRow tried;
    bool variable = iequals(header[i], "variable") || iequals(header[i], "env");
    if (variable) row.variable = cells[i];
    if (!variable && !cells[i].empty()) set_member(row, header[i], std::move(cells[i]));
  }
}

// Without a header: one cell names a provider, one looks like a key, another is its label.
void by_looks(RawRow& row, std::vector<std::string>& cells, const KeyOwners& owners) {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t provider = kNone;
  std::size_t key = kNone;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (provider == kNone && names_provider(cells[i], owners)) provider = i;
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    bool better = key == kNone || (looks_like_key(cells[i]) && !looks_like_key(cells[key]));
    if (i != provider && !cells[i].empty() && better) key = i;
  }
  if (provider != kNone) (owners.by_name(cells[provider]) ? row.provider : row.variable) = cells[provider];
  if (key != kNone) row.value = cells[key];
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i != provider && i != key && row.name.empty()) row.name = cells[i];
  }
}

constexpr std::string_view kOwnHeader = "provider,name,key,account,account_id,proxy,disabled_reason";

}  // namespace

RawKeys read_csv_rows(std::string_view text, const KeyOwners& owners) {
  RawKeys keys;
  bool ours = text.starts_with(kOwnHeader);
  CsvReader reader(text, delimiter_of(text));
  std::optional<std::vector<std::string>> header;
  bool first = true;
  while (auto record = reader.next()) {
    if (std::exchange(first, false) && is_header(*record)) {
      header = std::move(record->cells);
      continue;
    }
    if (record->cells.size() == 1 && record->cells.front().starts_with('#')) continue;
    if (!record->problem.empty()) {
      keys.problems.push_back({record->line, record->problem, false});
      continue;
    }
    if (header && record->cells.size() > header->size()) {
      keys.problems.push_back({record->line,
                               fmt::format("{} cells, but the header names {}: a cell that holds the delimiter needs quotes",
                                           record->cells.size(), header->size()),
                               false});
      continue;
    }
    RawRow row;
    row.line = record->line;
    row.ours = ours;
    if (header) {
      by_header(row, *header, record->cells);
    } else {
      by_looks(row, record->cells, owners);
    }
    keys.rows.push_back(std::move(row));
  }
  return keys;
}

bool is_csv_text(std::string_view text, const KeyOwners& owners) {
  CsvReader reader(text, delimiter_of(text));
  auto first = reader.next();
  if (!first || first->cells.size() < 2) return false;
  if (is_header(*first) && std::all_of(first->cells.begin(), first->cells.end(), is_known_column)) return true;
  if (is_header(*first) && first->cells.size() > 2) return true;
  std::size_t width = first->cells.size();
  for (auto record = std::move(first); record; record = reader.next()) {
    bool named = std::any_of(record->cells.begin(), record->cells.end(),
                             [&](const std::string& cell) { return names_provider(cell, owners); });
    if (record->cells.size() != width || !named) return false;
  }
  return true;
}

bool set_member(RawRow& row, std::string_view name, std::string value) {
  struct Called {
    std::string_view name;
    std::string RawRow::* member;
  };
  static constexpr std::array<Called, 32> kCalled = {{
      {"provider", &RawRow::provider},
      {"platform", &RawRow::provider},
      {"service", &RawRow::provider},
      {"vendor", &RawRow::provider},
      {"providerid", &RawRow::provider},
      {"key", &RawRow::value},
      {"apikey", &RawRow::value},
      {"value", &RawRow::value},
      {"token", &RawRow::value},
      {"apitoken", &RawRow::value},
      {"accesstoken", &RawRow::value},
      {"secret", &RawRow::value},
      {"secretkey", &RawRow::value},
      {"credential", &RawRow::value},
      {"name", &RawRow::name},
      {"label", &RawRow::name},
      {"title", &RawRow::name},
      {"nickname", &RawRow::name},
      {"alias", &RawRow::name},
      {"description", &RawRow::name},
      {"account", &RawRow::account},
      {"accountname", &RawRow::account},
      {"email", &RawRow::account},
      {"user", &RawRow::account},
      {"username", &RawRow::account},
      {"organization", &RawRow::account},
      {"accountid", &RawRow::account_id},
      {"cfaccountid", &RawRow::account_id},
      {"proxy", &RawRow::proxy},
      {"proxyurl", &RawRow::proxy},
      {"outboundproxy", &RawRow::proxy},
      {"disabledreason", &RawRow::disabled_reason},
  }};
  std::string plain;
  for (char c : name) {
    if (c != '_' && c != '-' && c != ' ') plain += ascii_lower(c);
  }
  for (const Called& called : kCalled) {
    if (plain != called.name) continue;
    row.*called.member = std::move(value);
    return true;
  }
  return false;
}

}  // namespace freeway::app

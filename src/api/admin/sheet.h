// Rows of one shape, told as JSON or, for spreadsheets, as CSV (RFC 4180, a head with the names first).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/admin/desk.h"

namespace freeway::api::admin {

// What `from`, `to` and `by` of a call say; the answer that says what is wrong with them.
std::optional<server::Answer> read_span(const Call& call, std::optional<WallTime>& from, std::optional<WallTime>& to,
                                        store::UsageSplit& split);

// Each row gives the same cells in the same order.
class Sheet {
 public:
  // `list`: the name of the list in JSON, and of the file.
  Sheet(std::string_view list, bool csv);

  // Columns that no row fills are named too: give the cells of any row between this and `end_head`.
  void begin_head() { head_ = true; }
  void end_head();
  void begin_row();
  void end_row();
  void text(std::string_view key, std::string_view text);  // "": unknown
  void time(std::string_view key, const std::optional<WallTime>& time);
  void count(std::string_view key, std::uint64_t number);
  void ms(std::string_view key, const std::optional<Duration>& duration);  // whole milliseconds
  void number(std::string_view key, const std::optional<double>& number);

  // JSON: with this member behind the list. CSV has no place for it.
  void flag(std::string_view key, bool value);
  server::Answer answer();

 private:
  void cell(std::string_view key, std::string_view csv);
  bool told_in_csv(std::string_view key, std::string_view text);

  std::string list_;
  bool csv_;
  bool head_ = false;
  bool first_ = true;  // cell of its line
  bool open_ = true;   // the list is
  std::string body_;
  json::Writer writer_;
};

// Does the call ask for CSV? Nothing for a format that there is not.
std::optional<bool> wants_csv(const Call& call);

}  // namespace freeway::api::admin

// One reader a format: text in, rows as they stand out. Whose they are and what they are worth is judged afterwards, in
// key_import.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/key_import.h"

namespace freeway::app {

struct RawRow {
  std::size_t line = 0;
  std::string provider;  // as the row names it
  std::string variable;  // the variable that holds it
  std::string value;
  std::string name;
  std::string account;
  std::string account_id;
  std::string proxy;
  std::string disabled_reason;
  bool list = false;   // the value may be several, with commas or blanks between them
  bool ours = false;   // freeway wrote it
  bool maybe = false;  // there was no sign that it is a key but its place: what is none is passed over
};

struct RawKeys {
  std::vector<RawRow> rows;
  std::vector<ImportProblem> problems;
};

RawKeys read_env_rows(std::string_view text);
RawKeys read_json_rows(std::string_view text, const KeyOwners& owners);
RawKeys read_csv_rows(std::string_view text, const KeyOwners& owners);
RawKeys read_text_rows(std::string_view text, const KeyOwners& owners);

// Does the text read as one? For choosing a format.
bool is_env_text(std::string_view text);
bool is_csv_text(std::string_view text, const KeyOwners& owners);

// A row's member by what people call it: "api_key", "label", "accountId". False if nobody calls anything so.
bool set_member(RawRow& row, std::string_view name, std::string value);
// `# freeway {…}` as a row without a value; nothing if the line is none.
std::optional<RawRow> read_key_note(std::string_view line);
// "a, b c" → "a", "b", "c".
std::vector<std::string> split_list(std::string_view text);

}  // namespace freeway::app

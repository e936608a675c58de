#include "app/key_export.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "json/writer.h"

namespace freeway::app {

namespace {

KeyRow masked(const KeyRow& row) {
  KeyRow shown = row;
  shown.value = Secret(mask_key(row.value.reveal()));
  shown.proxy = Secret(mask_proxy(row.proxy.reveal()));
  return shown;
}

void write_members(json::Writer& writer, const KeyRow& row, bool with_key) {
  auto member = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) writer.member(name, value);
  };
  writer.begin_object().member("provider", row.provider);
  member("name", row.name);
  if (with_key) writer.member("key", row.value.reveal());
  member("account", row.account);
  member("account_id", row.account_id);
  member("proxy", row.proxy.reveal());
  member("disabled_reason", row.disabled_reason);
  writer.end_object();
}

std::string as_json(const std::vector<KeyRow>& keys) {
  std::string text = "{\"freeway_keys\":1,\"keys\":[";
  for (const KeyRow& row : keys) {
    text += &row == keys.data() ? "\n  " : ",\n  ";
    json::Writer writer(text);
    write_members(writer, row, true);
  }
  return text + "\n]}\n";
}

std::string cell(std::string_view text) {
  bool plain = text.find_first_of(",;\t|\"\r\n#") == std::string_view::npos && trim(text) == text;
  if (plain) return std::string(text);
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string as_csv(const std::vector<KeyRow>& keys) {
  std::string text = "provider,name,key,account,account_id,proxy,disabled_reason\n";
  for (const KeyRow& row : keys) {
    text += fmt::format("{},{},{},{},{},{},{}\n", cell(row.provider), cell(row.name), cell(row.value.reveal()),
                        cell(row.account), cell(row.account_id), cell(row.proxy.reveal()), cell(row.disabled_reason));
  }
  return text;
}

// The line that tells what the format itself can't.
std::string note(const KeyRow& row) {
  std::string text(kKeyNote.substr(0, kKeyNote.size() - 1));
  json::Writer writer(text);
  write_members(writer, row, false);
  return text + "\n";
}

std::string quoted(std::string_view value) {
  if (value.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/+@") ==
      std::string_view::npos) {
    return std::string(value);
  }
  std::string text = "\"";
  for (char c : value) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') text += '\\';
    text += c;
  }
  return text + "\"";
}

std::string as_env(const std::vector<KeyRow>& keys, const KeyOwners& owners) {
  std::string text;
  std::map<std::string, int> numbers;
  for (const KeyRow& row : keys) {
    std::string variable = owners.variable_of(row.provider);
    int number = ++numbers[variable];
    if (number > 1) variable += fmt::format("_{}", number);
    text += note(row) + fmt::format("{}={}\n", variable, quoted(row.value.reveal()));
  }
  return text;
}

std::string as_text(const std::vector<KeyRow>& keys) {
  std::string text;
  for (const KeyRow& row : keys) text += note(row) + fmt::format("{}: {}\n", row.provider, row.value.reveal());
  return text;
}

}  // namespace

std::string write_keys(const std::vector<KeyRow>& keys, KeyFormat format, const KeyOwners& owners, bool revealed) {
  std::vector<KeyRow> rows;
  for (const KeyRow& row : keys) rows.push_back(revealed ? row : masked(row));
  switch (format) {
    case KeyFormat::env: return as_env(rows, owners);
    case KeyFormat::json: return as_json(rows);
    case KeyFormat::csv: return as_csv(rows);
    case KeyFormat::text: break;
  }
  return as_text(rows);
}

}  // namespace freeway::app

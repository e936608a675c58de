#include <fmt/format.h>

#include "app/greeting.h"
#include "app/key_import.h"
#include "app/table.h"
#include "json/writer.h"

namespace freeway::app {

std::string import_preview(const KeyImport& import) {
  std::vector<std::vector<std::string>> rows = {{"LINE", "PROVIDER", "NAME", "KEY", "ACCOUNT", "KNOWN BY", ""}};
  for (const ImportedKey& key : import.keys) {
    std::string remark = key.duplicate.empty() ? key.note : "left out: " + key.duplicate;
    std::string account = key.row.account.empty() ? key.row.account_id : key.row.account;
    rows.push_back({std::to_string(key.line), key.row.provider, speakable(key.row.name), mask_key(key.row.value.reveal()),
                    speakable(account), key.from, remark});
  }
  std::string text;
  if (rows.size() > 1) text = table(rows);
  for (const ImportProblem& problem : import.problems) {
    text += fmt::format("line {}: {}{}\n", problem.line, problem.skipped ? "passed over: " : "", printable(problem.message));
  }
  std::size_t doubled = import.keys.size() - import.fresh();
  text += fmt::format("{} to add", count(import.fresh(), "key"));
  if (doubled > 0) text += fmt::format(", {}", count(doubled, "duplicate"));
  if (import.mistakes() > 0) text += fmt::format(", {}", count(import.mistakes(), "line") + " that can't be used");
  return text + "\n";
}

std::string import_preview_json(const KeyImport& import) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("format", name_of(import.format)).key("keys").begin_array();
  for (const ImportedKey& key : import.keys) {
    writer.begin_object()
        .member("line", key.line)
        .member("provider", key.row.provider)
        .member("name", speakable(key.row.name));
    writer.member("key", mask_key(key.row.value.reveal())).member("account", speakable(key.row.account));
    writer.member("account_id", speakable(key.row.account_id)).member("proxy", mask_proxy(key.row.proxy.reveal()));
    writer.member("from", key.from).member("duplicate", key.duplicate).member("note", key.note).end_object();
  }
  writer.end_array().key("problems").begin_array();
  for (const ImportProblem& problem : import.problems) {
    writer.begin_object().member("line", problem.line).member("message", problem.message);
    writer.member_bool("skipped", problem.skipped).end_object();
  }
  writer.end_array().member("to_add", import.fresh()).member("mistakes", import.mistakes()).end_object();
  return text + "\n";
}

}  // namespace freeway::app

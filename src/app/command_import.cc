#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <ostream>

#include "app/greeting.h"
#include "app/key_export.h"
#include "app/key_import.h"
#include "app/session.h"
#include "app/table.h"
#include "base/file.h"
#include "reader/section.h"

namespace freeway::app {

namespace {

using api::admin::NewKey;
using api::admin::RevealedKey;

constexpr std::size_t kMostBytes = 16UL * 1024 * 1024;

KeyRow row_of(const RevealedKey& key) {
  return {key.provider, key.name, key.value, key.account, key.account_id, key.proxy, key.disabled_reason};
}

NewKey new_key(const KeyRow& row) {
  NewKey key;
  key.provider = row.provider;
  key.name = row.name;
  key.value = row.value;
  key.account = row.account;
  key.account_id = row.account_id;
  key.proxy = row.proxy;
  return key;
}

Result<std::string> read_source(Session& session) {
  if (session.asked.file.empty() || session.asked.file == "-") return session.console.read_input();
  return freeway::read_file(session.asked.file, kMostBytes);
}

std::optional<KeyFormat> format_of(Session& session, const std::string& file) {
  if (!session.asked.format.empty()) return parse_key_format(session.asked.format);
  return key_format_of(file);
}

Result<std::vector<KeyRow>> present_keys(const api::admin::Operations& operations) {
  auto revealed = operations.reveal_keys();
  if (!revealed) return std::unexpected(revealed.error());
  std::vector<KeyRow> rows;
  for (const RevealedKey& key : *revealed) rows.push_back(row_of(key));
  return rows;
}

// All at once, so that nothing is half there; those that were off stay so.
Result<std::size_t> add_all(const api::admin::Operations& operations, const KeyImport& import, bool check) {
  std::vector<NewKey> keys;
  std::vector<const KeyRow*> rows;
  for (const ImportedKey& key : import.keys) {
    if (!key.duplicate.empty()) continue;
    keys.push_back(new_key(key.row));
    rows.push_back(&key.row);
  }
  if (keys.empty()) return std::size_t{0};
  auto added = operations.add_keys(std::move(keys), check);
  if (!added) return std::unexpected(added.error());
  for (std::size_t i = 0; i < added->size(); ++i) {
    if (rows[i]->disabled_reason.empty()) continue;
    auto done = operations.disable_key((*added)[i].id, rows[i]->disabled_reason);
    if (!done) return std::unexpected(done.error());
  }
  return added->size();
}

}  // namespace

int import_keys(Session& session) {
  const Asked& asked = session.asked;
  if (!asked.format.empty() && !parse_key_format(asked.format)) {
    return session.misused(fmt::format("no format is called \"{}\"; there are env, json, csv and text", asked.format));
  }
  auto text = read_source(session);
  if (!text) return session.failed(text.error());
  Situation situation = session.look();
  KeyOwners owners(all_providers(situation));
  ImportChoice choice;
  choice.format = format_of(session, asked.file);
  if (!asked.provider.empty()) {
    auto provider = owners.known(asked.provider) ? std::optional(asked.provider) : owners.by_name(asked.provider);
    if (!provider) {
      return session.failed({ErrorKind::invalid, fmt::format("no provider is called \"{}\"{}", asked.provider,
                                                             reader::did_you_mean(asked.provider, owners.ids()))});
    }
    choice.provider = *provider;
  }
  KeyImport import = read_keys(*text, owners, choice);
  auto reach = session.reach();
  if (!reach) return session.failed(reach.error());
  auto present = present_keys(reach->operations());
  if (!present) return session.failed(present.error());
  settle_import(import, *present);
  session.out << (asked.json ? import_preview_json(import) : import_preview(import));
  int result = import.mistakes() == 0 ? kDone : kFailed;
  if (asked.preview) {
    if (!asked.json) session.out << "a preview: nothing was changed\n";
    return result;
  }
  if (import.fresh() > 0 && session.console.input_is_terminal && !asked.yes &&
      !session.console.confirm(fmt::format("add {}?", count(import.fresh(), "key")))) {
    session.err << "freeway: nothing was changed\n";
    return kFailed;
  }
  auto added = add_all(reach->operations(), import, asked.check);
  if (!added) return session.failed({added.error().kind, added.error().message + "; nothing was added"});
  if (!asked.json) session.out << fmt::format("added {}\n", count(*added, "key"));
  if (result == kFailed) {
    session.err << fmt::format("freeway: {} can't be used, see above\n", count(import.mistakes(), "line"));
  }
  return result;
}

int export_keys(Session& session) {
  const Asked& asked = session.asked;
  auto format = format_of(session, asked.output);
  if (!format && !asked.format.empty()) {
    return session.misused(fmt::format("no format is called \"{}\"; there are env, json, csv and text", asked.format));
  }
  auto reach = session.reach();
  if (!reach) return session.failed(reach.error());
  auto keys = present_keys(reach->operations());
  if (!keys) return session.failed(keys.error());
  KeyOwners owners(all_providers(session.look()));
  std::string text = write_keys(*keys, format.value_or(KeyFormat::json), owners, asked.reveal);
  if (asked.output.empty() || asked.output == "-") {
    session.out << text;
  } else {
    constexpr mode_t kOwner = 0600;
    auto written = freeway::replace_file(asked.output, text, kOwner);
    if (!written) return session.failed(written.error());
    session.err << fmt::format("wrote {} to {}\n", count(keys->size(), "key"), asked.output);
  }
  if (!asked.reveal && !keys->empty()) session.err << "keys are masked; --reveal writes them out, for an import elsewhere\n";
  return kDone;
}

}  // namespace freeway::app

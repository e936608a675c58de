// Many keys as one text: read, shown, added, written out.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <tuple>

#include "app/greeting.h"
#include "app/key_export.h"
#include "app/key_import.h"
#include "app/key_probe.h"
#include "app/operations.h"
#include "reader/section.h"

namespace freeway::app {

namespace {

using namespace api::admin;

constexpr std::size_t kMostKeys = 1000;  // of one text
constexpr std::size_t kAtOnce = 8;       // providers that are asked at the same time

NewKey new_key(const KeyRow& row) { return {row.provider, row.name, row.value, row.account, row.account_id, row.proxy}; }

// All keys of now, wherever they come from.
std::vector<KeyRow> present_keys(const Situation& now, const vault::Vault::Keys& stored) {
  std::vector<KeyRow> rows;
  for (const vault::ProviderKey& key : stored) {
    if (key.fault.empty()) rows.push_back({key.provider, key.name, key.value, key.account, key.account_id, key.proxy, ""});
  }
  for (const catalog::Provider& provider : now.config.providers) {
    for (const catalog::Key& key : provider.keys) {
      if (!key.secret.empty())
        rows.push_back({provider.id, key.name, key.secret, key.account, key.account_id, Secret(key.proxy), ""});
    }
  }
  return rows;
}

KeyFound found_of(const ImportedKey& key, const Situation& now) {
  KeyFound row;
  row.line = key.line;
  row.state = key.duplicate.empty() ? KeyFound::State::fresh : KeyFound::State::known;
  row.provider = key.row.provider;
  row.name = speakable(key.row.name);
  row.hint = mask(key.row.value);
  row.message = !key.duplicate.empty() ? key.duplicate : fmt::format("known by {}", key.from);
  if (key.duplicate.empty() && !key.note.empty()) row.message += "; " + key.note;
  if (const catalog::Provider* provider = find_provider(now, key.row.provider)) row.unlocks = unlocked_models(*provider);
  return row;
}

KeyFound found_of(const ImportProblem& problem) {
  KeyFound row;
  row.line = problem.line;
  row.message = problem.message;
  if (!problem.no_owner) return row;
  row.state = problem.no_owner->candidates.empty() ? KeyFound::State::unknown : KeyFound::State::doubtful;
  row.name = problem.no_owner->variable;
  row.hint = problem.no_owner->hint;
  row.candidates = problem.no_owner->candidates;
  return row;
}

// Keys that may be added, with their lines.
struct Batch {
  std::vector<NewKey> keys;
  std::vector<std::size_t> lines;
  std::vector<std::string> reasons;  // why each is off; "" = in use
};

}  // namespace

KeyImport Keeper::read_import(const std::string& text, const std::string& provider) {
  auto now = situation();
  ImportChoice choice;
  choice.provider = provider;
  KeyImport import = read_keys(text, KeyOwners(all_providers(*now)), choice);
  settle_import(import, present_keys(*now, *parts_.vault.keys()));
  return import;
}

Result<KeysFound> Keeper::preview_keys(const std::string& text) {
  auto now = situation();
  KeyImport import = read_import(text, "");
  KeysFound found;
  found.format = name_of(import.format);
  for (const ImportedKey& key : import.keys) found.rows.push_back(found_of(key, *now));
  for (const ImportProblem& problem : import.problems) {
    if (problem.skipped) {
      found.passed_over.push_back({problem.line, problem.message});
    } else {
      found.rows.push_back(found_of(problem));
    }
  }
  std::stable_sort(found.rows.begin(), found.rows.end(),
                   [](const KeyFound& a, const KeyFound& b) { return a.line < b.line; });
  return found;
}

// Each waits for its provider alone.
std::vector<std::optional<Keeper::Check>> Keeper::probe_all(const Situation& now, const std::vector<NewKey>& keys) const {
  std::vector<std::optional<Check>> checks(keys.size());
  std::atomic<std::size_t> next = 0;
  auto work = [&] {
    for (std::size_t i = next++; i < keys.size(); i = next++) {
      const catalog::Provider& provider = *find_provider(now, keys[i].provider);
      checks[i] = probe(provider, shown(provider, keys[i]));
    }
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < std::min(kAtOnce, keys.size()); ++i) others.emplace_back(work);
  work();
  others.clear();
  return checks;
}

Result<ImportDone> Keeper::import_keys(const ImportOrder& order) {
  auto now = situation();
  std::string owner;
  if (!order.provider.empty()) {
    KeyOwners owners(all_providers(*now));
    auto named = owners.known(order.provider) ? std::optional(order.provider) : owners.by_name(order.provider);
    if (!named) {
      return fail(ErrorKind::invalid, fmt::format("no provider is called \"{}\"{}", speakable(order.provider),
                                                  reader::did_you_mean(order.provider, owners.ids())));
    }
    owner = *named;
  }
  KeyImport import = read_import(order.text, owner);
  auto skipped = [&](std::size_t line) { return std::find(order.skip.begin(), order.skip.end(), line) != order.skip.end(); };
  ImportDone done;
  for (const ImportProblem& problem : import.problems) {
    if (!problem.skipped && !skipped(problem.line)) done.refused.push_back({problem.line, problem.message});
  }
  Batch batch;
  for (const ImportedKey& key : import.keys) {
    if (!key.duplicate.empty() || skipped(key.line)) continue;
    NewKey wanted = new_key(key.row);
    if (auto good = judge_new(*now, wanted); !good) {
      done.refused.push_back({key.line, good.error().message});
      continue;
    }
    batch.keys.push_back(std::move(wanted));
    batch.lines.push_back(key.line);
    batch.reasons.push_back(key.row.disabled_reason);
  }
  if (batch.keys.size() > kMostKeys) {
    return fail(ErrorKind::too_large, fmt::format("at most {} keys at once; import them in parts", kMostKeys));
  }
  std::vector<std::optional<Check>> checks(batch.keys.size());
  if (order.check) checks = probe_all(*now, batch.keys);
  for (std::size_t i = batch.keys.size(); i-- > 0;) {
    if (!checks[i] || checks[i]->result != Check::Result::invalid) continue;
    done.refused.push_back({batch.lines[i], checks[i]->message});
    auto at = static_cast<std::ptrdiff_t>(i);
    batch.keys.erase(batch.keys.begin() + at);
    batch.reasons.erase(batch.reasons.begin() + at);
    checks.erase(checks.begin() + at);
  }
  std::sort(done.refused.begin(), done.refused.end(), [](const LinePassed& a, const LinePassed& b) {
    return std::tie(a.line, a.message) < std::tie(b.line, b.message);
  });
  if (batch.keys.empty()) return done;
  auto added = keep_keys(batch.keys, std::move(checks));
  if (!added) return std::unexpected(added.error());
  for (std::size_t i = 0; i < added->size(); ++i) {
    if (batch.reasons[i].empty()) continue;
    if (auto off = disable_key((*added)[i].id, batch.reasons[i]); !off) return std::unexpected(off.error());
  }
  done.added = std::move(*added);
  return done;
}

Result<std::string> Keeper::export_keys(const std::string& format) {
  auto form = parse_key_format(format);
  if (!form) return fail(ErrorKind::invalid, "a format is one of env, json, csv and text");
  auto revealed = reveal_keys();
  if (!revealed) return std::unexpected(revealed.error());
  std::vector<KeyRow> rows;
  for (const RevealedKey& key : *revealed)
    rows.push_back({key.provider, key.name, key.value, key.account, key.account_id, key.proxy, key.disabled_reason});
  return write_keys(rows, *form, KeyOwners(all_providers(*situation())), true);
}

}  // namespace freeway::app

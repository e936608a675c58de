#include "app/operations.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "app/backup.h"
#include "app/greeting.h"
#include "base/duration.h"
#include "base/log.h"

namespace freeway::app {

namespace {

using namespace api::admin;
using api::kDashboardClient;

// Of one provider's list, all pages together.
constexpr std::size_t kListBytes = 8UL * 1024 * 1024;
constexpr Duration kListPatience = std::chrono::seconds(15);

ClientView view_of(const store::ClientRow& row) {
  ClientView view;
  view.name = row.name;
  view.models = row.models;
  view.rpm = row.rpm;
  view.tpd = row.tpd;
  view.privacy = catalog::privacy_named(row.privacy).value_or(catalog::kStrictest);
  view.expires = row.expires;
  view.created = row.created;
  view.revoked = row.revoked;
  view.used = row.used;
  return view;
}

// What a client may be given, whoever asks: a limit that nobody can meet, or a name of nothing, is a mistake.
Result<void> judge_rights(const std::vector<std::string>& models, const std::optional<std::uint64_t>& rpm,
                          const std::optional<std::uint64_t>& tpd) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  for (auto [name, limit] : {std::pair("rpm", rpm), std::pair("tpd", tpd)}) {
    if (!limit || (*limit >= 1 && *limit <= kMost)) continue;
    return fail(ErrorKind::invalid,
                fmt::format("a client's {} is a whole number from 1 to {}; leave it out for no limit", name, kMost));
  }
  if (std::none_of(models.begin(), models.end(), [](const std::string& model) { return model.empty(); })) return {};
  return fail(ErrorKind::invalid, "one of the client's models has no name; name each, or leave them out for all models");
}

// What is fixed while the gateway runs, and is to change.
std::vector<std::string> changes_later(const Config& before, const Config& next) {
  std::vector<std::string> told;
  auto look = [&](std::string_view key, bool changes) {
    if (changes) told.push_back(fmt::format("{} applies from the next start", key));
  };
  look("server.threads", next.server.threads != before.server.threads);
  look("server.listen", next.server.listen != before.server.listen);
  look("log.keep", next.log.keep != before.log.keep);
  look("log.max_size", next.log.max_size != before.log.max_size);
  return told;
}

CatalogStanding standing_of(const Config& config) {
  CatalogStanding standing;
  if (!config.catalog_builtin) return standing;
  standing.source = config.catalog.installed ? CatalogStanding::Source::installed : CatalogStanding::Source::built_in;
  standing.version = config.catalog.version;
  standing.as_of = config.catalog.as_of;
  standing.installed_on = config.catalog.installed_on;
  standing.trouble = config.catalog.trouble;
  return standing;
}

}  // namespace

Keeper::Keeper(const Parts& parts, Options options)
    : parts_(parts),
      options_(std::move(options)),
      lists_({parts.store, parts.clock, [this] { return situation(); },
              [&clock = parts.clock](const catalog::Provider& provider, const catalog::Key& key,
                                     const std::atomic<bool>& called_off) {
                return roster_now(provider, key, clock, {kListBytes, kListPatience, &called_off});
              },
              parts.secrets.published()}) {}

Result<Kept> Keeper::kept() {
  auto keyless = agreed_keyless(parts_.store);
  if (!keyless) return std::unexpected(keyless.error());
  auto preferences = kept_preferences(parts_.store);
  if (!preferences) return std::unexpected(preferences.error());
  return Kept{stored_keys(*parts_.vault.keys(), *keyless), *parts_.vault.clients(), std::move(*preferences)};
}

Result<Situation> Keeper::look(std::vector<Mistake>& mistakes) {
  auto held = kept();
  if (!held) return std::unexpected(held.error());
  auto made = read_situation(options_.sources, parts_.outside, *held, mistakes);
  if (!made) return fail(ErrorKind::invalid, message_of(mistakes));
  return std::move(*made);
}

Result<void> Keeper::put_in_force(Situation next) {
  // Hidden before anything can say it, also what has just come.
  parts_.secrets.set("configuration", configured_secrets(next.config));
  auto shared = std::make_shared<const Situation>(std::move(next));
  if (publish_) {
    if (auto done = publish_(*shared); !done) return done;
  }
  auto before = situation();
  situation_.store(shared);
  if (before && !before->set.keyless_by_default && shared->set.keyless_by_default) {
    for (const std::string& note : keyless_notes(shared->config)) log::announce(log::Level::warn, note);
  }
  return {};
}

Result<void> Keeper::load(std::vector<Mistake>& mistakes) {
  std::lock_guard lock(changing_);
  auto next = look(mistakes);
  if (!next) return std::unexpected(next.error());
  return put_in_force(std::move(*next));
}

void Keeper::publish_through(Publish publish) {
  std::lock_guard lock(changing_);
  publish_ = std::move(publish);
}

Result<Reloaded> Keeper::reload(std::vector<Mistake>& mistakes) {
  std::lock_guard lock(changing_);
  auto next = look(mistakes);
  Result<void> done;
  if (!next) done = std::unexpected(next.error());
  Reloaded reloaded;
  if (next) {
    auto before = situation();
    auto later = changes_later(before->config, next->config);
    next->warnings.insert(next->warnings.end(), later.begin(), later.end());
    next->config.server.listen = before->config.server.listen;
    reloaded.changed = next->made_of != before->made_of;
    reloaded.warnings = next->warnings;
    done = put_in_force(std::move(*next));
  }
  std::lock_guard telling(told_);
  last_reload_error_ = done ? "" : done.error().message;
  if (!done) return std::unexpected(done.error());
  return reloaded;
}

Result<void> Keeper::refresh() {
  std::lock_guard lock(changing_);
  std::vector<Mistake> mistakes;
  auto next = look(mistakes);
  if (next) return put_in_force(std::move(*next));
  if (next.error().kind != ErrorKind::invalid) return std::unexpected(next.error());
  // The file as it was read last: a half-written one must not keep a key from being added.
  auto held = kept();
  if (!held) return std::unexpected(held.error());
  return put_in_force(with_kept(*situation(), *held, parts_.outside));
}

Condition Keeper::condition() const {
  Condition told;
  told.config_path = options_.sources.config_path;
  told.data_directory = options_.data_directory;
  auto now = situation();
  told.warnings = now->warnings;
  told.catalog = standing_of(now->config);
  for (const Inactive& one : now->set.inactive) {
    IdleProvider idle;
    idle.id = one.provider.id;
    idle.name = one.provider.name;
    idle.why = one.why;
    idle.awaits_key = one.awaits_key;
    idle.keyless = one.provider.keyless;
    idle.signup = one.provider.signup;
    idle.env = one.provider.env;
    idle.models = static_cast<std::uint32_t>(one.provider.models.size());
    told.idle.push_back(std::move(idle));
  }
  {
    std::lock_guard lock(told_);
    told.last_reload_error = last_reload_error_;
  }
  if (journal_) journal_(told);
  return told;
}

Result<std::vector<ClientView>> Keeper::clients() {
  std::vector<ClientView> views;
  auto rows = parts_.store.clients();  // with when each was used last
  if (!rows) return std::unexpected(rows.error());
  for (const store::ClientRow& row : *rows) views.push_back(view_of(row));
  for (const api::ClientKey& key : situation()->config.client_keys) {
    bool stored = std::any_of(rows->begin(), rows->end(), [&](const store::ClientRow& row) {
      return row.name == key.name && row.digest == key.digest && !row.revoked;
    });
    if (stored) continue;
    ClientView view;
    view.name = key.name;
    view.source = ClientView::Source::configuration;
    view.models = key.models;
    view.rpm = key.rpm;
    view.tpd = key.tpd;
    view.privacy = key.privacy;
    views.push_back(std::move(view));
  }
  std::sort(views.begin(), views.end(), [](const ClientView& a, const ClientView& b) {
    return std::tie(a.name, a.source) < std::tie(b.name, b.source);
  });
  return views;
}

Result<FreshClient> Keeper::add_client(NewClient client) {
  if (client.name.empty()) return fail(ErrorKind::invalid, "a client needs a name");
  if (client.name == kDashboardClient) {
    return fail(ErrorKind::exhausted,
                fmt::format("\"{}\" is what the dashboard is called in the log; choose another name", client.name));
  }
  if (auto good = judge_rights(client.models, client.rpm, client.tpd); !good) return std::unexpected(good.error());
  for (const api::ClientKey& key : situation()->config.client_keys) {
    if (key.name != client.name) continue;
    return fail(ErrorKind::exhausted, fmt::format("there is a client \"{}\" already; choose another name", client.name));
  }
  vault::NewClient wanted;
  wanted.name = std::move(client.name);
  wanted.models = std::move(client.models);
  wanted.rpm = client.rpm;
  wanted.tpd = client.tpd;
  wanted.privacy = to_string(client.privacy);
  wanted.expires = client.expires;
  auto made = parts_.vault.add_client(std::move(wanted));
  if (!made) return std::unexpected(made.error());
  if (auto done = refresh(); !done) return std::unexpected(done.error());
  FreshClient fresh;
  fresh.client = view_of(made->row);
  fresh.key = std::move(made->key);
  return fresh;
}

// Fails with unsupported for a client that the file alone names.
Result<void> Keeper::ours(const std::string& name, std::string_view what_to_do) {
  auto rows = parts_.vault.clients();
  bool stored = std::any_of(rows->begin(), rows->end(), [&](const store::ClientRow& row) { return row.name == name; });
  const auto now = situation();
  const auto& configured = now->config.client_keys;
  bool named =
      std::any_of(configured.begin(), configured.end(), [&](const api::ClientKey& key) { return key.name == name; });
  if (stored || !named) return {};
  return fail(ErrorKind::unsupported,
              fmt::format("the client \"{}\" comes from {}; {} there", name, options_.sources.config_path, what_to_do));
}

Result<ClientView> Keeper::change_client(const std::string& name, const ClientChange& change) {
  if (auto stored = ours(name, "change it"); !stored) return std::unexpected(stored.error());
  auto good = judge_rights(change.models.value_or(std::vector<std::string>()), change.rpm.value_or(std::nullopt),
                           change.tpd.value_or(std::nullopt));
  if (!good) return std::unexpected(good.error());
  vault::ClientChange wanted{change.models, change.rpm, change.tpd, {}, change.expires};
  if (change.privacy) wanted.privacy = to_string(*change.privacy);
  if (auto done = parts_.vault.change_client(name, std::move(wanted)); !done) return std::unexpected(done.error());
  if (auto done = refresh(); !done) return std::unexpected(done.error());
  auto all = clients();
  if (!all) return std::unexpected(all.error());
  for (ClientView& client : *all) {
    if (client.name == name && client.source == ClientView::Source::store) return std::move(client);
  }
  return fail(ErrorKind::not_found, fmt::format("there is no client named {}", name));
}

Result<void> Keeper::revoke_client(const std::string& name) {
  if (auto stored = ours(name, "take it out"); !stored) return stored;
  if (auto done = parts_.vault.revoke_client(name); !done) return done;
  return refresh();
}

Result<BackupDone> Keeper::backup(const BackupOrder& order) {
  WallTime now = parts_.clock.wall();
  BackupPlan plan;
  plan.path = order.path;
  if (plan.path.empty()) {
    std::string folder = options_.data_directory + "/backups";
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
      return fail(ErrorKind::io, fmt::format("can't create {}: {}", folder, std::generic_category().message(errno)));
    }
    plan.path = fmt::format("{}/freeway-{}.backup", folder, now.time_since_epoch() / std::chrono::seconds(1));
  }
  if (order.master_key && order.passphrase.empty()) {
    return fail(ErrorKind::invalid, "a backup holds the master key only under a passphrase");
  }
  plan.requests = order.requests;
  if (!order.passphrase.empty()) plan.passphrase = order.passphrase;
  auto made = make_backup(parts_.store, parts_.vault, options_.data_directory, plan, now);
  if (!made) return std::unexpected(made.error());
  return BackupDone{made->path, made->bytes};
}

Operations Keeper::operations() {
  Operations made;
  made.condition = [this] { return condition(); };
  made.keys = [this] { return keys(); };
  made.add_keys = [this](std::vector<NewKey> keys, bool check) { return add_keys(std::move(keys), check); };
  made.remove_key = [this](const std::string& id) { return remove_key(id); };
  made.check_key = [this](const std::string& id) { return check_key(id); };
  made.disable_key = [this](const std::string& id, const std::string& reason) { return disable_key(id, reason); };
  made.enable_key = [this](const std::string& id) { return enable_key(id); };
  made.reveal_keys = [this] { return reveal_keys(); };
  made.preview_keys = [this](const std::string& text) { return preview_keys(text); };
  made.import_keys = [this](const ImportOrder& order) { return import_keys(order); };
  made.export_keys = [this](const std::string& format) { return export_keys(format); };
  made.settings = [this] { return settings(); };
  made.preferences = [this]() -> Result<PreferencesView> { return preferences(); };
  made.set_preferences = [this](const Preferences& wanted) { return set_preferences(wanted); };
  made.discoveries = [this] { return lists_.all(); };
  made.discover = [this](const std::string& provider) { return lists_.look_now(provider); };
  made.clients = [this] { return clients(); };
  made.add_client = [this](NewClient client) { return add_client(std::move(client)); };
  made.change_client = [this](const std::string& name, const ClientChange& change) { return change_client(name, change); };
  made.revoke_client = [this](const std::string& name) { return revoke_client(name); };
  made.reload = [this]() -> Result<Reloaded> {
    std::vector<Mistake> mistakes;
    return reload(mistakes);
  };
  made.backup = [this](const BackupOrder& order) { return backup(order); };
  made.rotate_master_key = [this] { return parts_.vault.rotate_master_key(); };
  return made;
}

}  // namespace freeway::app

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "app/catalog_report.h"
#include "app/fetch.h"
#include "app/greeting.h"
#include "app/installed_catalog.h"
#include "app/session.h"
#include "base/file.h"
#include "catalog/review.h"
#include "json/document.h"

namespace freeway::app {

namespace {

// The text that a file or an address holds.
Result<std::string> read_offer(Session& session) {
  const std::string& name = session.asked.file;
  if (!is_address(name)) return freeway::read_file(name, catalog::kLargestRelease);
  FetchLimits limits;
  limits.bytes = catalog::kLargestRelease;
  return fetch_now(name, session.clock, limits);
}

// The key of --public-key, else the pinned one.
Result<std::string> key_to_check(Session& session) {
  if (!session.asked.public_key.empty()) return catalog::parse_signing_key(session.asked.public_key);
  Loaded loaded = load_config(session.sources.config_path, session.sources.config_path_explicit, session.outside);
  if (!loaded.config) return fail(ErrorKind::invalid, message_of(loaded.mistakes));
  return pinned_key(loaded.config->catalog_key);
}

// What an offered release changes of what is in force. The texts that it is compared with are held here.
Result<CatalogChange> compare_with_force(Session& session, const catalog::Release& offered, const Situation& situation) {
  CatalogChange change;
  change.from = find_catalog(session.data_directory, situation.config.catalog_key, session.outside);
  change.version = offered.version;
  change.as_of = offered.as_of;
  std::string text;
  catalog::Release before;
  before.files = catalog::builtin_files();
  if (change.from.installed) {
    auto read = session.outside.read_file(installed_path(session.data_directory));
    if (!read) return std::unexpected(read.error());
    text = std::move(*read);
    auto release = catalog::read_release(text);
    if (!release) return std::unexpected(release.error());
    before = std::move(*release);
  }
  auto difference = catalog::compare(before.files, offered.files);
  if (!difference) return std::unexpected(difference.error());
  change.difference = std::move(*difference);
  auto configuration = session.outside.read_file(session.sources.config_path);
  change.own = own_choices(configuration ? *configuration : "", situation);
  return change;
}

// What the configuration would say with this catalog and does not say now.
std::vector<Mistake> new_mistakes(Session& session, const std::string& text) {
  const std::string path = installed_path(session.data_directory);
  auto look = [&](const Outside& outside) {
    return load_config(session.sources.config_path, session.sources.config_path_explicit, outside, session.data_directory);
  };
  Outside with = session.outside;
  with.read_file = [&](const std::string& wanted) -> Result<std::string> {
    if (wanted == path) return text;
    return session.outside.read_file(wanted);
  };
  std::vector<Mistake> now = look(session.outside).mistakes;
  std::vector<Mistake> then = look(with).mistakes;
  std::erase_if(then, [&](const Mistake& mistake) {
    return std::any_of(now.begin(), now.end(),
                       [&](const Mistake& known) { return known.line == mistake.line && known.message == mistake.message; });
  });
  return then;
}

// Has the running server take up what lies in the data directory. `done`: what was done there.
int tell_server(Session& session, const std::string& done) {
  ControlClient client(session.data_directory);
  auto reloaded = remote_operations(client).reload();
  if (!reloaded && reloaded.error().kind == ErrorKind::not_found) {
    session.err << done << "; the next start uses it\n";
    return kDone;
  }
  auto complain = [&](const Error& error) {
    return session.failed(
        {error.kind, fmt::format("{}, but the running server could not take it up: {}", done, error.message)});
  };
  if (!reloaded) return complain(reloaded.error());
  auto status = client.call("GET", "/admin/api/status");
  if (!status) return complain(status.error());
  auto document = json::Document::parse(status->body);
  if (!document) return complain(document.error());
  std::string trouble = document->root()["configuration"]["catalog"]["trouble"].string().value_or("");
  if (!trouble.empty()) return complain({ErrorKind::invalid, trouble});
  session.err << done << "; the running server uses it from now on\n";
  return kDone;
}

int undo(Session& session, const Situation& situation) {
  auto key = pinned_key(situation.config.catalog_key);
  auto undone = undo_catalog(session.data_directory, key ? *key : std::string(), session.clock.wall());
  if (!undone) return session.failed(undone.error());
  std::string now = *undone ? fmt::format("version {} is installed again", **undone)
                            : fmt::format("the built-in catalog, version {}, is in force again", catalog::builtin_version());
  return tell_server(session, now);
}

int install(Session& session, const std::string& text, const Situation& situation, const std::string& key) {
  auto read = read_signed(text, key);
  if (!read) return session.failed({read.error().kind, fmt::format("{}: {}", session.asked.file, read.error().message)});
  auto change = compare_with_force(session, read->release, situation);
  if (!change) return session.failed(change.error());
  auto state_text = session.outside.read_file(catalog_state_path(session.data_directory));
  CatalogState state = state_text ? CatalogState::parse(*state_text) : CatalogState();
  std::optional<std::uint64_t> installed;
  if (change->from.installed) installed = change->from.version;
  auto judged = judge_version(read->release.version, installed, catalog::builtin_version(), state.floor);
  if (!judged)
    return session.failed({judged.error().kind, fmt::format("{}: {}", session.asked.file, judged.error().message)});
  auto mistakes = new_mistakes(session, text);
  session.err << describe(mistakes);
  if (std::any_of(mistakes.begin(), mistakes.end(), [](const Mistake& mistake) { return !mistake.warning; })) {
    return session.failed({ErrorKind::invalid, "the configuration does not fit this catalog; mend it, then try again"});
  }
  session.out << (session.asked.json ? change_json(*change) + "\n" : describe_change(*change, true));
  auto done =
      install_catalog(session.data_directory, text, read->release.version, installed.has_value(), session.clock.wall());
  if (!done) return session.failed(done.error());
  if (!situation.config.catalog_builtin) {
    session.err << "the configuration wants no catalog (`builtin = false` in [catalog]), so it is not used\n";
  }
  return tell_server(session, fmt::format("version {} is installed", read->release.version));
}

}  // namespace

int validate_catalog(Session& session) {
  auto key = key_to_check(session);
  if (!key) return session.failed(key.error());
  auto text = read_offer(session);
  if (!text) return session.failed(text.error());
  auto good = catalog::check_signature(*text, *key);
  auto release = catalog::read_release(*text);
  if (!release)
    return session.failed({release.error().kind, fmt::format("{}: {}", session.asked.file, release.error().message)});
  auto read = catalog::read_files(release->files);
  std::size_t models = 0;
  for (const catalog::Provider& provider : read.providers) {
    models += provider.models.size();
    auto reviewed = catalog::review(provider);
    read.mistakes.insert(read.mistakes.end(), reviewed.begin(), reviewed.end());
  }
  if (!good) read.mistakes.push_back({session.asked.file, 0, 0, false, good.error().message});
  session.err << describe(read.mistakes);
  if (read.failed()) {
    auto errors = std::count_if(read.mistakes.begin(), read.mistakes.end(), [](const Mistake& m) { return !m.warning; });
    session.err << count(static_cast<std::size_t>(errors), "mistake") << "\n";
    return kFailed;
  }
  session.out << fmt::format("{}: good, version {} of {}, {}, {}, signed with the {} key\n", session.asked.file,
                             release->version, release->as_of, count(read.providers.size(), "provider"),
                             count(models, "model"), session.asked.public_key.empty() ? "pinned" : "given");
  return kDone;
}

int diff_catalog(Session& session) {
  auto situation = session.look_with_store();
  if (!situation) return kFailed;
  auto text = read_offer(session);
  if (!text) return session.failed(text.error());
  // A look changes nothing, so it needs no key; a wrong signature is told all the same.
  auto key = session.asked.public_key.empty() ? pinned_key(situation->config.catalog_key)
                                              : catalog::parse_signing_key(session.asked.public_key);
  if (!key && key.error().kind != ErrorKind::not_found) return session.failed(key.error());
  if (!key) session.err << "its signature was not checked, because no key is pinned\n";
  auto good = key ? catalog::check_signature(*text, *key) : Result<void>();
  if (!good) return session.failed({good.error().kind, fmt::format("{}: {}", session.asked.file, good.error().message)});
  auto release = catalog::read_release(*text);
  if (!release)
    return session.failed({release.error().kind, fmt::format("{}: {}", session.asked.file, release.error().message)});
  auto change = compare_with_force(session, *release, *situation);
  if (!change) return session.failed(change.error());
  session.out << (session.asked.json ? change_json(*change) + "\n" : describe_change(*change, false));
  return kDone;
}

int update_catalog(Session& session) {
  if (session.asked.undo != session.asked.file.empty()) {
    return session.misused("name one of a file or an address to update from, and --undo");
  }
  auto situation = session.look_with_store();
  if (!situation) return kFailed;
  if (session.asked.undo) return undo(session, *situation);
  auto key = pinned_key(situation->config.catalog_key);
  if (!key) return session.failed(key.error());
  auto text = read_offer(session);
  if (!text) return session.failed(text.error());
  return install(session, *text, *situation, *key);
}

int show_version(Session& session) {
  Loaded loaded = load_config(session.sources.config_path, session.sources.config_path_explicit, session.outside,
                              session.data_directory);
  CatalogInForce catalog;
  catalog.version = catalog::builtin_version();
  catalog.as_of = catalog::builtin_as_of();
  if (loaded.config && loaded.config->catalog.installed) catalog = loaded.config->catalog;
  session.out << fmt::format("freeway {}\ncatalog {}\n", FREEWAY_VERSION, catalog_text(catalog));
  return kDone;
}

}  // namespace freeway::app

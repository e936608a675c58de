#include "app/running.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/log.h"

namespace freeway::app {

namespace {

constexpr const char* kFirstClient = "default";

Error broken(const std::string& path) {
  return {ErrorKind::invalid, fmt::format("{} has mistakes; `freeway check` lists them", path)};
}

}  // namespace

Result<std::unique_ptr<Running>> Running::open(const ServeOptions& options, const Outside& outside, const Clock& clock) {
  // A file with mistakes is told before the data directory is touched.
  Loaded loaded = load_config(options.config_path, options.config_path_explicit, outside, options.data_directory);
  print_mistakes(loaded.mistakes);
  if (!loaded.config) return std::unexpected(broken(options.config_path));
  auto holdings = Holdings::open(options.data_directory, loaded.config->log, outside, clock);
  if (!holdings) return std::unexpected(holdings.error());
  std::unique_ptr<Running> made(new Running(options, std::move(*holdings)));
  Holdings& held = made->holdings_;
  Keeper::Options wanted;
  wanted.sources = {options.config_path, options.config_path_explicit, options.listen, options.data_directory};
  wanted.data_directory = options.data_directory;
  Keeper::Parts parts{*held.store, *held.vault, *held.secrets, clock, outside};
  made->keeper_ = std::make_unique<Keeper>(parts, std::move(wanted));
  std::vector<Mistake> mistakes;
  if (auto done = made->keeper_->load(mistakes); !done) return std::unexpected(done.error());
  if (auto done = made->make_first_key(); !done) return std::unexpected(done.error());
  auto accounts = api::admin::Accounts::open(held.store->accounts(), clock, {});
  if (!accounts) return std::unexpected(accounts.error());
  made->accounts_ = std::move(*accounts);
  made->situation_ = made->keeper_->situation();
  for (const std::string& note : made->situation_->set.notes) log::warn("{}", note);
  return made;
}

// Printed before anything else can go wrong: only its digest is kept. A client that was revoked is not made anew.
Result<void> Running::make_first_key() {
  auto rows = holdings_.vault->clients();
  auto made_before = [](const store::ClientRow& row) { return row.name == kFirstClient; };
  generated_ = keeper_->situation()->config.client_keys.size() == 1 && std::any_of(rows->begin(), rows->end(), made_before);
  if (!keeper_->situation()->config.client_keys.empty()) return {};
  if (!rows->empty()) {
    log::warn("every client key is revoked, so nobody can ask anything; `freeway clients add NAME` makes one");
    return {};
  }
  auto fresh = keeper_->operations().add_client({kFirstClient, {}, {}, {}});
  if (!fresh) return std::unexpected(fresh.error());
  generated_ = true;
  std::fputs(fresh_key_text(fresh->key, database_path(data_directory())).c_str(), stdout);
  if (std::fflush(stdout) == 0) return {};
  return fail(ErrorKind::io, fmt::format("the new client key could not be printed and nobody knows it; `freeway clients "
                                         "revoke {}`, and add another with `freeway clients add NAME`",
                                         kFirstClient));
}

void Running::attach(Service& service) {
  service.office().store = holdings_.store.get();
  service.office().accounts = accounts_.get();
  service.office().secrets = &holdings_.secrets->published();
  service.office().operations = keeper_->operations();
  keeper_->tell_journal([at = &service](api::admin::Condition& condition) { at->tell_journal(condition); });
  keeper_->watch_lists();
  keeper_->publish_through([at = &service](const Situation& next) { return at->reload(next.config); });
}

void Running::reload() {
  std::vector<Mistake> mistakes;
  auto done = keeper_->reload(mistakes);
  print_mistakes(mistakes);
  if (!done) {
    bool told = std::any_of(mistakes.begin(), mistakes.end(), [](const Mistake& mistake) { return !mistake.warning; });
    log::error("{}; the running configuration stays in place",
               told ? options_.config_path + " has mistakes" : done.error().message);
    return;
  }
  for (const std::string& note : keeper_->situation()->set.notes) log::warn("{}", note);
  for (const std::string& warning : done->warnings) {
    if (warning.ends_with("applies from the next start")) log::warn("{}", warning);
  }
  log::info("reloaded {}", options_.config_path);
}

GreetingFacts Running::greeting_facts(std::string address) const {
  GreetingFacts facts;
  facts.address = std::move(address);
  facts.config_path = options_.config_path;
  facts.data_directory = data_directory();
  facts.generated_key = generated_;
  facts.setup_code = accounts_->code();
  facts.keyless_by_default = situation_->set.keyless_by_default;
  for (const Inactive& one : situation_->set.inactive) facts.waiting += one.awaits_key ? 1 : 0;
  return facts;
}

}  // namespace freeway::app

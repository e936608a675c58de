#include "app/doctor.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/catalog_report.h"
#include "app/greeting.h"
#include "app/table.h"
#include "base/duration.h"
#include "json/document.h"

namespace freeway::app {

namespace {

using Weight = Finding::Weight;
using api::admin::KeyView;

std::string megabytes(std::uint64_t bytes) { return with_commas(bytes / (1024 * 1024)) + " MiB"; }

void judge_files(const MachineFacts& facts, std::vector<Finding>& found) {
  for (const MachineFacts::File& file : facts.files) {
    if (!file.ours) {
      found.push_back({Weight::wrong, fmt::format("{} belongs to another user", file.path),
                       fmt::format("run freeway as its owner, or `chown` it")});
    } else if ((file.mode & 077U) != 0) {
      bool folder = (file.mode & 0100U) != 0;
      found.push_back({Weight::wrong,
                       fmt::format("other users can get at {} (mode {:o}), which holds secrets", file.path, file.mode),
                       fmt::format("`chmod {} {}`", folder ? "700" : "600", file.path)});
    }
  }
}

void judge_disk(const MachineFacts& facts, std::vector<Finding>& found) {
  constexpr std::uint64_t kLittle = 200ULL * 1024 * 1024;
  if (!facts.free_bytes) return;
  bool little = *facts.free_bytes < kLittle;
  if (facts.disk_bytes && *facts.disk_bytes < 2 * kLittle) little = *facts.free_bytes < *facts.disk_bytes / 10;
  if (little) {
    found.push_back({Weight::wrong,
                     fmt::format("the data directory's disk is nearly full: {} are left", megabytes(*facts.free_bytes)),
                     "make room; without it no request is logged and no key can be added"});
  }
}

void judge_status(json::Value root, std::vector<Finding>& found) {
  std::string trouble = root["log"]["trouble"].string().value_or("");
  if (!trouble.empty()) {
    found.push_back(
        {Weight::wrong, "the request log can't be written: " + trouble, "see to the disk; it goes on by itself"});
  }
  std::string journal = root["journal"]["state"].string().value_or("");
  if (!journal.empty() && journal != "ok") {
    found.push_back({Weight::wrong, "the journal: " + journal, "see to the disk; it goes on by itself"});
  }
  json::Value configuration = root["configuration"];
  std::string failed = configuration["last_reload_error"].string().value_or("");
  if (!failed.empty()) {
    found.push_back({Weight::wrong, "the last reload changed nothing: " + failed, "mend the file, then send SIGHUP"});
  }
  std::int64_t routes = root["routes"]["total"].integer().value_or(0);
  std::int64_t open = root["routes"]["open"].integer().value_or(0);
  if (routes == 0) {
    found.push_back({Weight::wrong, "no provider is in use: there is no key that can be used",
                     "`freeway keys add PROVIDER`; `freeway models --all` lists providers and where to get keys"});
  } else if (open == 0) {
    found.push_back(
        {Weight::wrong, fmt::format("none of {} routes can serve now", routes), "`freeway status` tells until when"});
  }
}

}  // namespace

std::vector<Finding> judge_machine(const MachineFacts& facts) {
  std::vector<Finding> found;
  judge_files(facts, found);
  judge_disk(facts, found);
  constexpr std::uint64_t kFew = 4096;
  if (facts.descriptors > 0 && facts.descriptors < kFew) {
    found.push_back({Weight::wrong,
                     fmt::format("at most {} files may be open, and a stream takes two", with_commas(facts.descriptors)),
                     "raise the limit: `ulimit -Hn 65536`, or LimitNOFILE= in the service's unit"});
  }
  constexpr Duration kWrong = std::chrono::seconds(90);
  if (facts.clock_ahead && (*facts.clock_ahead > kWrong || *facts.clock_ahead < -kWrong)) {
    Duration apart = *facts.clock_ahead < Duration::zero() ? -*facts.clock_ahead : *facts.clock_ahead;
    found.push_back({Weight::wrong,
                     fmt::format("this machine's clock is {} {} the world's", format_duration(apart),
                                 *facts.clock_ahead > Duration::zero() ? "ahead of" : "behind"),
                     "set it (`timedatectl set-ntp true`); days of allowances begin by it"});
  }
  if (facts.port_taken.value_or(false)) {
    found.push_back({Weight::wrong, "another program listens on the configured address",
                     "stop it, or choose another with `listen` in [server] or --listen"});
  }
  for (const std::string& proxy : facts.unreachable_proxies) {
    found.push_back({Weight::wrong, fmt::format("the outbound proxy {}", proxy),
                     "start it or mend its address; what goes through it fails until then"});
  }
  return found;
}

std::vector<Finding> judge_catalog(const Config& config) {
  if (!config.catalog_builtin) return {};
  if (!config.catalog.trouble.empty()) {
    return {{Weight::wrong, config.catalog.trouble, fmt::format("until then: catalog {}", catalog_text(config.catalog))}};
  }
  return {{Weight::good, fmt::format("the catalog is version {}", catalog_text(config.catalog)), ""}};
}

std::vector<Finding> judge_configuration(const std::vector<Mistake>& mistakes, const Situation* situation) {
  std::vector<Finding> found;
  for (const Mistake& mistake : mistakes) {
    std::string text = describe({mistake});
    while (text.ends_with('\n')) text.pop_back();
    found.push_back({mistake.warning ? Weight::note : Weight::wrong, text,
                     mistake.warning ? "" : "mend it; `freeway check` tells when it is good"});
  }
  if (situation == nullptr) return found;
  for (const std::string& note : situation->set.notes) found.push_back({Weight::note, note, ""});
  const auto& providers = situation->config.providers;
  if (providers.empty()) {
    found.push_back({Weight::wrong, "no provider is in use: there is no key that can be used",
                     "`freeway keys add PROVIDER`; `freeway models --all` lists providers and where to get keys"});
  } else if (situation->set.keyless_by_default) {
    found.push_back({Weight::note,
                     fmt::format("no provider key is in use; {} without a key serve", count(providers.size(), "provider")),
                     "`freeway keys add PROVIDER` adds more"});
  }
  return found;
}

std::vector<Finding> judge_keys(const Situation& situation, const std::vector<KeyView>& keys, const Outside& outside) {
  std::vector<Finding> found;
  for (const KeyView& key : keys) {
    std::string called = fmt::format("the key {} of {}", printable(key.name), key.provider);
    if (key.last_check.find(" refuses this key") != std::string::npos) {
      found.push_back({Weight::wrong, fmt::format("{} is dead: {}", called, key.last_check),
                       fmt::format("`freeway keys remove {}`, and add a new one", key.id)});
    } else if (!key.serving && !key.disabled) {
      found.push_back({Weight::wrong, fmt::format("{} is not used: {}", called, key.why.text()), ""});
    }
  }
  // A provider takes the first of its variables that is set.
  for (const catalog::Provider& provider : all_providers(situation)) {
    std::string first;
    for (const std::string& name : provider.env) {
      if (outside.variable(name).value_or("").empty()) continue;
      if (first.empty()) {
        first = name;
      } else if (outside.variable(name) != outside.variable(first)) {
        found.push_back({Weight::note, fmt::format("{} is set and shadowed by {} of the same provider", name, first),
                         fmt::format("`freeway keys add {} --env {}` takes it in too", provider.id, name)});
      }
    }
  }
  return found;
}

std::vector<Finding> judge_lists(const std::vector<api::admin::Discovery>& discoveries) {
  std::vector<Finding> found;
  for (const api::admin::Discovery& told : discoveries) {
    for (const auto& mark : told.known) {
      if (mark.listed != false) continue;
      found.push_back({Weight::note, fmt::format("{} does not list {} any more", told.provider, printable(mark.model)), ""});
    }
  }
  return found;
}

std::vector<Finding> judge_server(std::string_view status_json, std::string_view benches_json) {
  std::vector<Finding> found;
  auto status = json::Document::parse(status_json);
  if (status) judge_status(status->root(), found);
  auto benches = json::Document::parse(benches_json);
  if (!benches) return found;
  for (json::Value bench : benches->root()["benches"]) {
    std::string scope = bench["scope"].string().value_or("?");
    std::string reason = bench["reason"].string().value_or("");
    std::string until = bench["until"].string().value_or("it is lifted");
    bool dead = reason == "invalid_key";
    std::string text = fmt::format("{} is benched until {}: {}", printable(scope), until, printable(reason));
    found.push_back(
        {dead ? Weight::wrong : Weight::note, text, dead ? "`freeway keys check` asks again; replace the key" : ""});
  }
  return found;
}

}  // namespace freeway::app

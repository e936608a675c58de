#include "app/session.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "base/file.h"
#include "base/text.h"

namespace freeway::app {

Session::Session(Asked the_asked, const Outside& the_outside, const Console& the_console, std::ostream& the_out,
                 std::ostream& the_err)
    : asked(std::move(the_asked)), outside(the_outside), console(the_console), out(the_out), err(the_err) {
  auto variable = outside.variable("FREEWAY_CONFIG");
  sources.config_path_explicit = !asked.config.empty() || (variable && !variable->empty());
  sources.config_path = asked.config.empty() ? default_config_path(outside) : asked.config;
  if (!asked.listen.empty()) sources.listen = asked.listen;
  data_directory = asked.data.empty() ? default_data_directory(outside) : asked.data;
  sources.data_directory = data_directory;
}

int Session::failed(const Error& error) {
  err << "freeway: " << error.message << "\n";
  return kFailed;
}

int Session::misused(const std::string& message) {
  err << "freeway: " << message << "\n";
  return kUsage;
}

Result<Reach> Session::reach() {
  Reach::Options options;
  options.data_directory = data_directory;
  options.sources = sources;
  return Reach::open(options, outside, clock);
}

Situation Session::look() {
  std::vector<Mistake> mistakes;
  auto seen = read_situation(sources, outside, {}, mistakes);
  if (seen) return std::move(*seen);
  Situation bare;
  bare.set = use_providers(bare.config, {}, outside);
  return bare;
}

std::optional<Situation> Session::look_with_store() {
  Kept kept;
  std::error_code ignored;
  bool database = std::filesystem::exists(database_path(data_directory), ignored);
  if (database) {
    auto reached = reach();
    if (reached && reached->situation() != nullptr) return *reached->situation();
    auto keys = reached ? reached->operations().reveal_keys() : Result<std::vector<api::admin::RevealedKey>>();
    if (!reached && reached.error().kind != ErrorKind::invalid) {
      err << "freeway: without the stored keys: " << reached.error().message << "\n";
    }
    if (reached && !keys) err << "freeway: without the stored keys: " << keys.error().message << "\n";
    if (!keys) keys = std::vector<api::admin::RevealedKey>();
    for (api::admin::RevealedKey& key : *keys) {
      StoredKey one;
      one.provider = key.provider;
      one.id = one.name = key.name;
      one.secret = key.value;
      one.account = key.account;
      one.account_id = key.account_id;
      one.disabled = !key.disabled_reason.empty();
      kept.keys.push_back(std::move(one));
    }
    // A server of before they came knows none.
    auto preferences = reached ? reached->operations().preferences() : Result<api::admin::PreferencesView>();
    if (preferences) kept.preferences = as_kept(preferences->own);
  }
  std::vector<Mistake> mistakes;
  auto seen = read_situation(sources, outside, kept, mistakes);
  err << describe(mistakes);
  if (!seen) err << "mend the configuration, then try again\n";
  return seen;
}

Result<Secret> Session::read_secret(const std::string& question) {
  constexpr std::size_t kMost = 64UL * 1024;
  if (!asked.variable.empty()) {
    auto value = outside.variable(asked.variable);
    if (!value || trim(*value).empty()) {
      return fail(ErrorKind::not_found, fmt::format("the environment variable {} is not set", asked.variable));
    }
    return Secret(std::string(trim(*value)));
  }
  if (!asked.file.empty() && asked.file != "-") {
    auto text = freeway::read_file(asked.file, kMost);
    if (!text) return std::unexpected(text.error());
    return Secret(std::string(trim(*text)));
  }
  if (console.input_is_terminal && asked.file.empty()) return console.ask_secret(question);
  auto text = console.read_input();
  if (!text) return std::unexpected(text.error());
  return Secret(std::string(trim(*text)));
}

std::string short_time(WallTime time) {
  auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%d %H:%M}", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

}  // namespace freeway::app

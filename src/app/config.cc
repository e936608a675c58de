#include "app/config.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "app/config_parts.h"
#include "app/installed_catalog.h"
#include "app/provider_set.h"
#include "app/settings_list.h"
#include "catalog/builtin.h"

namespace freeway::app {

namespace {

// [cache], [ollama]: one switch each, which does nothing yet.
void read_switch(Section& root, std::string_view name, std::string_view what) {
  auto section = root.section(name);
  if (!section) return;
  if (section->flag("enabled").value_or(false)) {
    section->warn("enabled", fmt::format("{} is not available in this version, so this changes nothing", what));
  }
  section->finish();
}

// Checks between parts that the catalog itself makes; a backstop, since each has been told with its line before.
void check_catalog(const Config& config, Report& report) {
  if (report.failed()) return;
  auto built = catalog::Catalog::build(config.providers);
  if (!built) report.error("", {}, built.error().message);
}

void read_catalog(Section section, Config& config) {
  config.catalog_builtin = section.flag("builtin").value_or(true);
  if (auto every = section.duration("discover_every", true)) config.discover_every = *every;
  if (auto key = section.text("public_key")) {
    if (auto good = catalog::parse_signing_key(*key); !good) section.error("public_key", good.error().message);
    config.catalog_key = std::move(*key);
  }
  section.finish();
}

Config read_config(const toml::table& table, const Outside& outside, const std::string& data_directory, Report& report) {
  Config config;
  Section root(table, "", report);
  if (auto server = root.section("server")) read_server(std::move(*server), config.server);
  if (auto log = root.section("log")) read_log(std::move(*log), config.log);
  if (auto responses = root.section("responses")) read_responses(std::move(*responses), config.responses);
  if (auto catalog = root.section("catalog")) read_catalog(std::move(*catalog), config);
  if (config.catalog_builtin) config.catalog = find_catalog(data_directory, config.catalog_key, outside);
  config.client_keys = read_client_keys(root, outside);
  const auto& builtin = catalog_of(config);
  config.entries = read_providers(root, outside, builtin);
  KnownNames in_use;
  for (const ProviderEntry& entry : config.entries) in_use.add(entry.provider);
  KnownNames names = in_use;
  for (const catalog::Provider& provider : builtin) names.add(provider);
  auto routing = root.section("routing");
  config.policy = read_policy(root, routing ? &*routing : nullptr, names);
  config.aliases = config.policy.aliases;
  if (auto keys = root.section("keys")) read_keys(std::move(*keys), config);
  if (auto privacy = root.section("privacy")) read_privacy(std::move(*privacy), config.policy);
  use_providers(config, {}, outside);
  for (const catalog::Provider& provider : config.providers) in_use.add(provider);
  if (routing) read_routing(*routing, config);
  read_switch(root, "cache", "the response cache");
  read_switch(root, "ollama", "the Ollama surface");
  if (auto images = root.section("images")) read_images(std::move(*images), config.relay.images);
  if (auto timeouts = root.section("timeouts")) read_timeout_defaults(std::move(*timeouts), config.relay);
  check_allow_lists(config.client_keys, root, config.policy, names);
  check_aliases(config, root, in_use);
  check_shadows(config.entries, root, in_use);
  root.finish();
  check_catalog(config, report);
  return config;
}

Result<std::string> read_whole_file(const std::string& path) {
  auto failed = [&path](int error) {
    ErrorKind kind = error == ENOENT || error == ENOTDIR ? ErrorKind::not_found : ErrorKind::io;
    return fail(kind, fmt::format("can't read {}: {}", path, std::strerror(error)));
  };
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), std::fclose);
  if (!file) return failed(errno);
  std::string content;
  std::array<char, 16 * 1024> piece{};
  while (std::size_t got = std::fread(piece.data(), 1, piece.size(), file.get())) content.append(piece.data(), got);
  if (std::ferror(file.get()) != 0) return failed(errno);
  return content;
}

// A message may quote the file, which may hold anything; a terminal gets printable text.
std::string printable(std::string_view text) {
  std::string safe;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 0x7f) {
      safe += fmt::format("\\x{:02x}", byte);
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace

Outside real_outside() {
  Outside outside;
  outside.variable = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets variables
    if (value == nullptr) return {};
    return std::string(value);
  };
  outside.read_file = read_whole_file;
  return outside;
}

const std::vector<catalog::Provider>& catalog_of(const Config& config) {
  static const std::vector<catalog::Provider> kNone;
  if (!config.catalog_builtin) return kNone;
  return config.catalog.providers ? *config.catalog.providers : catalog::builtin();
}

Loaded load_config(const std::string& path, bool must_exist, const Outside& outside, const std::string& data_directory) {
  auto text = outside.read_file(path);
  if (text) return load_config_text(*text, path, outside, data_directory);
  if (text.error().kind == ErrorKind::not_found && !must_exist) return load_config_text("", path, outside, data_directory);
  Loaded loaded;
  loaded.mistakes.push_back({path, 0, 0, false, text.error().message});
  return loaded;
}

Loaded load_config_text(std::string_view text, const std::string& name, const Outside& outside,
                        const std::string& data_directory) {
  Report report(name);
  Loaded loaded;
  std::string trouble;
  if (auto table = reader::parse_toml(text, report)) {
    apply_environment(*table, outside, report);
    Config config = read_config(*table, outside, data_directory, report);
    trouble = config.catalog.trouble;
    config.given = std::make_shared<const std::vector<GivenSetting>>(given_settings(*table, report.file(), outside));
    if (!report.failed()) loaded.config = std::move(config);
  }
  loaded.mistakes = report.take();
  hide_values(loaded.mistakes, outside);
  if (!trouble.empty()) loaded.mistakes.push_back({installed_path(data_directory), 0, 0, true, trouble});
  return loaded;
}

std::string default_config_path(const Outside& outside) {
  auto given = [&](const char* name) {
    auto value = outside.variable(name);
    return value ? *value : std::string();
  };
  std::string path = given("FREEWAY_CONFIG");
  if (!path.empty()) return path;
  std::string folder = given("XDG_CONFIG_HOME");
  if (folder.empty()) {
    std::string home = given("HOME");
    folder = (home.empty() ? std::string(".") : home) + "/.config";
  }
  return folder + "/freeway/config.toml";
}

std::string describe(const std::vector<Mistake>& mistakes) {
  std::string text;
  for (const Mistake& mistake : mistakes) {
    text += printable(mistake.file);
    if (mistake.line > 0) text += fmt::format(":{}:{}", mistake.line, mistake.column);
    text += fmt::format(": {}: {}\n", mistake.warning ? "warning" : "error", printable(mistake.message));
  }
  return text;
}

std::string message_of(const std::vector<Mistake>& mistakes) {
  std::string text = describe(mistakes);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

void print_mistakes(const std::vector<Mistake>& mistakes) {
  std::string text = describe(mistakes);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace freeway::app

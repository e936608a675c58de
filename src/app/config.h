// The configuration file as values, and every mistake in it.
//
// Loading reads no clock and keeps nothing; the environment and files are reached only through `Outside`, so a test or a
// fuzzer decides what there is. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/client_keys.h"
#include "base/error.h"
#include "base/secret.h"
#include "catalog/catalog.h"
#include "reader/mistake.h"
#include "relay/options.h"
#include "router/router.h"

namespace freeway::app {

struct ServerConfig {
  std::string listen = "127.0.0.1:8420";
  Secret admin_token;                                // empty: none
  std::uint32_t threads = 0;                         // 0: one a core
  std::uint64_t body_limit = 32ULL * 1024 * 1024;    // bytes
  std::uint64_t upload_limit = 32ULL * 1024 * 1024;  // of a form; body_limit where it is not set
  std::uint64_t upload_space = 2ULL << 30;           // of the files of all forms at the same time
  std::uint64_t stream_space = 256ULL << 20;         // of memory, for what all streams hold of their answers
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> cors_origins;
  std::vector<std::string> trusted_proxies;  // addresses, or address/prefix
};

// How much of the request log is kept.
struct LogConfig {
  Duration keep = std::chrono::hours(24 * 30);
  std::uint64_t max_size = 512ULL * 1024 * 1024;  // bytes of the database; past it the oldest requests go before their time
};

// Responses that clients may come back to.
struct ResponsesConfig {
  Duration keep_for = std::chrono::hours(24 * 30);
  std::uint64_t max_bytes = 64ULL * 1024 * 1024;  // of memory; past it the oldest go before their time
};

// One of the file's [[providers]]; where its id is a built-in one, it lies over that.
struct ProviderEntry {
  catalog::Provider provider;  // `keys` as the file names them
  bool keys_named = false;     // `keys` is there, if only as [], the explicit yes to asking without a key
  bool builtin = false;        // lies over a built-in one
};

// The catalog that [[providers]] lie over: the built-in one, or the installed one in its place.
struct CatalogInForce {
  std::shared_ptr<const std::vector<catalog::Provider>> providers;  // null: catalog::builtin()
  std::uint64_t version = 0;
  std::string as_of;
  bool installed = false;    // by `freeway catalog update`
  std::string installed_on;  // "2026-11-22"; may be unknown
  std::string trouble;       // why an installed one is not in force; "" if nothing is wrong
};

// A value that the file or the environment gave.
struct GivenSetting {
  std::string section;
  std::string key;
  std::string value;  // as JSON; a secret is masked
  std::string where;  // "freeway.toml:3", or the variable's name
  int line = 0;       // of the file; 0: it came from the environment
  bool secret = false;
};

struct Config {
  std::shared_ptr<const std::vector<GivenSetting>> given;  // never null once loaded
  ServerConfig server;
  LogConfig log;
  ResponsesConfig responses;
  Duration check_keys = std::chrono::hours(6);       // how often providers are asked about keys; zero: never
  Duration discover_every = std::chrono::hours(24);  // how often providers' own lists are looked at; zero: never
  bool catalog_builtin = true;                       // false: there is no catalog
  std::string catalog_key;  // in base64, whose catalogs are trusted; "": the program's own, if it has one
  CatalogInForce catalog;
  std::vector<api::ClientKey> client_keys;   // in the order of the file
  std::vector<ProviderEntry> entries;        // in the order of the file
  std::vector<catalog::Provider> providers;  // in use; as app/provider_set.h chooses, at loading without stored keys
  std::vector<std::pair<std::string, std::string>> aliases;  // of the file, in the order they are tried
  router::Policy policy;                                     // its aliases hold the built-in ones too
  relay::Options relay;
  Duration session_ttl = std::chrono::minutes(30);
};

using reader::Mistake;

struct Loaded {
  std::optional<Config> config;   // set when no mistake is more than a warning
  std::vector<Mistake> mistakes;  // in the order of the file
};

// What loading may look at besides the text.
struct Outside {
  std::function<std::optional<std::string>(const std::string& name)> variable;  // of the environment
  std::function<Result<std::string>(const std::string& path)> read_file;
};
// The process's own environment and files.
Outside real_outside();

// `must_exist` false: a file that is not there is an empty one. `data_directory`: where a catalog may be installed; "": none
// is.
Loaded load_config(const std::string& path, bool must_exist, const Outside& outside, const std::string& data_directory = {});
// `name` stands in mistakes, and its folder is where relative key files are looked for.
Loaded load_config_text(std::string_view text, const std::string& name, const Outside& outside,
                        const std::string& data_directory = {});

// The providers of the catalog in force; none where the configuration wants none.
const std::vector<catalog::Provider>& catalog_of(const Config& config);

// FREEWAY_CONFIG, else $XDG_CONFIG_HOME/freeway/config.toml, else ~/.config/freeway/config.toml.
std::string default_config_path(const Outside& outside);

// "config.toml:12:3: error: …", a line each.
std::string describe(const std::vector<Mistake>& mistakes);
// The same for an error's message: without the end of the last line.
std::string message_of(const std::vector<Mistake>& mistakes);
// The same to standard error.
void print_mistakes(const std::vector<Mistake>& mistakes);

}  // namespace freeway::app

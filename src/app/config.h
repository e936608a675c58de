// The configuration file as values, and every mistake in it.
//
// Loading reads no clock and keeps nothing; the environment and files are reached only through `Outside`, so a test or a
// fuzzer decides what there is. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/client_keys.h"
#include "base/error.h"
#include "base/secret.h"
#include "catalog/catalog.h"
#include "relay/options.h"
#include "router/router.h"

namespace freeway::app {

struct ServerConfig {
  std::string listen = "127.0.0.1:8420";
  Secret admin_token;                              // empty: none
  std::uint32_t threads = 0;                       // 0: one a core
  std::uint64_t body_limit = 32ULL * 1024 * 1024;  // bytes
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> cors_origins;
  std::vector<std::string> trusted_proxies;  // addresses, or address/prefix
};

struct Config {
  ServerConfig server;
  bool catalog_builtin = true;
  std::vector<api::ClientKey> client_keys;  // in the order of the file
  std::vector<catalog::Provider> providers;
  router::Policy policy;  // aliases hold the built-in ones too
  relay::Options relay;
  Duration session_ttl = std::chrono::minutes(30);
};

// One thing that is wrong, or (a warning) surely not meant. Never holds a secret.
struct Mistake {
  std::string file;  // or the environment variable's name; then there is no line
  int line = 0;      // from 1; 0: of the file as a whole
  int column = 0;
  bool warning = false;
  std::string message;  // what was found and what was expected
};

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

// `must_exist` false: a file that is not there is an empty one.
Loaded load_config(const std::string& path, bool must_exist, const Outside& outside);
// `name` stands in mistakes, and its folder is where relative key files are looked for.
Loaded load_config_text(std::string_view text, const std::string& name, const Outside& outside);

// FREEWAY_CONFIG, else $XDG_CONFIG_HOME/freeway/config.toml, else ~/.config/freeway/config.toml.
std::string default_config_path(const Outside& outside);

// "config.toml:12:3: error: …", a line each.
std::string describe(const std::vector<Mistake>& mistakes);
// The same to standard error.
void print_mistakes(const std::vector<Mistake>& mistakes);

}  // namespace freeway::app

// What freeway says on the terminal. Pure text; nothing here holds a configured secret.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "base/secret.h"

namespace freeway::app {

struct GreetingFacts {
  std::string address;  // "127.0.0.1:8420", as bound
  std::string config_path;
  std::string data_directory;
  bool generated_key = false;       // clients use the key that freeway made
  bool keyless_by_default = false;  // no provider key is in use, so those that answer without one serve
  std::string setup_code;           // for the dashboard's first account; "" = there is one
  std::size_t waiting = 0;          // known providers that lack nothing but a key
};

// The start-up text: where it listens, where the dashboard and the client key are, how much is configured, which providers
// are asked without a key and where prompts go, a first request to copy, and a loud word about an address that others can
// reach.
std::string greeting(const Config& config, const GreetingFacts& facts);

// One sentence for each provider that is asked without a key, and where prompts go.
std::vector<std::string> keyless_notes(const Config& config);

// The same news for a log: one sentence for each provider that is asked without a key and where prompts go, and what is
// missing or dangerous.
std::vector<std::string> start_notes(const Config& config, const GreetingFacts& facts);

// Printed to standard output at the one start that made the key: "client key: fw-…" and what to do with it.
std::string fresh_key_text(const Secret& key, const std::string& data_directory);

// "1 model", "2 models".
std::string count(std::size_t number, std::string_view noun);

// Is the host of "host:port" this machine only?
bool is_loopback(std::string_view address);

}  // namespace freeway::app

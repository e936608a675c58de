// A setting of the configuration with where its value comes from.
#pragma once

#include <cstdint>
#include <string>

namespace freeway::api::admin {

struct SettingView {
  std::string section;  // "server", "providers.groq"
  std::string key;
  std::string value;     // in force, as JSON; a secret is masked
  std::string standard;  // the default, as JSON; "null" where there is none
  enum class Source : std::uint8_t { standard, file, environment, flag, dashboard } source = Source::standard;
  std::string where;           // "/etc/freeway.toml:3", "FREEWAY_SERVER_LISTEN", "--listen"; "" for defaults
  bool secret = false;         // the value is hidden
  bool needs_restart = false;  // a change applies from the next start
  std::string about;           // one sentence; "" for what a person named, such as an alias
};

}  // namespace freeway::api::admin

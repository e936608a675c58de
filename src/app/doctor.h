// What is wrong with a gateway and how to mend it. Each finding is one sentence about what is, and one about what to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/admin/operations.h"
#include "app/control_client.h"
#include "app/situation.h"
#include "base/clock.h"

namespace freeway::app {

struct Finding {
  enum class Weight : std::uint8_t { good, note, wrong } weight = Weight::wrong;
  std::string what;
  std::string mend;  // "" where nothing is to be done
};

// What the machine tells, looked up once; a test makes it up.
struct MachineFacts {
  struct File {
    std::string path;
    unsigned mode = 0;  // permission bits
    bool ours = true;   // this user's
  };
  std::vector<File> files;                  // those that hold secrets, and the data directory itself
  std::uint64_t descriptors = 0;            // hard limit; 0 = unknown
  std::optional<std::uint64_t> free_bytes;  // of the data directory's disk
  std::optional<std::uint64_t> disk_bytes;
  std::optional<Duration> clock_ahead;           // of the time that providers tell; nothing if none could be asked
  std::optional<bool> port_taken;                // by another program; nothing if our own server has it
  std::vector<std::string> unreachable_proxies;  // "host:port: why", without credentials
};

// Pure.
std::vector<Finding> judge_machine(const MachineFacts& facts);
std::vector<Finding> judge_catalog(const Config& config);
std::vector<Finding> judge_configuration(const std::vector<Mistake>& mistakes, const Situation* situation);
// Stored keys that do not open, keys that a check refused, variables that are set and shadowed, providers that wait.
std::vector<Finding> judge_keys(const Situation& situation, const std::vector<api::admin::KeyView>& keys,
                                const Outside& outside);
// Models in use that their provider no longer lists.
std::vector<Finding> judge_lists(const std::vector<api::admin::Discovery>& discoveries);
// A running server's /admin/api/status and /admin/api/benches.
std::vector<Finding> judge_server(std::string_view status_json, std::string_view benches_json);

// Looks at this machine; blocking, a few seconds at most. `situation` may be null; `running`: our server has the port.
MachineFacts look_at_machine(const std::string& data_directory, const std::string& config_path, const Situation* situation,
                             bool running, const Clock& clock);

}  // namespace freeway::app

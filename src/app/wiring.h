// The composition root: loops, stores, server and surfaces put together from a configuration.
#pragma once

#include <optional>
#include <string>

namespace freeway::app {

struct ServeOptions {
  std::string config_path;
  bool config_path_explicit = false;  // false: the file may be missing
  std::string data_directory;
  std::optional<std::string> listen;  // the flag's value, over everything else
};

// Runs until SIGTERM or SIGINT. Returns the process's exit code.
int serve(const ServeOptions& options);

}  // namespace freeway::app

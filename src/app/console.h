// The terminal, as far as commands read from it; tests make one up.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "base/secret.h"

namespace freeway::app {

struct Console {
  bool input_is_terminal = false;
  bool output_is_terminal = false;
  // Asks on the terminal and reads a line without echo. Fails with io if there is none.
  std::function<Result<Secret>(const std::string& question)> ask_secret;
  // A yes on the terminal; anything else is a no.
  std::function<bool(const std::string& question)> confirm;
  // All of standard input, 16 MiB at most.
  std::function<Result<std::string>()> read_input;
};

Console real_console();

}  // namespace freeway::app

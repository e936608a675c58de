// The command line: which command, with which arguments, and the process's exit code.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/console.h"
#include "app/session.h"
#include "app/wiring.h"

namespace freeway::app {

using Serve = std::function<int(const ServeOptions&)>;

// `arguments` without the program's name. Answers go to `out`; mistakes, with what to do next, to `err`. `serve` runs the
// gateway and prints for itself.
int run(const std::vector<std::string>& arguments, const Outside& outside, const Console& console, const Serve& serve,
        std::ostream& out, std::ostream& err);

}  // namespace freeway::app

// An environment and files that a test makes up.
#pragma once

#include <map>
#include <string>

#include "app/config.h"

namespace freeway::app {

struct TestOutside {
  std::map<std::string, std::string> variables;
  std::map<std::string, std::string> files;

  // Refers to this object.
  Outside outside() const {
    Outside made;
    made.variable = [this](const std::string& name) -> std::optional<std::string> {
      auto found = variables.find(name);
      if (found == variables.end()) return {};
      return found->second;
    };
    made.read_file = [this](const std::string& path) -> Result<std::string> {
      auto found = files.find(path);
      if (found == files.end()) return fail(ErrorKind::not_found, "can't read " + path + ": no such file");
      return found->second;
    };
    return made;
  }
};

}  // namespace freeway::app

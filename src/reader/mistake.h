#pragma once

#include <string>

namespace freeway::reader {

// One thing that is wrong, or (a warning) surely not meant. Never holds a secret.
struct Mistake {
  std::string file;  // or the environment variable's name; then there is no line
  int line = 0;      // from 1; 0: of the file as a whole
  int column = 0;
  bool warning = false;
  std::string message;  // what was found and what was expected
};

}  // namespace freeway::reader

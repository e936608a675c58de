// What a surface leaves out of a client's request, for x-freeway-dropped.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace freeway::dialect {

// Names, each once, cut to a length and no more of them than a header can tell.
class Dropped {
 public:
  void add(std::string name);
  std::vector<std::string> take() { return std::move(names_); }

 private:
  std::vector<std::string> names_;
};

}  // namespace freeway::dialect

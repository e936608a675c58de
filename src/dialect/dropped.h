// What is left out of a client's request, for x-freeway-dropped.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/document.h"

namespace freeway::dialect {

// False for null, false, "" and empty lists and objects: without them nothing is lost.
bool says_something(json::Value member);

using Known = std::initializer_list<std::string_view>;
// A member that is none of these and says something. Allocates nothing.
bool is_unknown(json::Value member, Known known);
// So many names a header tells at most.
inline constexpr std::size_t kMostDropped = 32;
// Adds a name, cut to a length, to those that a header tells: once, and none beyond the most.
void add_dropped(std::vector<std::string>& names, std::string name);

// Names of what is left out, as add_dropped keeps them.
class Dropped {
 public:
  void add(std::string name) { add_dropped(names_, std::move(name)); }
  std::vector<std::string> take() { return std::move(names_); }

 private:
  std::vector<std::string> names_;
};

}  // namespace freeway::dialect

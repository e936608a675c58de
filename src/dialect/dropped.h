// What is left out of a client's request, for x-freeway-dropped.
#pragma once

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
// The unknown members of an object, each with `where` before its name: "messages[].name".
std::vector<std::string> unknown_members(std::string_view where, json::Value object, Known known);

// Names, each once, cut to a length and no more of them than a header can tell.
class Dropped {
 public:
  void add(std::string name);
  std::vector<std::string> take() { return std::move(names_); }

 private:
  std::vector<std::string> names_;
};

}  // namespace freeway::dialect

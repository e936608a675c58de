// Does a JSON text satisfy a JSON Schema? (drafts 4 to 7 through valijson over a Boost.JSON tree: correct rather than fast,
// used only where a client asked for structured output). No exceptions leave.
#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"

namespace freeway::json {

class Schema {
 public:
  // Fails with invalid if `schema` is no usable schema (then nobody can be held to it).
  static Result<Schema> compile(std::string_view schema);
  // Fails with invalid and a sentence naming the place and the rule that was broken; with malformed if it is not JSON.
  Result<void> check(std::string_view instance) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace freeway::json

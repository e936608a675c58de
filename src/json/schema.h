// Does a JSON text satisfy a JSON Schema? For drafts 4 to 2020-12; correct rather than fast, used only where a client asked
// for structured output.
//
// Schemas and texts come from strangers, so checking is bounded: a schema that refers to itself without end, explodes, or
// holds a costly pattern ends in an error. Nothing is fetched. `format` and other annotations are not enforced, nor are
// unevaluatedProperties and unevaluatedItems; unknown keywords are ignored. Copies share the compiled schema, which any
// thread may use.
#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"

namespace freeway::json {

class Schema {
 public:
  // Fails with invalid if `schema` is no usable schema (then nobody can be held to it).
  static Result<Schema> compile(std::string_view schema);
  // Fails with invalid and a sentence naming the place and the rule that was broken, like "at /city/zip: must be a string,
  // is a number (type)"; with malformed if it is not JSON; with exhausted if checking would take too long.
  Result<void> check(std::string_view instance) const;

  struct Compiled;

 private:
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace freeway::json

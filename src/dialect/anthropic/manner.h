// What of a request decides how its answer is told.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dialect/surface.h"

namespace freeway::dialect::anthropic {

struct Manner {
  std::vector<std::string> stops;  // stop_sequences
  // Thinking as it comes; as a block that tells nothing but its signature; or not at all.
  enum class Thinking : unsigned char { shown, omitted, hidden };
  Thinking thinking = Thinking::shown;
};

// Tells one request's answer.
std::shared_ptr<const Surface> surface_for(Manner manner);

}  // namespace freeway::dialect::anthropic

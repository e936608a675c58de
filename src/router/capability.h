// What of a request a model can't do. Pure.
#pragma once

#include <cstdint>

#include "router/router.h"

namespace freeway::router {

using MissingSet = std::uint16_t;

struct Capability {
  MissingSet missing = 0;
  bool unknown = false;  // of something that is needed the catalog does not tell
};

// Whether the request asks for what few do: only then is missing_for_particulars() worth a call.
bool particular(const chat::Request& request);
MissingSet missing_for_particulars(const catalog::Provider& provider, const catalog::Model& model, const Query& query);
// All else. `route`: one of the model's, to count the prompt by where the estimate can't tell whether it fits.
Capability check(const catalog::Model& model, const Query& query, catalog::RouteId route);
// Of several the one worth telling; none of an empty set.
Missing first_of(MissingSet set);

}  // namespace freeway::router

// The attempts that a request made and what became of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "chat/fault.h"
#include "router/verdict.h"

namespace freeway::relay {

// A failed attempt.
struct Attempted {
  catalog::RouteId route = 0;
  router::Verdict verdict;
  std::string evidence;              // one sentence: what the provider said or did
  std::optional<chat::Fault> fault;  // its error answer, if it gave one
};

using Trail = std::vector<Attempted>;

// "u1/m1 key#1=rate_limited; u2/m1 key#1=timeout", the last ten, safe in a header.
std::string describe(const Trail& trail, const catalog::Catalog& catalog);

}  // namespace freeway::relay

// The attempts that a request made and what became of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "chat/fault.h"
#include "chat/usage.h"
#include "router/measures.h"
#include "router/verdict.h"

namespace freeway::relay {

// One upstream call: when, and what came of it.
struct Call {
  Instant started{};
  std::optional<Instant> dispatched;  // the last byte of the request was handed over
  std::optional<Instant> first;       // content came, if it was streamed
  Instant ended{};                    // the last content, else the failure
  Duration held_up{};                 // of that, how long a stream stood still because its client read slowly
  int status = 0;                     // of its HTTP answer; 0: none came
  std::optional<chat::Usage> usage;   // what it cost, as far as known
};

// A failed attempt.
struct Attempted {
  catalog::RouteId route = 0;
  router::Verdict verdict;
  std::string evidence;              // one sentence: what the provider said or did
  std::optional<chat::Fault> fault;  // its error answer, if it gave one
  Call call;
};

using Trail = std::vector<Attempted>;

// "u1/m1 key#1=rate_limited; u2/m1 key#1=timeout", the last ten, safe in a header.
std::string describe(const Trail& trail, const catalog::Catalog& catalog);

// What the measures are told of a call. `verdict` null: it answered.
router::Sample sample_of(const Call& call, const router::Verdict* verdict);

}  // namespace freeway::relay

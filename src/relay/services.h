// What every request of the process shares. Owned by `app`, outlives all loops; every member is thread-safe.
#pragma once

#include "base/budget.h"
#include "base/clock.h"
#include "chat/signatures.h"
#include "ledger/ledger.h"
#include "relay/hedge_budget.h"
#include "relay/token_counts.h"
#include "relay/waiting_room.h"
#include "router/benches.h"
#include "router/measures.h"
#include "router/sessions.h"

namespace freeway::relay {

struct Services {
  const Clock& clock;
  ledger::Ledger& ledger;
  router::Benches& benches;
  router::Sessions& sessions;
  WaitingRoom& waiting_room;
  TokenCounts& token_counts;
  router::Measures& measures;
  HedgeBudget& hedges;
  chat::Signatures& signatures;
  Budget& stream_space;
};

}  // namespace freeway::relay

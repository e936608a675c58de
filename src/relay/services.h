// What every request of the process shares. Owned by `app`, outlives all loops; every member is thread-safe.
#pragma once

#include "base/clock.h"
#include "ledger/ledger.h"
#include "relay/answer_sizes.h"
#include "relay/waiting_room.h"
#include "router/benches.h"
#include "router/sessions.h"

namespace freeway::relay {

struct Services {
  const Clock& clock;
  ledger::Ledger& ledger;
  router::Benches& benches;
  router::Sessions& sessions;
  WaitingRoom& waiting_room;
  AnswerSizes& answer_sizes;
};

}  // namespace freeway::relay

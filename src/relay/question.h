// What a request asks of the router: the same for serving it and for explaining it. Pure but for looks at live state.
#pragma once

#include "ledger/ledger.h"
#include "relay/relay.h"

namespace freeway::relay {

// Its prompt's tokens: the estimate, and the count for this route's model if one was made.
TokenCounts::Prompt prompt_of(const Job& job, catalog::RouteId route);

// What it is expected to cost on this route, by `prompt_of`.
ledger::Demand demand_of(const Job& job, catalog::RouteId route, const TokenCounts& token_counts);

// Everything of the query but how much is to be looked at and told. Points into the job and the services, which must outlive
// it.
router::Query question_of(const Job& job, const Services& services, ledger::Moment at);

}  // namespace freeway::relay

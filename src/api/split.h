// A request for more vectors than any provider gives at once: asked in slices, answered as one.
#pragma once

#include <cstddef>

#include "relay/relay.h"

namespace freeway::api {

// How many inputs one call may hold: what the most capable of its routes takes. As many as there are for what needs no
// slices.
std::size_t slice_size(const relay::Job& job);

// Asks slice after slice of the inputs in the job's document. All come from one model: its names were checked to be of one
// family. The client gets one answer, or the first failure, and the receipt tells of all calls.
net::Task<relay::Receipt> serve_slices(relay::Relay& relay, const relay::Job& job, std::size_t slice, server::Reply& reply);

}  // namespace freeway::api

// Several prompts in one request for completions: asked one after the other, answered as one.
#pragma once

#include <memory>
#include <vector>

#include "relay/relay.h"

namespace freeway::api {

// `further`: the requests after the job's own. Each is a call of its own for pools and log, with a
// deadline of its own. The client gets one answer, or
// the first failure; a stream goes on from prompt to prompt, and breaks where one fails.
net::Task<relay::Receipt> serve_prompts(relay::Relay& relay, relay::Job job,
                                        std::vector<std::unique_ptr<chat::Request>> further, server::Reply& reply);

}  // namespace freeway::api

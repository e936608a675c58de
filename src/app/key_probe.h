// Is a key good? Asked of its provider in the way that the catalog knows to prove it, through the key's own proxy.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/probe.h"
#include "catalog/provider.h"
#include "net/loop.h"
#include "upstream/client.h"

namespace freeway::app {

// The probe of a provider: the catalog's, else a chat of one token with its first model.
catalog::Probe probe_of(const catalog::Provider& provider);

// What is sent, in this order, until an answer says valid. Fails with unsupported where there is nothing to ask: no key, or
// no model to chat with; with invalid for an address or a proxy that can't be read. Holds the key.
Result<std::vector<upstream::Call>> probe_calls(const catalog::Provider& provider, const catalog::Key& key);

struct KeyVerdict {
  catalog::ProbeResult result = catalog::ProbeResult::inconclusive;
  std::string reason;  // a sentence; does not hold the key
};

// What an answer means. Pure.
KeyVerdict judge_answer(const catalog::Provider& provider, const catalog::Key& key, int status, const http::Fields& fields,
                        std::string_view body);
// What several answers mean together: one valid is enough; invalid only if all are.
KeyVerdict judge_together(const std::vector<KeyVerdict>& verdicts);

// Asks. On `loop`, which is the client's; takes `patience` a call at most, then the verdict is inconclusive. Both are copied
// into the coroutine.
net::Task<KeyVerdict> probe_key(net::Loop& loop, upstream::Client& client, std::shared_ptr<const catalog::Provider> provider,
                                catalog::Key key, Duration patience);

// The same for programs without a loop: blocks, on a loop of its own.
KeyVerdict probe_key_now(const catalog::Provider& provider, const catalog::Key& key, const Clock& clock, Duration patience);

// "groq/openai/gpt-oss-120b", for each model that a good key makes usable.
std::vector<std::string> unlocked_models(const catalog::Provider& provider);
// A table of them with what each may do a day, for people.
std::string unlocked_text(const catalog::Provider& provider);

// "does not train on prompts (kept 30 days)": what becomes of prompts there.
std::string data_use_text(const catalog::DataUse& use);
// The host that prompts go to.
std::string host_of(const catalog::Provider& provider);

}  // namespace freeway::app

// A provider's own list of models, asked for with one of its keys. It uses no allowance.
#pragma once

#include <string>
#include <vector>

#include "app/fetch.h"
#include "catalog/provider.h"
#include "dialect/model_list.h"

namespace freeway::app {

struct Roster {
  std::vector<dialect::ListedModel> models;  // each id once
  bool whole = true;                         // false: there is more than was read
};

// Adds a page: what was there already, what is too much, and ids that hold the key are left out.
void add_page(Roster& roster, dialect::ModelPage page, const Secret& secret);

// All pages, in order; `limits` hold for all of them together. Blocks as call_now does, and goes through the key's proxy.
// Fails with unsupported where the provider has no list, protocol for an answer but 200, malformed for what is no list, or
// as provider_call and call_now do; no message holds the key.
Result<Roster> roster_now(const catalog::Provider& provider, const catalog::Key& key, const Clock& clock,
                          FetchLimits limits);

}  // namespace freeway::app

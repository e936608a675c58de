// Commands that answer from the configuration alone, without a server. Pure text in, text out.
#pragma once

#include <string>

#include "app/config.h"
#include "base/error.h"
#include "catalog/catalog.h"
#include "ledger/ledger.h"

namespace freeway::app {

// A row a model: what is usable, and with `all` also what is not, and why. `json`: an array of
// {"id","provider","model","family","kind","context","max_output","tools","vision","json","reasoning","keys","available",
// "reason"}, null where a value is unknown.
std::string list_models(const catalog::Catalog& catalog, bool all, bool json);

struct RouteQuestion {
  std::string prompt;
  std::string model = "auto";
  bool json = false;
};
// The plan for this prompt as a fresh gateway would make it: no benches, no use. Fails with not_found for an unknown model
// and with invalid for a prompt that is no text.
Result<std::string> explain_route(const Config& config, const RouteQuestion& question, ledger::Moment at);

}  // namespace freeway::app

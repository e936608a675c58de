// Commands that answer from the configuration alone, without a server. Pure text in, text out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/admin/operations.h"
#include "app/config.h"
#include "app/provider_set.h"
#include "base/error.h"
#include "catalog/catalog.h"
#include "catalog/privacy.h"
#include "json/document.h"
#include "ledger/ledger.h"

namespace freeway::app {

// How a model stands with a running server.
struct ModelState {
  bool available = false;
  std::string reason;             // why not
  std::optional<WallTime> until;  // when it is again, where that is known
};
using ModelStates = std::map<std::string, ModelState, std::less<>>;  // by "provider/wire-id"
// Of what GET /admin/api/models answered.
ModelStates read_model_states(json::Value root);

// A row a model: what is usable, and with `all` also what is not, and why. `running`: what the running server says of the
// models it has, which goes before what the configuration says; nothing where none runs. `json`: an array of
// {"id","provider","model","family","kind","context","max_output","tools","vision","json","reasoning","keys",
// "trains_on_prompts","listed","listed_at","available","reason","until"}, null where a value is unknown.
std::string list_models(const std::vector<catalog::Provider>& active, const std::vector<Inactive>& inactive,
                        const std::vector<api::admin::Discovery>& discoveries, const std::optional<ModelStates>& running,
                        bool all, bool json);

// What providers list and nobody here knows, as entries of a configuration file: models that may be chatted with and that
// nothing is known to cost for; with `all` also the others that are for chats. `json`: an array of
// {"id","provider","model","context","free","chat","listed_at"}, all kinds.
std::string list_new_models(const std::vector<api::admin::Discovery>& discoveries, bool all, bool json);

struct RouteQuestion {
  std::string prompt;
  std::string model = "auto";
  catalog::Privacy privacy = catalog::Privacy::any;
};
// The question as the body of a chat completion.
std::string question_text(const RouteQuestion& question);
// The plan for this prompt as a fresh gateway would make it (no benches, no use, nothing measured), as JSON of the shape
// that POST explain answers, less what only a running server knows. Fails with not_found for an unknown model and with
// invalid for a prompt that is no text.
Result<std::string> explain_route(const Config& config, const RouteQuestion& question, ledger::Moment at);
// The same, or what a running server answered, for people.
std::string describe_explanation(json::Value root);

}  // namespace freeway::app

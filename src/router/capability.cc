#include "router/capability.h"

#include <algorithm>

#include "chat/bound.h"

namespace freeway::router {

using catalog::Model;
using catalog::RouteId;

namespace {

constexpr MissingSet bit(Missing missing) { return static_cast<MissingSet>(1U << static_cast<unsigned>(missing)); }

// The longest prompt that must fit at once; counted where the estimate can't tell whether it does.
std::uint64_t prompt_of(const Query& query, RouteId route, std::uint64_t context) {
  const chat::Request& request = *query.request;
  std::uint64_t prompt = request.longest_tokens > 0 ? request.longest_tokens : request.prompt_tokens;
  std::uint64_t room = context - std::min(context, chat::least_answer(request));
  bool near = prompt >= ledger::kWorthCounting && prompt / 2 <= room && prompt > room / 2;
  if (!near || !query.recount) return prompt;
  chat::PromptSize counted = query.recount(route).prompt;
  return request.longest_tokens > 0 ? counted.longest : counted.tokens;
}

}  // namespace

bool particular(const chat::Request& request) {
  return request.inputs > 0 || request.dimensions || request.tokenized || !request.suffix.empty() ||
         !request.image_addresses.empty();
}

MissingSet missing_for_particulars(const catalog::Provider& provider, const Model& model, const Query& query) {
  const chat::Request& request = *query.request;
  MissingSet missing = 0;
  if (model.max_inputs && request.inputs > *model.max_inputs) missing |= bit(Missing::inputs);
  if (model.dimensions && request.dimensions.value_or(0) > *model.dimensions) missing |= bit(Missing::dimensions);
  if (request.tokenized && !model.token_input) missing |= bit(Missing::token_input);
  if (!request.suffix.empty() && model.infill.empty()) missing |= bit(Missing::infill);
  if (!query.fetches_images && !request.image_addresses.empty() && !catalog::takes_image_addresses(provider, model))
    missing |= bit(Missing::image_data);
  return missing;
}

Capability check(const Model& model, const Query& query, RouteId route) {
  const chat::Request& request = *query.request;
  Capability found;
  auto need = [&found](bool needed, const std::optional<bool>& has, Missing name) {
    if (!needed) return;
    if (!has) found.unknown = true;
    if (has && !*has) found.missing |= bit(name);
  };
  need(request.needs_tools, model.tools, Missing::tools);
  need(request.needs_vision, model.vision, Missing::vision);
  need(request.structure == chat::Structure::json_schema, model.json, Missing::json);
  std::uint64_t asked = chat::least_answer(request);
  if (model.context) {
    std::uint64_t prompt = prompt_of(query, route, *model.context);
    if (prompt > *model.context || asked > *model.context - prompt) found.missing |= bit(Missing::context);
  }
  if (model.max_output && asked > *model.max_output) found.missing |= bit(Missing::output);
  return found;
}

Missing first_of(MissingSet set) {
  for (auto missing : {Missing::vision, Missing::tools, Missing::context, Missing::json, Missing::output,
                       Missing::token_input, Missing::dimensions, Missing::inputs, Missing::infill, Missing::image_data})
    if (set & bit(missing)) return missing;
  return Missing::none;
}

}  // namespace freeway::router

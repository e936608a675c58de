#include "relay/question.h"

#include <algorithm>

#include "chat/bound.h"
#include "dialect/count.h"

namespace freeway::relay {

TokenCounts::Prompt prompt_of(const Job& job, catalog::RouteId route) {
  const chat::Request& request = *job.request;
  TokenCounts::Prompt prompt{request.prompt_tokens};
  bool counted =
      std::any_of(request.counted.begin(), request.counted.end(), [](const auto& one) { return one.has_value(); });
  if (!counted) return prompt;
  token::Vocabulary vocabulary = token::vocabulary_of(job.snapshot->catalog->model(route).id);
  const auto& size = dialect::counted_prompt(request, vocabulary.encoding);
  if (!size) return prompt;
  prompt.counted = size->tokens;
  prompt.own = vocabulary.own;
  return prompt;
}

ledger::Demand demand_of(const Job& job, catalog::RouteId route, const TokenCounts& token_counts) {
  const auto& request = *job.request;
  const auto& catalog = *job.snapshot->catalog;
  ledger::Demand demand;
  auto [prompt, usual] = token_counts.expect(catalog.model_name(route), prompt_of(job, route));
  demand.prompt_tokens = prompt;
  demand.audio_seconds = request.audio_seconds;
  if (request.kind != chat::Kind::chat) return demand;  // nothing is written
  const auto& model = catalog.model(route);
  auto asked = chat::longest_answer(request, model.max_output, model.context);
  std::uint64_t most = asked.value_or(model.max_output.value_or(usual));
  demand.output_tokens = std::min(most, usual) * request.choices;
  demand.output_guessed = usual < asked.value_or(UINT64_MAX);
  demand.max_tokens = asked.value_or(most) * request.choices;
  return demand;
}

router::Query question_of(const Job& job, const Services& services, ledger::Moment at) {
  router::Query query;
  query.request = job.request.get();
  query.routes = &job.routes;
  query.strategy = job.strategy;
  query.privacy = job.privacy;
  query.at = at;
  query.fetches_images = job.options.images.fetch;
  if (!job.routes.empty()) query.demand = demand_of(job, job.routes.front(), services.token_counts);
  query.recount = [&job, &services](catalog::RouteId route) {
    token::Vocabulary vocabulary = token::vocabulary_of(job.snapshot->catalog->model(route).id);
    router::Recounted recounted;
    recounted.prompt = dialect::count_prompt(*job.request, vocabulary.encoding);
    recounted.demand = demand_of(job, route, services.token_counts);
    return recounted;
  };
  if (!job.session.empty()) query.session_model = services.sessions.model(job.client, job.session, at.now);
  return query;
}

}  // namespace freeway::relay

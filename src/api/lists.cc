// What is answered at once, without asking a provider: lists of models, and how long a prompt is.
#include <fmt/format.h>

#include <charconv>

#include "api/admin/desk.h"
#include "api/gateway.h"
#include "api/job.h"
#include "api/models.h"
#include "base/text.h"
#include "json/writer.h"

namespace freeway::api {

namespace {

constexpr std::size_t kMostRows = 1000;

std::string parameter(const admin::Parameters& parameters, std::string_view name) {
  auto at = parameters.find(name);
  return at == parameters.end() ? std::string() : at->second;
}

Problem wrong(std::string_view param, std::string message) {
  Problem problem;
  problem.param = param;
  problem.message = std::move(message);
  return problem;
}

}  // namespace

server::Answer Gateway::json_answer(const Visit& visit) const {
  server::Answer answer;
  answer.fields.add("content-type", "application/json");
  name_request(visit.surface, visit.request_id, answer.fields);
  allow_origin(*visit.head, *visit.settings, answer.fields);
  return answer;
}

server::Answer Gateway::model_page_of(const Visit& visit, catalog::Privacy privacy) const {
  const auto parameters = admin::read_query(visit.head->query());
  Page page;
  page.after = parameter(parameters, "after_id");
  page.before = parameter(parameters, "before_id");
  std::string limit = parameter(parameters, "limit");
  if (!limit.empty()) {
    auto read = std::from_chars(limit.data(), limit.data() + limit.size(), page.limit);
    bool whole = read.ec == std::errc() && read.ptr == limit.data() + limit.size();
    if (!whole || page.limit < 1 || page.limit > kMostRows)
      return refusal(visit, wrong("limit", fmt::format("`limit` must be a whole number from 1 to {}.", kMostRows)));
  }
  auto body = model_page(*visit.settings->routing, *visit.key, privacy, gate_.services, page);
  if (!body) return refusal(visit, wrong("after_id", "`after_id` or `before_id` is no model of this list."));
  server::Answer answer = json_answer(visit);
  answer.body = std::move(*body);
  return answer;
}

server::Answer Gateway::count_tokens(const Visit& visit, std::string body) const {
  Prepared made;
  const Entry entry{chat::Kind::chat, Protocol::count_tokens};
  auto problem = make_job(*visit.settings, visit.key, entry, visit.head->fields, std::move(body), made);
  if (problem) return refusal(visit, *problem);
  server::Answer answer = json_answer(visit);
  json::Writer writer(answer.body);
  writer.begin_object().member("input_tokens", prompt_tokens_of(made.job)).end_object();
  return answer;
}

server::Answer Gateway::models(const Visit& visit) const {
  auto privacy = privacy_of(visit.key, visit.head->fields);
  if (!privacy) {
    Problem problem;
    problem.message = privacy.error().message;
    problem.code = "invalid_privacy";
    problem.param = "x-freeway-privacy";
    return refusal(visit, problem);
  }
  server::Answer answer = json_answer(visit);
  const auto& snapshot = *visit.settings->routing;
  bool anthropic = visit.surface == Surface::anthropic;
  if (visit.path.size() <= kModelsPath.size()) {
    if (anthropic) return model_page_of(visit, *privacy);
    answer.body = model_list(snapshot, *visit.key, *privacy, gate_.services);
    return answer;
  }
  std::string name = percent_decode(visit.path.substr(kModelsPath.size() + 1));
  bool forbidden = false;
  auto row = model_row(snapshot, *visit.key, *privacy, gate_.services, name, anthropic, forbidden);
  if (row) {
    answer.body = std::move(*row);
    return answer;
  }
  Problem problem;
  problem.status = forbidden ? 403 : 404;
  problem.code = forbidden ? "model_not_allowed" : "model_not_found";
  problem.param = "model";
  problem.message = forbidden ? fmt::format("Your key may not use the model '{}'.", name)
                              : fmt::format("The model '{}' does not exist here; GET /v1/models lists what does.", name);
  return refusal(visit, problem);
}

}  // namespace freeway::api

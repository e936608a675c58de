// What is asked about responses beside making one: those that were answered, and how many tokens one would read.
#include <fmt/format.h>

#include <charconv>

#include "api/admin/desk.h"
#include "api/gateway.h"
#include "api/job.h"

namespace freeway::api {

namespace {

namespace responses = dialect::responses;

constexpr std::size_t kLongestId = 100;  // of a client's, as it is repeated
constexpr std::size_t kIdLetters = 48;

Problem problem_of(int status, std::string message, std::string param = {}, std::string code = {}) {
  Problem problem;
  problem.status = status;
  problem.message = std::move(message);
  problem.param = std::move(param);
  problem.code = std::move(code);
  return problem;
}

std::int64_t seconds(WallTime at) { return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count(); }

std::expected<responses::Page, Problem> page_of(const admin::Parameters& query) {
  responses::Page page;
  constexpr std::size_t kMost = 100;
  for (const auto& [name, value] : query) {
    if (name == "after") page.after = value;
    if (name == "order") {
      if (value != "asc" && value != "desc")
        return std::unexpected(problem_of(400, "`order` must be \"asc\" or \"desc\".", "order"));
      page.ascending = value == "asc";
    }
    if (name == "limit") {
      auto read = std::from_chars(value.data(), value.data() + value.size(), page.limit);
      bool whole = read.ec == std::errc() && read.ptr == value.data() + value.size();
      if (!whole || page.limit < 1 || page.limit > kMost)
        return std::unexpected(problem_of(400, "`limit` must be a whole number from 1 to 100.", "limit"));
    }
  }
  return page;
}

std::expected<std::string, Problem> tell(const responses::Entry& entry, std::string_view what,
                                         const admin::Parameters& query) {
  if (what == "cancel") return std::unexpected(problem_of(400, "Cannot cancel a synchronous response."));
  if (what.empty()) {
    for (const auto& [name, value] : query)
      if (name == "stream" && value != "false")
        return std::unexpected(problem_of(
            400, "A response that is over can't be streamed again; leave `stream` out to get it whole.", "stream"));
    return entry.object;
  }
  auto page = page_of(query);
  if (!page) return std::unexpected(std::move(page.error()));
  auto list = responses::input_items_json(entry, *page);
  if (!list)
    return std::unexpected(
        problem_of(404, fmt::format("There is no item '{}'.", page->after.substr(0, kLongestId)), "after"));
  return std::move(*list);
}

}  // namespace

responses::Context Gateway::response_context(const Visit& visit) const {
  responses::Context context;
  context.store = &gate_.office.responses;
  context.client = visit.key->name;
  context.id = "resp_" + random_id(gate_.random, kIdLetters);
  context.now = seconds(loop_.wall());
  context.secrets = gate_.office.secrets->load();
  return context;
}

server::Answer Gateway::input_tokens(const Visit& visit, std::string body) const {
  Prepared made;
  Entry entry = entry_of(Endpoint::responses);
  auto context = response_context(visit);
  auto problem = make_job(*visit.settings, visit.key, entry, visit.head->fields, std::move(body), made, std::move(context));
  if (problem) return refusal(visit, *problem);
  server::Answer answer;
  answer.body = fmt::format(R"({{"object":"response.input_tokens","input_tokens":{}}})", prompt_tokens_of(made.job));
  return answer;
}

server::Answer Gateway::stored_responses(const Visit& visit, std::string body) const {
  StoredTarget asked = stored_target(visit.path);
  if (asked.id == "compact" && asked.what.empty())
    return refusal(visit, problem_of(404,
                                     "/v1/responses/compact is not available: freeway compacts no conversations; let the "
                                     "client sum them up.",
                                     {}, "not_found"));
  server::Answer answer;
  if (asked.id == "input_tokens" && asked.what.empty()) {
    answer = input_tokens(visit, std::move(body));
    if (answer.status != 200) return answer;
  } else {
    auto& store = gate_.office.responses;
    std::int64_t now = seconds(loop_.wall());
    auto entry = store.find(visit.key->name, asked.id, now);
    auto missing = problem_of(404, fmt::format("Response with id '{}' not found.", asked.id.substr(0, kLongestId)), "id");
    if (!entry) return refusal(visit, missing);
    if (visit.head->method == "DELETE") {
      if (!store.erase(visit.key->name, asked.id, now)) return refusal(visit, missing);
      answer.body = responses::deleted_json(asked.id);
    } else {
      auto told = tell(*entry, asked.what, admin::read_query(visit.head->query()));
      if (!told) return refusal(visit, told.error());
      answer.body = std::move(*told);
    }
  }
  answer.fields.add("content-type", "application/json");
  answer.fields.add("x-request-id", visit.request_id);
  allow_origin(*visit.head, *visit.settings, answer.fields);
  return answer;
}

}  // namespace freeway::api

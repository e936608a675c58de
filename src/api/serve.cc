// A request for a model: a job for the relay, and what is to be done when it is over.
#include <algorithm>

#include "api/flight.h"
#include "api/gateway.h"
#include "api/job.h"
#include "api/prompts.h"
#include "api/split.h"
#include "api/upload.h"
#include "base/duration.h"

namespace freeway::api {

namespace {

// Counted as open while it lives.
class Open {
 public:
  explicit Open(Count& count) : count_(count) { count_.add(); }
  ~Open() { count_.sub(); }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;

 private:
  Count& count_;
};

// What the configuration of now allows a request that came under another. Everything lives in the request's frame.
struct Renewal {
  const Published<Settings>& settings;
  const ClientKey& client;
  const chat::Request& request;

  std::optional<relay::Fresh> look(const router::Snapshot& present) const {
    auto now = settings.load();
    if (now->routing.get() == &present) return std::nullopt;
    relay::Fresh fresh;
    fresh.snapshot = now->routing;
    const ClientKey* key = present_key(*now);
    if (!key) return fresh;
    fresh.privacy = key->privacy;
    auto names = router::resolve(*now->routing, request.model, asked_of(request.kind));
    if (!names.known) return fresh;
    auto allowed = router::allow(*now->routing, names, key->models);
    if (allowed.allowed) fresh.routes = std::move(allowed.routes);
    return fresh;
  }

  // Null: there is none of its name any more.
  const ClientKey* present_key(const Settings& now) const {
    if (&client == &dashboard_key()) return &client;
    auto key = std::find_if(now.client_keys.begin(), now.client_keys.end(),
                            [&](const ClientKey& one) { return one.name == client.name; });
    return key == now.client_keys.end() ? nullptr : &*key;
  }
};

}  // namespace

// Everything that can be refused before a provider is asked.
std::optional<Problem> Gateway::prepare(const Visit& visit, server::Incoming& incoming, Prepared& made) const {
  Entry entry = entry_of(visit.endpoint);
  const Settings& settings = *visit.settings;
  const http::Fields& fields = visit.head->fields;
  std::optional<Problem> refused;
  if (incoming.intake) {
    refused = make_job(settings, visit.key, entry, fields, static_cast<Upload&>(*incoming.intake), made);
    incoming.intake.reset();
  } else {
    dialect::responses::Context responses;
    if (entry.protocol == Protocol::responses) responses = response_context(visit);
    refused = make_job(settings, visit.key, entry, fields, std::move(incoming.body), made, std::move(responses));
  }
  if (refused) return refused;
  auto wait = gate_.limits.admit(*visit.key, visit.arrival, loop_.wall());
  if (wait) {
    Problem problem;
    problem.status = 429;
    problem.message = "Your key has used its own limit on this server.";
    problem.code = "client_limit_exceeded";
    problem.retry_after = retry_after_seconds(*wait);
    return problem;
  }
  relay::Job& job = made.job;
  job.options.secrets = gate_.office.secrets->load();
  name_request(visit.surface, visit.request_id, job.base_fields);
  allow_origin(*visit.head, *visit.settings, job.base_fields);
  job.arrival = visit.arrival;
  return std::nullopt;
}

// A chat completion that the dashboard asks for, with the admin's rights and as a client of its own.
net::Task<> Gateway::play(Visit visit, server::Incoming& incoming, server::Reply& reply) {
  visit.endpoint = Endpoint::chat_completions;
  visit.key = &dashboard_key();
  visit.surface = Surface::openai;
  co_await serve(std::move(visit), incoming, reply);
}

net::Task<> Gateway::serve(Visit visit, server::Incoming& incoming, server::Reply& reply) {
  Open open(tally_.in_flight);
  Prepared made;
  auto problem = prepare(visit, incoming, made);
  relay::Job& job = made.job;
  Asked asked;
  asked.area = area_of(visit.endpoint);
  asked.request_id = visit.request_id;
  asked.client = visit.key->name;
  asked.arrival = visit.arrival;
  if (job.request) {
    asked.model = job.request->model.substr(0, kLongestName);
    asked.streamed = job.request->stream;
  }
  if (problem) {
    server::Answer answer = refusal(visit, *problem);
    co_await reply.send(std::move(answer));
    log_.refused(asked, *problem);
    co_return;
  }
  std::optional<Open> stream;
  if (asked.streamed) stream.emplace(tally_.streams);
  Flight flight(lane_, gate_.office, asked, reply);
  job.watcher = &flight;
  Renewal renewal{gate_.settings, *visit.key, *job.request};
  job.renew = [&renewal](const router::Snapshot& present) { return renewal.look(present); };
  std::size_t slice = slice_size(job);
  bool sliced = made.further.empty() && slice < job.request->inputs;
  if (sliced) {
    // What no slice could be asked with is refused as a whole, before the first call.
    job.request->inputs = static_cast<std::uint32_t>(slice);
    sliced = relay_.able(job);
  }
  relay::Receipt receipt;
  if (!made.further.empty()) {
    receipt = co_await serve_prompts(relay_, std::move(job), std::move(made.further), reply);
  } else if (sliced) {
    receipt = co_await serve_slices(relay_, job, slice, reply);
  } else {
    co_await relay_.serve(job, reply, receipt);
  }
  // No route can do this, so none was asked: the client's place is given back.
  bool asked_none = receipt.trail.empty() && receipt.parts.empty();
  bool refused = receipt.end == relay::Receipt::End::failed && asked_none && receipt.status >= 400 && receipt.status < 500 &&
                 receipt.status != 429;
  if (refused) gate_.limits.refused(*visit.key, visit.arrival);
  if (receipt.usage) gate_.limits.spent(*visit.key, receipt.usage->total_tokens, loop_.wall());
  log_.ended(asked, receipt);
}

}  // namespace freeway::api

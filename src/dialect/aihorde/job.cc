// The life of a job: taken, asked for until it is done, or called off.
#include <algorithm>

#include "base/duration.h"
#include "dialect/aihorde/aihorde.h"
#include "dialect/compose.h"
#include "dialect/openai/members.h"

namespace freeway::dialect::aihorde {

namespace {

using std::chrono::seconds;

// A job must not be asked for more than once a second. One that has long to wait needs no such haste.
constexpr Duration kSoonest = seconds(1);
constexpr Duration kLatest = seconds(5);
// Where the provider has no time for the question, which says nothing about the job.
constexpr Duration kBusy = seconds(10);

Outgoing about(const catalog::Provider& provider, std::string_view job, std::string method) {
  Outgoing out;
  out.method = std::move(method);
  out.path = "/generate/text/status/" + std::string(job);
  introduce(out, provider);
  return out;
}

FollowUp make(const catalog::Provider& provider, std::string job, Duration after) {
  FollowUp next;
  next.ask = about(provider, job, "GET");
  next.cancel = about(provider, job, "DELETE");
  next.job = std::move(job);
  next.after = after;
  return next;
}

bool yes(json::Value value) { return value.boolean().value_or(false); }

// Nobody works at it, and nobody can.
bool hopeless(json::Value root) {
  return !root["is_possible"].boolean().value_or(true) && root["processing"].integer().value_or(0) == 0 &&
         root["finished"].integer().value_or(0) == 0;
}

// A tenth of what it is said to take.
Duration patience(json::Value root) {
  auto told = std::clamp<std::int64_t>(root["wait_time"].integer().value_or(0), 0, 3600);
  return std::clamp<Duration>(seconds(told) / 10, kSoonest, kLatest);
}

Duration busy(const Received& received, const FollowUp& before) {
  auto told = received.fields.find("retry-after");
  auto delay = told ? parse_duration(std::string(*told) + "s") : std::nullopt;
  Duration least = std::clamp<Duration>(delay.value_or(Duration::zero()), kSoonest, kBusy);
  return std::clamp<Duration>(before.after * 2, least, kBusy);
}

}  // namespace

std::optional<FollowUp> AiHorde::follow_up(const Received& received, const catalog::Provider& provider,
                                           const FollowUp* before) const {
  if (before != nullptr && (received.status == 429 || received.status >= 500))
    return make(provider, before->job, busy(received, *before));
  if (received.status < 200 || received.status > 299) return std::nullopt;
  auto document = json::Document::parse(received.body);
  if (!document) return std::nullopt;
  json::Value root = document->root();
  if (before == nullptr) {
    std::string job = openai::text_of(root["id"]);
    if (!is_job_id(job)) return std::nullopt;
    return make(provider, std::move(job), kSoonest);
  }
  bool known = root["done"].is(json::Type::boolean);
  if (!known || yes(root["done"]) || yes(root["faulted"]) || hopeless(root)) return std::nullopt;
  return make(provider, before->job, patience(root));
}

}  // namespace freeway::dialect::aihorde

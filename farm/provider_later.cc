// Answers that are put off: taken up at once, ready after a while, and fetched by whoever asked.
#include <fmt/format.h>

#include <algorithm>

#include "farm/provider.h"

namespace freeway::farm {
namespace {

constexpr std::size_t kKept = 2000;
// On wires that put everything off, nobody may ask for one answer more often.
constexpr Duration kTooSoon = std::chrono::seconds(1);

// No answer at all, or another one than was asked for: that is said at once.
bool strikes_at_once(FaultKind kind) {
  switch (kind) {
    case FaultKind::faulted:
    case FaultKind::impossible:
    case FaultKind::censored:
    case FaultKind::empty_completion: return false;
    default: return !harmless(kind);
  }
}

Duration time_for(const Scene& scene) {
  auto time = scene.latency;
  const auto rate = scene.answer.spec->token_rate;
  if (rate > 0) {
    const std::chrono::duration<double> said(static_cast<double>(scene.answer.completion_tokens) / rate);
    time += std::chrono::duration_cast<Duration>(said);
  }
  return time;
}

}  // namespace

void Provider::put_off(Decision& decision, const Moment& now, std::uint64_t serial) {
  auto& scene = decision.scene;
  const bool named_in_head = spec_.style->name == "nvidia" && !scene.plain && scene.answer.spec->later;
  if (scene.plain || (!spec_.wire->puts_off() && !named_in_head) || strikes_at_once(scene.fault.kind)) return;
  Deferred made;
  made.id = fmt::format("0000beef-{:012x}", serial);
  made.ticket = decision.ticket;
  made.model = decision.model;
  made.fate = scene.fault.kind;
  made.begun = now.at;
  made.ready = now.at + time_for(scene);
  if (!scene.product) spec_.wire->fit(scene.answer);
  if (named_in_head) scene.product ? void(made.body = scene.product->body) : spec_.wire->write(made.body, scene.answer);
  made.answer = std::move(scene.answer);
  scene.answer = Answer();
  scene.product.reset();
  scene.latency = Duration::zero();
  scene.stream = false;
  auto& plain = scene.plain.emplace();
  plain.status = decision.status = 202;
  if (named_in_head) {
    plain.headers.push_back({"NVCF-REQID", made.id});
  } else {
    spec_.wire->write_accepted(plain.body, made.id);
  }
  ++deferred_in_all_;
  deferred_.push_back(std::move(made));
  if (deferred_.size() > kKept) deferred_.pop_front();
}

Provider::Deferred* Provider::find_deferred(std::string_view id) {
  const auto found = std::find_if(deferred_.begin(), deferred_.end(), [&](const auto& one) { return one.id == id; });
  return found == deferred_.end() ? nullptr : &*found;
}

Provider::Decision Provider::no_such_answer(std::string_view id) const {
  return turn_away(404, fmt::format("There is no request {}.", id), "RequestNotFound", "not_found");
}

Provider::Decision Provider::progress(const Moment& now, Deferred& deferred) {
  Decision decision;
  decision.scene.style = spec_.style;
  decision.scene.wire = spec_.wire;
  decision.model = deferred.model;
  auto& plain = decision.scene.plain.emplace();
  const bool ready = now.at >= deferred.ready && deferred.fate != FaultKind::impossible;
  if (!deferred.body.empty()) {
    plain.status = decision.status = ready ? 200 : 202;
    plain.headers.push_back({"NVCF-REQID", deferred.id});
    if (ready) plain.body = deferred.body;
  } else {
    Progress told{.id = deferred.id, .fate = deferred.fate, .answer = deferred.answer};
    const bool begun = now.at - deferred.begun >= (deferred.ready - deferred.begun) / 2;
    told.state = deferred.dropped ? Progress::State::dropped
                 : ready          ? Progress::State::done
                 : begun          ? Progress::State::processing
                                  : Progress::State::waiting;
    told.left = std::max(Duration::zero(), deferred.ready - now.at);
    for (const auto& other : deferred_) {
      if (&other == &deferred) break;
      if (!other.dropped && other.ready > now.at) ++told.ahead;
    }
    spec_.wire->write_progress(plain.body, told);
  }
  if (ready && !deferred.fetched && !deferred.dropped) {
    deferred.fetched = true;
    ++fetched_;
  }
  return decision;
}

Provider::Decision Provider::fetch(const Moment& now, std::string_view id) {
  auto* deferred = find_deferred(id);
  if (deferred == nullptr) return no_such_answer(id);
  ++asked_;
  const bool too_soon = spec_.wire->puts_off() && deferred->asked && now.at - *deferred->asked < kTooSoon;
  deferred->asked = now.at;
  if (too_soon) {
    ++asked_too_soon_;
    return turn_away(429, "1 per 1 second", "RequestRateLimit", "too_soon");
  }
  auto decision = progress(now, *deferred);
  decision.outcome = "fetch";
  return decision;
}

Provider::Decision Provider::drop(const Moment& now, std::string_view id) {
  auto* deferred = find_deferred(id);
  if (deferred == nullptr) return no_such_answer(id);
  if (!deferred->dropped && !deferred->fetched) {
    deferred->dropped = true;
    ++dropped_;
    if (harmless(deferred->fate)) count_ok(deferred->ticket, -1);
    count_aborted(deferred->ticket);
  }
  auto decision = progress(now, *deferred);
  decision.outcome = "drop";
  return decision;
}

void Provider::write_deferred(json::Writer& out) const {
  out.key("later").begin_object().member("taken", deferred_in_all_).member("asked", asked_);
  out.member("too_soon", asked_too_soon_).member("fetched", fetched_).member("dropped", dropped_).end_object();
}

}  // namespace freeway::farm

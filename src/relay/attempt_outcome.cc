// What an attempt came to: whose fault a failure was, and what the call cost.
#include <fmt/format.h>

#include "base/duration.h"
#include "relay/attempt.h"

namespace freeway::relay {

namespace {

bool limit_refused(const router::Verdict& verdict, const std::optional<chat::Fault>& fault) {
  bool limit = verdict.reason == router::Reason::rate_limited || verdict.reason == router::Reason::quota_exhausted;
  return limit && fault && fault->status == 429;
}

std::optional<catalog::Unit> unit_of(chat::Counted counted) {
  switch (counted) {
    case chat::Counted::unknown: return std::nullopt;
    case chat::Counted::requests: return catalog::Unit::requests;
    case chat::Counted::tokens: return catalog::Unit::tokens;
    case chat::Counted::concurrent: return catalog::Unit::concurrent;
    case chat::Counted::neurons: return catalog::Unit::neurons;
    case chat::Counted::credit: return catalog::Unit::credit;
  }
  return std::nullopt;
}

}  // namespace

std::optional<ledger::Refused> Attempt::refusal() const {
  // What refuses a question for a job that was taken up says nothing of the limits of requests.
  if (taken_up_ || !limit_refused(verdict_, fault_)) return std::nullopt;
  ledger::Refused refused;
  bool whole_key = verdict_.blame == router::Blame::key || verdict_.blame == router::Blame::account;
  refused.scope = verdict_.blame == router::Blame::account ? catalog::Scope::account : catalog::Scope::key;
  refused.of_model = !whole_key;
  refused.unit = unit_of(verdict_.counted);
  refused.per = verdict_.per;
  if (fault_->limit && refused.unit) refused.limit = *fault_->limit * catalog::parts_of(*refused.unit);
  refused.delay = fault_->retry_after;
  return refused;
}

Attempted Attempt::failure() const { return Attempted{route(), verdict_, evidence_, fault_, call()}; }

Attempted Attempt::called_off() const {
  router::Verdict verdict;
  verdict.reason = router::Reason::hedged;
  verdict.blame = router::Blame::client;
  std::string evidence = fmt::format("another route was asked as well, and this one was called off after {}",
                                     format_duration(now() - started_));
  return Attempted{route(), verdict, std::move(evidence), std::nullopt, call()};
}

Call Attempt::call() const {
  Call call;
  call.started = started_;
  call.dispatched = dispatched_at_;
  call.first = first_content_;
  call.ended = ended_.value_or(now());
  call.held_up = held_up_;
  call.status = let_go_.status;
  if (exchange_ && exchange_->head()) call.status = exchange_->head()->status;
  call.usage = spent().usage;
  return call;
}

ledger::Outcome Attempt::spent() const {
  ledger::Outcome outcome;
  outcome.success = good_ || first_content_.has_value();
  outcome.usage = usage_;
  outcome.refused = !taken_up_ && limit_refused(verdict_, fault_);
  // A refusal with a status generated nothing; what a call that died without one has cost, nobody knows.
  if (!usage_ && mode_ == Mode::refusal && !taken_up_) outcome.usage = chat::Usage{};
  if (!usage_ && reader_ && committed_) outcome.usage = reader_->usage();
  return outcome;
}

void Attempt::failed_by(const Error& error) {
  failed_ = true;
  call_off_job();
  evidence_ = error.message;
  hide_secrets(evidence_);
  if (accepted_ && error.kind == ErrorKind::invalid) {
    verdict_ = router::Verdict{};
    verdict_.reason = router::Reason::schema_violation;
    verdict_.blame = router::Blame::client;
  } else if (!exchange_ && !taken_up_ && error.kind != ErrorKind::proxy) {
    verdict_ = router::Verdict{};
    verdict_.reason = router::Reason::bad_request;
    verdict_.blame = router::Blame::client;
  } else if (no_place_left_) {
    verdict_ = router::Verdict{};
    verdict_.reason = router::Reason::rate_limited;
    evidence_ = "a kept connection had closed, and no allowance is left to ask once more";
  } else if (accepted_ && error.kind != ErrorKind::timeout && error.kind != ErrorKind::exhausted) {
    verdict_ = router::judge_bad_answer();
  } else {
    // Who takes no connection is not there, whichever key would have been shown.
    bool not_there = error.kind == ErrorKind::timeout && !touched();
    verdict_ = router::judge(not_there ? Error{ErrorKind::unreachable, {}} : error);
    if (verdict_.blame == router::Blame::provider) verdict_.blame = blame_for_way(error.kind);
  }
}

// What broke on the way through a key's own proxy says nothing about the provider's other keys, and a model's own address
// nothing about its other models.
router::Blame Attempt::blame_for_way(ErrorKind kind) const {
  bool own_proxy = !context_.snapshot.catalog->key(taken_.route).proxy.empty();
  bool own_address = !model_.base_url.empty() && kind != ErrorKind::proxy;
  if (own_proxy && own_address) return router::Blame::route;
  if (own_proxy) return router::Blame::key;
  return own_address ? router::Blame::model : router::Blame::provider;
}

// Some providers repeat the key that they refuse. Its own is hidden even if it is too short to be searched for elsewhere.
void Attempt::hide_secrets(std::string& text) const {
  if (context_.options.secrets) context_.options.secrets->redact_excerpts(text);
  std::string_view secret = context_.snapshot.catalog->key(taken_.route).secret.reveal();
  if (secret.size() < 4) return;
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at))
    text.replace(at, secret.size(), "[key]");
}

void Attempt::failed_by_fault(chat::Fault fault) {
  failed_ = true;
  call_off_job();
  const catalog::Catalog& catalog = *context_.snapshot.catalog;
  verdict_ = router::judge(fault, catalog.provider(route()), catalog.model(route()), wall());
  for (std::string* said : {&fault.type, &fault.code, &fault.param, &fault.message, &fault.body}) hide_secrets(*said);
  if (!fault.message.empty()) {
    evidence_ = fault.status ? fmt::format("{} {}", fault.status, fault.message) : fault.message;
  } else {
    evidence_ = fmt::format("status {}", fault.status);
  }
  fault_ = std::move(fault);
}

}  // namespace freeway::relay

#include "router/verdict.h"

#include <algorithm>
#include <optional>

#include "catalog/calendar.h"
#include "router/judgement.h"

namespace freeway::router {

using catalog::ErrorRule;
using catalog::PoolSpec;
using catalog::Window;
using chat::Per;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

// First steps where the provider told no delay. Benches doubles them.
constexpr Duration kServerTrouble = seconds(1);
constexpr Duration kOverloaded = seconds(2);
constexpr Duration kSecondsLimit = seconds(1);
constexpr Duration kMinutesLimit = seconds(10);
constexpr Duration kHoursLimit = minutes(1);
constexpr Duration kConcurrencyLimit = seconds(2);
constexpr Duration kGone = minutes(10);
constexpr Duration kForbidden = minutes(10);
constexpr Duration kNotEntitled = hours(24);
constexpr Duration kQuota = hours(1);
constexpr Duration kBilling = hours(1);
constexpr Duration kForever = Duration::max();
constexpr Duration kLongestTold = hours(24 * 40);
// What is told for a day's quota may be the delay of another window; so short it can't be the day's.
constexpr Duration kShortForReset = minutes(15);
// The provider's clock may be behind ours.
constexpr Duration kResetGuard = std::chrono::milliseconds(250);
// Of a limit "a day" whose window is no calendar day.
constexpr Duration kAboutADay = hours(20);

Verdict verdict(Reason reason, Blame blame, std::optional<Duration> bench) {
  Verdict made;
  made.reason = reason;
  made.blame = blame;
  made.bench = bench;
  return made;
}

// A delay beside a dead key or a model that is gone is about something else: google tells one with a limit of 0.
bool word_counts(Reason reason) {
  switch (reason) {
    case Reason::invalid_key:
    case Reason::not_entitled:
    case Reason::not_found:
    case Reason::bad_answer: return false;
    default: return true;
  }
}

std::optional<Duration> told(const Case& the) {
  if (!the.fault.retry_after || *the.fault.retry_after <= Duration::zero()) return std::nullopt;
  return std::min(*the.fault.retry_after, kLongestTold);
}

Duration guess_of(Reason reason, const Case& the) {
  switch (reason) {
    case Reason::rate_limited:
      if (the.counted == chat::Counted::concurrent) return kConcurrencyLimit;
      if (the.per == Per::second) return kSecondsLimit;
      return the.per == Per::hour ? kHoursLimit : kMinutesLimit;
    case Reason::quota_exhausted: return kQuota;
    case Reason::overloaded: return kOverloaded;
    case Reason::invalid_key: return kForever;
    case Reason::billing: return kBilling;
    case Reason::not_entitled: return kNotEntitled;
    case Reason::forbidden: return kForbidden;
    case Reason::not_found: return kGone;
    default: return kServerTrouble;
  }
}

// When a pool of the window that was named begins anew; nothing: it is another window. `rolls` becomes true where the pool
// has the length, but no calendar.
std::optional<WallTime> next_begin(const PoolSpec& pool, Per per, WallTime now, bool& rolls) {
  auto zone = catalog::Zone::find(pool.window.zone).value_or(catalog::Zone());
  switch (pool.window.kind) {
    case Window::Kind::day: return per == Per::day ? std::optional(zone.next_day(now)) : std::nullopt;
    case Window::Kind::month: return per == Per::month ? std::optional(zone.next_month(now)) : std::nullopt;
    case Window::Kind::month_since:
      return per == Per::month ? std::optional(zone.next_month(now, pool.window.day)) : std::nullopt;
    default: break;
  }
  bool days = pool.window.length >= kAboutADay && pool.window.length < 2 * kAboutADay;
  rolls = rolls || (days && per == Per::day);
  return std::nullopt;
}

Verdict until_the_reset(Reason reason, Blame blame, const Case& the) {
  auto reset = until_reset(the);
  auto word = told(the);
  if (!reset || (word && *word >= kShortForReset)) return usual(reason, blame, the);
  Verdict made = verdict(reason, blame, *reset);
  made.reset = true;
  return made;
}

Verdict by_rule(const ErrorRule& rule, const Case& the) {
  if (!rule.reason) {
    Verdict made = judge_generally(the);
    bool limit = made.reason == Reason::rate_limited || made.reason == Reason::quota_exhausted;
    if (limit) made.blame = rule.scope;
    return made;
  }
  if (rule.scope == Blame::client) return verdict(*rule.reason, Blame::client, std::nullopt);
  switch (rule.until) {
    case ErrorRule::Until::usual: return usual(*rule.reason, rule.scope, the);
    case ErrorRule::Until::reset: return until_the_reset(*rule.reason, rule.scope, the);
    case ErrorRule::Until::forever: return verdict(*rule.reason, rule.scope, kForever);
    case ErrorRule::Until::length: break;
  }
  if (rule.length == Duration::zero()) return verdict(*rule.reason, rule.scope, std::nullopt);
  return guessed(*rule.reason, rule.scope, rule.length, the);
}

}  // namespace

std::optional<Duration> until_reset(const Case& the) {
  if (the.per != Per::day && the.per != Per::month) return std::nullopt;
  bool rolls = false;
  for (const auto* pools : {&the.model.pools, &the.provider.pools}) {
    for (const PoolSpec& pool : *pools) {
      if (!catalog::covers(pool, the.model.id)) continue;
      if (auto begin = next_begin(pool, the.per, the.now, rolls)) return *begin - the.now + kResetGuard;
    }
  }
  if (rolls) return std::nullopt;
  auto zone = catalog::Zone::find(the.provider.day_clock).value_or(catalog::Zone());
  WallTime next = the.per == Per::day ? zone.next_day(the.now) : zone.next_month(the.now);
  return next - the.now + kResetGuard;
}

Verdict guessed(Reason reason, Blame blame, Duration guess, const Case& the) {
  Verdict made = verdict(reason, blame, guess);
  auto word = word_counts(reason) ? told(the) : std::nullopt;
  if (word) {
    made.bench = word;
    made.told = true;
  }
  return made;
}

Verdict usual(Reason reason, Blame blame, const Case& the) {
  if (blame == Blame::client) return verdict(reason, blame, std::nullopt);
  Verdict made = guessed(reason, blame, guess_of(reason, the), the);
  bool resets = !made.told && (reason == Reason::quota_exhausted || reason == Reason::billing);
  auto reset = resets ? until_reset(the) : std::nullopt;
  if (reset) {
    made.bench = reset;
    made.reset = true;
  }
  return made;
}

bool provider_fault(const Verdict& verdict) {
  if (verdict.blame == Blame::client) return false;
  switch (verdict.reason) {
    case Reason::overloaded:
    case Reason::server_error:
    case Reason::timeout:
    case Reason::unreachable:
    case Reason::bad_answer: return true;
    default: return false;
  }
}

Verdict judge(const chat::Fault& fault, const catalog::Provider& provider, const catalog::Model& model, WallTime now) {
  bool without_status = fault.status < 300;
  int named = without_status ? status_of_fields(fault) : 0;
  // OpenAI and its kin call a refused key an invalid request.
  int words = without_status && (named == 0 || named == 400) ? status_of_words(fault) : 0;
  Case the{.fault = fault,
           .status = !without_status ? fault.status
                     : words != 0    ? words
                                     : named,
           .per = fault.per,
           .counted = fault.counted,
           .provider = provider,
           .model = model,
           .now = now};
  // A limit of 0 is no limit that one waits for, whatever the rest says.
  bool nothing_allowed = the.status == 429 && fault.limit == 0U;
  const ErrorRule* rule = nothing_allowed ? nullptr : catalog::find_rule(provider.errors, fault, named);
  if (rule && rule->per != Per::unknown) the.per = rule->per;
  if (rule && rule->counted != chat::Counted::unknown) the.counted = rule->counted;
  Verdict made = rule ? by_rule(*rule, the) : judge_generally(the);
  made.per = the.per;
  made.counted = the.counted;
  return made;
}

Verdict judge(const Error& error) {
  switch (error.kind) {
    case ErrorKind::refused:
    case ErrorKind::unreachable:
    case ErrorKind::tls: return verdict(Reason::unreachable, Blame::provider, kServerTrouble);
    // Whoever the proxy belongs to: the caller knows whether it is a key's own.
    case ErrorKind::proxy: return verdict(Reason::proxy, Blame::provider, kServerTrouble);
    case ErrorKind::closed:
    case ErrorKind::io: return verdict(Reason::unreachable, Blame::route, kServerTrouble);
    case ErrorKind::timeout: return verdict(Reason::timeout, Blame::route, kServerTrouble);
    case ErrorKind::malformed:
    case ErrorKind::protocol:
    case ErrorKind::too_large: return judge_bad_answer();
    // Freeway's own machine: nobody's fault, and what is asked elsewhere may need less.
    case ErrorKind::exhausted: return verdict(Reason::overloaded, Blame::client, std::nullopt);
    case ErrorKind::cancelled: {
      Verdict made = verdict(Reason::bad_request, Blame::client, std::nullopt);
      made.elsewhere = false;
      return made;
    }
    case ErrorKind::invalid:
    case ErrorKind::unsupported:
    case ErrorKind::not_found:
    case ErrorKind::denied: break;
  }
  return verdict(Reason::bad_request, Blame::client, std::nullopt);
}

Verdict judge_bad_answer() { return verdict(Reason::bad_answer, Blame::route, kServerTrouble); }

}  // namespace freeway::router

#include "relay/failure.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.h"

namespace freeway::relay {

namespace {

// The rows of the contract's table that a single route's fate can fall into.
enum class Class : unsigned char { quota, rights, client, fault };

Class class_of(router::Reason reason) {
  using router::Reason;
  switch (reason) {
    case Reason::rate_limited:
    case Reason::quota_exhausted: return Class::quota;
    case Reason::invalid_key:
    case Reason::billing:
    case Reason::forbidden: return Class::rights;
    case Reason::bad_request:
    case Reason::too_large:
    case Reason::blocked_content: return Class::client;
    default: return Class::fault;
  }
}

std::string told(const Attempted& attempt, const catalog::Catalog& catalog) {
  return fmt::format("{}: {} ({})", catalog.route_name(attempt.route), attempt.evidence,
                     router::to_string(attempt.verdict.reason));
}

// What the client reads about the attempts: the last one in full, the others by number.
std::string attempts_sentence(const Trail& trail, const catalog::Catalog& catalog) {
  if (trail.empty()) return {};
  std::string text =
      trail.size() == 1 ? " One route was tried: " : fmt::format(" {} attempts failed; the last: ", trail.size());
  return text + told(trail.back(), catalog);
}

Failure blame_of_all(const Attempted& attempt) {
  Failure failure;
  const auto& fault = attempt.fault;
  failure.status = fault && fault->status >= 400 && fault->status < 500 ? fault->status : 400;
  failure.message = fault && !fault->message.empty() ? fault->message : attempt.evidence;
  failure.type = fault && !fault->type.empty() ? fault->type : "invalid_request_error";
  if (fault) failure.code = fault->code;
  if (fault) failure.param = fault->param;
  if (!fault && attempt.verdict.reason == router::Reason::too_large) failure.code = "context_length_exceeded";
  return failure;
}

// The route left out that may serve first: its reason is the one worth telling.
const router::LeftOut* first_to_open(const router::Plan& plan) {
  auto sooner = [](const router::LeftOut& a, const router::LeftOut& b) { return a.until < b.until; };
  auto at = std::min_element(plan.left_out.begin(), plan.left_out.end(), sooner);
  return at == plan.left_out.end() ? nullptr : &*at;
}

Failure out_of_quota(const router::Plan& plan, const Trail& trail, const catalog::Catalog& catalog, Instant earliest,
                     Instant now) {
  Failure failure;
  failure.status = 429;
  failure.type = "rate_limit_exceeded";
  failure.code = "rate_limit_exceeded";
  if (earliest != kNever) {
    failure.retry_after = retry_after_seconds(earliest - now);
    failure.message =
        fmt::format("Every route for this request is out of quota; the first opens in {} s.", *failure.retry_after);
  } else {
    failure.retry_after = 1;
    failure.message = "Every route for this request is busy; one opens when another request ends.";
  }
  if (const auto* first = first_to_open(plan)) {
    failure.message += fmt::format(" {}: {}.", catalog.route_name(first->route), first->reason);
  } else {
    failure.message += attempts_sentence(trail, catalog);
  }
  return failure;
}

Failure too_large_for_all(const router::Plan& plan, const catalog::Catalog& catalog) {
  Failure failure;
  failure.status = 413;
  failure.type = "invalid_request_error";
  failure.code = "request_too_large";
  failure.message =
      "This request needs more tokens at once than any route's allowance holds; shorten it or lower max_tokens.";
  if (!plan.left_out.empty()) {
    const auto& last = plan.left_out.back();
    failure.message += fmt::format(" {}: {}.", catalog.route_name(last.route), last.reason);
  }
  return failure;
}

}  // namespace

Failure missing_capability(const router::Plan& plan, const chat::Request& request, std::string_view model) {
  Failure failure;
  failure.status = 422;
  failure.type = "invalid_request_error";
  failure.code = "unsupported_capability";
  auto nobody = [&](std::string_view what) {
    return fmt::format("No configured route of '{}' supports {}; choose another model or remove it from the request.",
                       model.empty() ? "auto" : model, what);
  };
  switch (plan.missing) {
    case router::Missing::tools:
      failure.message = nobody("tools");
      failure.param = "tools";
      break;
    case router::Missing::vision:
      failure.message = nobody("vision (image input)");
      failure.param = "messages";
      break;
    case router::Missing::json:
      failure.message = nobody("structured output (json_schema)");
      failure.param = "response_format";
      break;
    case router::Missing::output:
      failure.status = 400;
      failure.message = nobody(fmt::format("an answer of {} tokens (max_tokens)", request.max_tokens.value_or(0)));
      failure.param = "max_tokens";
      break;
    case router::Missing::context:
    case router::Missing::none:
      failure.status = 400;
      failure.code = "context_length_exceeded";
      failure.param = "messages";
      failure.message = fmt::format(
          "This request needs about {} tokens of context ({} of prompt, {} for the answer); the largest context window "
          "among the "
          "routes of '{}' has {}.",
          request.prompt_tokens + request.max_tokens.value_or(0), request.prompt_tokens, request.max_tokens.value_or(0),
          model.empty() ? "auto" : model, plan.largest_context.value_or(0));
      break;
  }
  return failure;
}

Failure no_route(const Trail& trail, const router::Plan& plan, const catalog::Catalog& catalog, Instant earliest,
                 Instant now) {
  bool seen[4] = {};
  bool dead_key = false;
  for (const auto& attempt : trail) seen[static_cast<int>(class_of(attempt.verdict.reason))] = true;
  for (const auto& left : plan.left_out) {
    if (left.why == router::LeftOut::Why::capability || left.why == router::LeftOut::Why::too_large) continue;
    auto tried = [&](const Attempted& attempt) { return attempt.route == left.route; };
    if (std::any_of(trail.begin(), trail.end(), tried)) continue;
    Class of = left.bench_reason ? class_of(*left.bench_reason) : Class::quota;
    // A provider that said when it has room again is out of capacity for a known time, not broken.
    if (left.bench_reason == router::Reason::overloaded) of = Class::quota;
    if (left.why == router::LeftOut::Why::probing) of = Class::fault;
    // A route that was closed for good before this request is none that it could have taken.
    if (of == Class::rights) {
      dead_key = true;
    } else {
      seen[static_cast<int>(of)] = true;
    }
  }
  bool any = dead_key || std::any_of(std::begin(seen), std::end(seen), [](bool one) { return one; });
  if (!any) return too_large_for_all(plan, catalog);
  bool quota = seen[0], rights = seen[1], client = seen[2], fault = seen[3];
  if (client && !quota && !rights && !fault) return blame_of_all(trail.back());
  if (quota && !rights && !client && !fault) return out_of_quota(plan, trail, catalog, earliest, now);

  Failure failure;
  if ((rights || dead_key) && !quota && !client && !fault) {
    failure.status = 503;
    failure.type = "server_error";
    failure.code = "no_valid_key";
    failure.message =
        "No provider accepts the configured keys for this model (invalid, unpaid or without the right); check them.";
    if (trail.empty() && !plan.left_out.empty())
      failure.message +=
          fmt::format(" {}: {}.", catalog.route_name(plan.left_out.front().route), plan.left_out.front().reason);
    failure.message += attempts_sentence(trail, catalog);
    return failure;
  }
  failure.status = 502;
  failure.type = "server_error";
  failure.code = "all_routes_failed";
  failure.message = "No provider could answer this request.";
  if (trail.empty() && earliest != kNever) failure.retry_after = retry_after_seconds(earliest - now);
  if (trail.empty() && !plan.left_out.empty())
    failure.message +=
        fmt::format(" {}: {}.", catalog.route_name(plan.left_out.front().route), plan.left_out.front().reason);
  failure.message += attempts_sentence(trail, catalog);
  return failure;
}

Failure deadline_passed(const Trail& trail, const catalog::Catalog& catalog, Duration deadline) {
  Failure failure;
  failure.status = 504;
  failure.type = "server_error";
  failure.code = "deadline_exceeded";
  failure.message = fmt::format("No provider answered within {} (routing.deadline).", format_duration(deadline));
  failure.message += attempts_sentence(trail, catalog);
  return failure;
}

Failure attempts_used_up(const Trail& trail, const catalog::Catalog& catalog) {
  Failure failure;
  failure.status = 502;
  failure.type = "server_error";
  failure.code = "all_routes_failed";
  failure.message = fmt::format("{} attempts were made (routing.max_attempts) and none answered.", trail.size());
  failure.message += attempts_sentence(trail, catalog);
  return failure;
}

}  // namespace freeway::relay

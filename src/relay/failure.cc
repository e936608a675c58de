#include "relay/failure.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.h"
#include "chat/bound.h"

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
    case Reason::forbidden:
    case Reason::not_entitled: return Class::rights;
    case Reason::bad_request:
    case Reason::too_large:
    case Reason::blocked_content: return Class::client;
    default: return Class::fault;
  }
}

// A provider that said when it will answer again is out of capacity for a known time, not broken.
Class class_of(router::Reason reason, bool told) {
  Class of = class_of(reason);
  return of == Class::fault && told ? Class::quota : of;
}

// Of a request that providers' faults have failed: whether all of them only had too much to do.
std::string_view code_of_faults(bool overloaded) { return overloaded ? "overloaded" : "all_routes_failed"; }

std::string told(const Attempted& attempt, const catalog::Catalog& catalog) {
  return fmt::format("{}: {} ({})", catalog.route_name(attempt.route), attempt.evidence,
                     router::to_string(attempt.verdict.reason));
}

// What the client reads about the attempts: the last one in full, the others by number. The log has the evidence with the
// attempt itself.
void tell_attempts(Failure& failure, const Trail& trail, const catalog::Catalog& catalog) {
  if (trail.empty()) return;
  failure.message +=
      trail.size() == 1 ? " One route was tried: " : fmt::format(" {} attempts failed; the last: ", trail.size());
  failure.message += told(trail.back(), catalog);
  if (!trail.back().evidence.empty()) failure.quoted = ": " + trail.back().evidence;
}

Failure blame_of_all(const Attempted& attempt) {
  Failure failure;
  const auto& fault = attempt.fault;
  failure.status = fault && fault->status >= 400 && fault->status < 500 ? fault->status : 400;
  failure.message = fault && !fault->message.empty() ? fault->message : attempt.evidence;
  failure.quoted = failure.message;
  failure.type = fault && !fault->type.empty() ? fault->type : "invalid_request_error";
  if (fault) failure.code = fault->code;
  if (fault) failure.param = fault->param;
  if (!fault && attempt.verdict.reason == router::Reason::too_large) failure.code = "context_length_exceeded";
  return failure;
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
  if (const auto* first = router::first_to_open(plan)) {
    failure.message += fmt::format(" {}: {}.", catalog.route_name(first->route), first->reason.text());
  } else {
    tell_attempts(failure, trail, catalog);
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
    failure.message += fmt::format(" {}: {}.", catalog.route_name(last.route), last.reason.text());
  }
  return failure;
}

}  // namespace

Failure missing_capability(const router::Plan& plan, const chat::Request& request, std::string_view model,
                           catalog::Privacy privacy) {
  Failure failure;
  failure.status = 422;
  failure.type = "invalid_request_error";
  failure.code = "unsupported_capability";
  auto nobody = [&](std::string_view what) {
    return fmt::format("No configured route of '{}' supports {}; choose another model or remove it from the request.",
                       model.empty() ? "auto" : model, what);
  };
  const bool apart = request.longest_tokens > 0;  // several inputs
  std::uint64_t prompt = apart ? request.longest_tokens : request.prompt_tokens;
  for (const auto& counted : request.counted)
    if (counted) prompt = apart ? counted->longest : counted->tokens;
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
      failure.message = nobody(fmt::format("an answer of {} tokens (max_tokens)", chat::least_answer(request)));
      failure.param = "max_tokens";
      break;
    case router::Missing::inputs:
      failure.status = 400;
      failure.message = nobody(fmt::format("{} inputs at once", request.inputs));
      failure.param = request.kind == chat::Kind::rerank ? "documents" : "input";
      break;
    case router::Missing::dimensions:
      failure.status = 400;
      failure.message = nobody(fmt::format("vectors of {} dimensions", request.dimensions.value_or(0)));
      failure.param = "dimensions";
      break;
    case router::Missing::token_input:
      failure.status = 400;
      failure.message = nobody("tokens as input, since they belong to another model's vocabulary; send texts");
      failure.param = "input";
      break;
    case router::Missing::infill:
      failure.message = nobody("filling in between a prompt and a suffix");
      failure.param = "suffix";
      break;
    case router::Missing::image_data:
      failure.message = nobody("images by address, and none is fetched here (images.fetch); send them as data: addresses");
      failure.param = "messages";
      break;
    case router::Missing::context:
    case router::Missing::none:
      failure.status = 400;
      failure.code = "context_length_exceeded";
      failure.param = request.kind == chat::Kind::chat ? "messages" : "input";
      failure.tokens = prompt + chat::least_answer(request);
      failure.token_limit = plan.largest_context.value_or(0);
      failure.message = fmt::format(
          "This request needs about {} tokens of context ({} of prompt, {} for the answer); the largest context window "
          "among the "
          "routes of '{}' has {}.",
          prompt + chat::least_answer(request), prompt, chat::least_answer(request), model.empty() ? "auto" : model,
          plan.largest_context.value_or(0));
      break;
  }
  if (plan.forbidden > 0)
    failure.message += fmt::format(" The privacy policy '{}' keeps {} other route{} out.", to_string(privacy),
                                   plan.forbidden, plan.forbidden == 1 ? "" : "s");
  return failure;
}

Failure forbidden_by_policy(const router::RouteList& routes, const catalog::Catalog& catalog,
                            const catalog::PrivacyPolicy& policy, WallTime now, std::string_view model) {
  constexpr std::size_t kTold = 3;
  Failure failure;
  failure.status = 403;
  failure.type = "permission_error";
  failure.code = "privacy_policy";
  failure.message = fmt::format(
      "The privacy policy '{}' allows no route of '{}': it takes providers whose data-use label says that they do not train "
      "on prompts, and is not older than {} (privacy.label_age).",
      to_string(policy.level), model.empty() ? "auto" : model, format_duration(policy.label_age));
  std::vector<const catalog::Provider*> providers;
  for (auto route : routes) {
    const auto* provider = &catalog.provider(route);
    if (std::find(providers.begin(), providers.end(), provider) == providers.end()) providers.push_back(provider);
  }
  for (std::size_t i = 0; i < providers.size() && i < kTold; ++i) {
    const auto& label = providers[i]->data_use;
    failure.message +=
        fmt::format(" {}: {}.", providers[i]->id, describe(objection(label, policy, now), label, policy).text());
  }
  if (providers.size() > kTold) failure.message += fmt::format(" And {} more.", providers.size() - kTold);
  return failure;
}

Failure no_route(const Trail& trail, const router::Plan& plan, const catalog::Catalog& catalog, Instant earliest,
                 Instant now) {
  bool seen[4] = {};
  bool dead_key = false;
  bool overloaded = true;  // all that is seen
  for (const auto& attempt : trail) {
    seen[static_cast<int>(class_of(attempt.verdict.reason, attempt.verdict.told))] = true;
    overloaded = overloaded && attempt.verdict.reason == router::Reason::overloaded;
  }
  for (const auto& left : plan.left_out) {
    if (left.why == router::LeftOut::Why::capability || left.why == router::LeftOut::Why::too_large) continue;
    if (left.why == router::LeftOut::Why::privacy) continue;
    auto tried = [&](const Attempted& attempt) { return attempt.route == left.route; };
    if (std::any_of(trail.begin(), trail.end(), tried)) continue;
    Class of = left.bench_reason ? class_of(*left.bench_reason, left.told) : Class::quota;
    if (left.why == router::LeftOut::Why::probing) of = Class::fault;
    // A route that was closed for good before this request is none that it could have taken.
    if (of == Class::rights) {
      dead_key = true;
    } else {
      seen[static_cast<int>(of)] = true;
      overloaded = overloaded && left.bench_reason == router::Reason::overloaded;
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
          fmt::format(" {}: {}.", catalog.route_name(plan.left_out.front().route), plan.left_out.front().reason.text());
    tell_attempts(failure, trail, catalog);
    return failure;
  }
  failure.status = 502;
  failure.type = "server_error";
  failure.code = code_of_faults(overloaded);
  failure.message = "No provider could answer this request.";
  if (trail.empty() && earliest != kNever) failure.retry_after = retry_after_seconds(earliest - now);
  if (trail.empty() && !plan.left_out.empty())
    failure.message +=
        fmt::format(" {}: {}.", catalog.route_name(plan.left_out.front().route), plan.left_out.front().reason.text());
  tell_attempts(failure, trail, catalog);
  return failure;
}

Failure image_unavailable(std::string_view part, std::string_view why) {
  Failure failure;
  failure.status = 400;
  failure.type = "invalid_request_error";
  failure.code = "image_unavailable";
  failure.param = fmt::format("{}.image_url", part);
  failure.message = fmt::format(
      "The image of {} could not be fetched: {}. The models that may answer take images as data; send it as a data: "
      "address.",
      part, why);
  failure.quoted = fmt::format(": {}", why);  // may name the address
  return failure;
}

Failure image_out_of_reach(std::string_view part, std::string_view why) {
  Failure failure = image_unavailable(part, why);
  failure.status = 502;
  failure.type = "server_error";
  failure.message = fmt::format("The image of {} could not be fetched: {}. No image is fetched around a proxy.", part, why);
  return failure;
}

Failure deadline_passed(const Trail& trail, const catalog::Catalog& catalog, Duration deadline) {
  Failure failure;
  failure.status = 504;
  failure.type = "server_error";
  failure.code = "deadline_exceeded";
  failure.message = fmt::format("No provider answered within {} (routing.deadline).", format_duration(deadline));
  tell_attempts(failure, trail, catalog);
  return failure;
}

Failure attempts_used_up(const Trail& trail, const router::Plan& plan, const catalog::Catalog& catalog, Instant now) {
  Failure failure = no_route(trail, plan, catalog, plan.earliest, now);
  std::string_view found = "none answered";
  if (failure.status == 429 || failure.status == 503) {
    if (plan.order.empty()) return failure;  // there was no other route to try
    found = failure.status == 429 ? "each found its route out of quota" : "no provider accepted its key";
  } else if (failure.status != 502) {
    return failure;
  }
  failure.message = fmt::format("{} attempts were made (routing.max_attempts) and {}.", trail.size(), found);
  if (failure.status == 429) failure.retry_after = 1;  // a route is open
  failure.quoted.clear();
  tell_attempts(failure, trail, catalog);
  return failure;
}

Failure shutting_down() {
  Failure failure;
  failure.status = 503;
  failure.type = "server_error";
  failure.code = "draining";
  failure.message = "freeway is shutting down and could not wait for this answer any longer; ask again.";
  failure.retry_after = 5;
  return failure;
}

Failure cancelled_by_admin() {
  Failure failure;
  failure.status = 499;
  failure.type = "invalid_request_error";
  failure.code = "cancelled_by_admin";
  failure.message = "This request was cancelled by freeway's administrator; send it again if it is still wanted.";
  failure.called_off = true;
  return failure;
}

}  // namespace freeway::relay

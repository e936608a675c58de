// What an upstream outcome is called and whom it is evidence against: the words of verdicts, of the trail and of the
// catalog's rules.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace freeway::chat {

// The names are what the trail header says.
enum class Reason : unsigned char {
  rate_limited,      // 429 of a short window: seconds, minutes, an hour, calls at the same time
  quota_exhausted,   // 429 of a day, a month or a grant
  overloaded,        // 503, 529, "overloaded"
  server_error,      // other 5xx
  invalid_key,       // 401
  billing,           // 402, a balance or credit that is spent
  forbidden,         // 403
  not_entitled,      // this key has no allowance for the model: a limit of 0, a paid model
  not_found,         // 404, 410: the model is not (or no more) there
  bad_request,       // 400, 422 and other 4xx that blame the request
  too_large,         // 413, context length exceeded
  blocked_content,   // the provider's filter refused this prompt
  timeout,           // connect, first token, answer or idle limit passed
  unreachable,       // refused, DNS, TLS, reset before an answer
  proxy,             // the outbound proxy failed; the provider was not reached
  bad_answer,        // 200 that is none: HTML, broken JSON, empty, cut, redirect, no finish reason, an unknown status
  schema_violation,  // the answer does not satisfy the schema asked for
  hedged,            // no verdict: called off, because another route was asked beside it and was first
};
inline constexpr std::size_t kReasons = static_cast<std::size_t>(Reason::hedged) + 1;
std::string_view to_string(Reason reason);
std::optional<Reason> reason_named(std::string_view name);

// Which scope the evidence is about. A route is this model with this key.
enum class Blame : unsigned char { client, route, key, account, model, provider };

}  // namespace freeway::chat

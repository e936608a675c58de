// What an upstream outcome means: whose fault it is, what happens to that scope, and whether the request may go elsewhere.
// Status first, then structured fields, then prose only for delays. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "chat/fault.h"

namespace freeway::router {

// The names are what the trail header says.
enum class Reason : unsigned char {
  rate_limited,      // 429
  quota_exhausted,   // 429 of a day or a month, or a balance
  overloaded,        // 503, 529, "overloaded"
  server_error,      // other 5xx
  invalid_key,       // 401
  billing,           // 402
  forbidden,         // 403
  not_found,         // 404, 410: the model is not (or no more) there
  bad_request,       // 400, 422 and other 4xx that blame the request
  too_large,         // 413, context length exceeded
  blocked_content,   // the provider's filter refused this prompt
  timeout,           // connect, first token, answer or idle limit passed
  unreachable,       // refused, DNS, TLS, reset before an answer
  bad_answer,        // 200 that is none: HTML, broken JSON, empty, cut, redirect, no finish reason, an unknown status
  schema_violation,  // the answer does not satisfy the schema asked for
};
std::string_view to_string(Reason reason);

// Which scope the evidence is about.
enum class Blame : unsigned char { client, route, key, account, model, provider };

struct Verdict {
  Reason reason = Reason::bad_answer;
  Blame blame = Blame::route;
  // How long that scope is benched: nothing = not at all. A value told by the provider is exact; otherwise it is the first
  // step of an escalation that `Benches` doubles while failures go on.
  std::optional<Duration> bench;
  bool told = false;      // `bench` is the provider's own word
  bool elsewhere = true;  // may another route still answer?
};

// An error answer, or an error inside a 200 or a stream.
Verdict judge(const chat::Fault& fault);
// A transport failure or a limit of ours.
Verdict judge(const Error& error);
// A 2xx that is no answer.
Verdict judge_bad_answer();

}  // namespace freeway::router

// What an upstream outcome means: whose fault it is, what happens to that scope, and whether the request may go elsewhere.
// Status first, then structured fields, then the provider's own rules of the catalog, then what such words usually mean.
// Pure.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "chat/fault.h"
#include "chat/reason.h"

namespace freeway::catalog {
struct Model;
struct Provider;
}  // namespace freeway::catalog

namespace freeway::router {

using chat::Blame;
using chat::Reason;
using chat::to_string;

struct Verdict {
  Reason reason = Reason::bad_answer;
  Blame blame = Blame::route;
  // How long that scope is benched: nothing = not at all, max() = until the configuration changes. A value told by the
  // provider is exact; a guess is the first step of an escalation that `Benches` doubles while failures go on.
  std::optional<Duration> bench;
  bool told = false;   // `bench` is the provider's own word
  bool reset = false;  // `bench` ends when the provider's day or month does
  // Of a limit: its window and what it counts, as the provider said it or the catalog knows.
  chat::Per per = chat::Per::unknown;
  chat::Counted counted = chat::Counted::unknown;
  bool elsewhere = true;  // may another route still answer?
};

// Does it count against the provider's reliability? What the client, a key, a quota or a name is to blame for does not.
bool provider_fault(const Verdict& verdict);

// An error answer, or an error inside a 200 or a stream, of a model of this provider.
Verdict judge(const chat::Fault& fault, const catalog::Provider& provider, const catalog::Model& model, WallTime now);
// A transport failure or a limit of ours.
Verdict judge(const Error& error);
// A 2xx that is no answer.
Verdict judge_bad_answer();

}  // namespace freeway::router

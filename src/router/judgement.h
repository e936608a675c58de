// What the parts of the judge share. Internal to verdict.cc and generic_verdict.cc.
#pragma once

#include "catalog/provider.h"
#include "router/verdict.h"

namespace freeway::router {

// A fault and what is known of where it came from.
struct Case {
  const chat::Fault& fault;
  int status = 0;  // the fault's; where it came with none, or inside a good one, the one that its fields name; 0: none
  chat::Per per = chat::Per::unknown;
  chat::Counted counted = chat::Counted::unknown;
  const catalog::Provider& provider;
  const catalog::Model& model;
  WallTime now;
};

// How long until the provider's day or month ends, if `per` is one of these and its windows are the calendar's.
std::optional<Duration> until_reset(const Case& the);

// A verdict with the bench that its reason usually takes: the provider's word where a word can be meant, else the reset of a
// day or a month, else a guess.
Verdict usual(Reason reason, Blame blame, const Case& the);
// The same with a guess of its own.
Verdict guessed(Reason reason, Blame blame, Duration guess, const Case& the);

// The status that code or type of an error name which came without one; 0: they name none.
int status_of_fields(const chat::Fault& fault);
// The same where only the message is left to go by.
int status_of_words(const chat::Fault& fault);

// What any provider means by it.
Verdict judge_generally(const Case& the);

}  // namespace freeway::router

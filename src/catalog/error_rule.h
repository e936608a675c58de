// What a provider means by errors of its own, as data: the rows of [[errors]].
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "chat/fault.h"
#include "chat/reason.h"

namespace freeway::catalog {

struct ErrorRule {
  enum class Until : std::uint8_t {
    usual,    // what the provider told, else as long as the reason usually takes
    length,   // what the provider told, else `length`, which doubles while failures go on
    reset,    // the end of the provider's day or month
    forever,  // until the configuration changes
  };

  // What it covers: one of the statuses, and of each of the others that are there one entry. '*' stands for any run of
  // characters; letters match without case.
  std::vector<int> status;
  std::vector<std::string> code, type;     // the whole field
  std::vector<std::string> message, body;  // a part of it

  std::optional<chat::Reason> reason;  // unset: judged as any provider's; then `scope` is that of limits alone
  chat::Blame scope = chat::Blame::route;
  Until until = Until::usual;
  Duration length{};  // of Until::length; 0: nothing is benched
  chat::Per per = chat::Per::unknown;
  chat::Counted counted = chat::Counted::unknown;
  std::string source, as_of;  // where this was read, and when
};

// The first rule that covers the fault. `named`: the status that the fault's fields name where it came with none, or inside
// a good one; 0: they name none. Such a fault is covered by what it says alone, unless its fields name another status.
const ErrorRule* find_rule(const std::vector<ErrorRule>& rules, const chat::Fault& fault, int named);

}  // namespace freeway::catalog

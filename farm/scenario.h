// What a scenario file says: providers, their models, limits, answers and faults. farm/README.md is the reference.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "farm/answer.h"
#include "farm/ask.h"
#include "farm/fault.h"
#include "farm/limits.h"
#include "farm/style.h"

namespace freeway::farm {

// Requests whose last user message holds `match` meet this fault, or get this answer.
struct Rule {
  std::string match;
  std::optional<Strike> strike;
  std::shared_ptr<const AnswerSpec> answer;  // may be null
};

// What happens to requests that were let in. Of a model's and a provider's behaviour the model's is asked first; within one,
// rules, then the script, then faults.
struct Behaviour {
  std::vector<Rule> rules;
  std::vector<Strike> script;  // consumed in order; then all is well
  std::vector<Strike> faults;  // the first that applies
};

struct ModelSpec {
  std::string id;
  LimitSpec limits;  // of each key
  Behaviour behaviour;
  Demands demands;
  std::shared_ptr<const AnswerSpec> answer;
};

struct ProviderSpec {
  std::string id;
  std::vector<std::string> keys;  // empty: any or none
  std::vector<ModelSpec> models;
  LimitSpec limits;  // of each key, over all models
  Behaviour behaviour;
  std::shared_ptr<const AnswerSpec> answer;
  Style style = Style::openai;
  bool limit_headers = true;
  bool own_port = false;
  bool up = true;
};

struct Scenario {
  std::uint64_t seed = 1;
  bool record = true;
  std::vector<ProviderSpec> providers;
};

// Fails with malformed (TOML) or invalid (names the place and what was expected). `name` is the file's, for messages.
Result<Scenario> parse_scenario(std::string_view toml, std::string_view name);

// The members rules, script, fault and faults of a table; each replaces what was there.
void read_behaviour(Table& table, Behaviour& into, const AnswerSpec& base);
void read_limits(Table& table, std::string_view name, LimitSpec& into);

}  // namespace freeway::farm

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
#include "farm/job.h"
#include "farm/limits.h"
#include "farm/pool.h"
#include "farm/style.h"
#include "farm/wire.h"

namespace freeway::farm {

// Requests whose last user message holds `match` meet this fault, or get this answer.
struct Rule {
  std::string match;
  std::optional<bool> after_tool;  // only where the last message is a tool's result, or only where it is not
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
  std::string family;  // default: the id
  ModelKind kind = ModelKind::chat;
  std::uint64_t dimensions = 8;  // of an embedding
  std::uint64_t max_inputs = 0;  // a request; 0: as its address has it
  LimitSpec limits;              // of each key
  Prices prices;
  std::uint64_t max_tokens = 0;  // charged where a request names none; 0: as long as the answer is
  Behaviour behaviour;
  Demands demands;
  std::shared_ptr<const AnswerSpec> answer;
};

// Somebody else who uses the same keys: so many requests a minute with each, evenly spread, that draw on all its pools.
struct ForeignSpec {
  double rpm = 0;
  std::string key;    // default: each
  std::string model;  // default: the first
  Usage usage;
};

struct ProviderSpec {
  std::string id;
  std::vector<std::string> keys;      // empty: any or none
  std::vector<std::string> accounts;  // of each key; "" is an account too
  std::vector<ModelSpec> models;
  LimitSpec limits;  // of each key, over all models
  Pace pace;         // of pools and of somebody else
  std::vector<PoolSpec> pools;
  ForeignSpec foreign;
  Behaviour behaviour;
  std::shared_ptr<const AnswerSpec> answer;
  const Wire* wire = &openai_wire();
  const Style* style = &openai_style();
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
void read_pace(Table& table, LimitSpec& into);
// The members pools and foreign of a provider, whose models have been read, and the prices of a provider or model.
void read_pools(Table& table, ProviderSpec& provider);
void read_foreign(Table& table, ProviderSpec& provider);
void read_prices(Table& table, Prices& into);

}  // namespace freeway::farm

// One allowance as a provider states it. Data; how it is counted is the ledger's business.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace freeway::catalog {

enum class Scope : std::uint8_t { key, account, model, family, address };
enum class Unit : std::uint8_t { requests, tokens, input_tokens, output_tokens, concurrent, neurons, audio_seconds, credit };
enum class Charge : std::uint8_t {
  attempt,            // one for each dispatched call, whatever became of it
  success,            // held while in flight, given back on failure
  tokens,             // estimate reserved, settled to what was used
  prompt_max_tokens,  // prompt + max_tokens, never given back
};

struct Window {
  enum class Kind : std::uint8_t { sliding, fixed, day, month, month_since, bucket, once };
  Kind kind = Kind::sliding;
  Duration length{};         // sliding, fixed, bucket
  std::string zone = "UTC";  // day, month, month_since; "": the provider's day_clock, filled in by Catalog::build
  int day = 1;               // month_since: the day of the month it starts, 1 to 28
  // "sliding 60s", "fixed 1h", "day America/Los_Angeles", "month UTC", "month since 17", "bucket 60s", "once". "day" and
  // "month" without a zone, and "month since", go by the provider's day_clock. Fails with invalid, also on an unknown zone.
  static Result<Window> parse(std::string_view text);
};

struct PoolSpec {
  std::string name;  // "rpm"
  Scope scope = Scope::key;
  Unit unit = Unit::requests;
  std::uint64_t limit = 0;
  Window window;  // ignored for `concurrent`
  Charge charge = Charge::attempt;
  std::vector<std::string> models = {"*"};  // wire ids it covers; '*' matches any run of characters
};

// Does the pattern match the whole text? '*' stands for any run of characters, every other character for itself.
bool matches(std::string_view pattern, std::string_view text);

// Does one of the patterns cover this wire id?
bool covers(const PoolSpec& pool, std::string_view wire_id);

}  // namespace freeway::catalog

// One allowance as a provider states it. Data; how it is counted is the ledger's business.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "chat/fault.h"

namespace freeway::catalog {

enum class Scope : std::uint8_t { key, account, model, family, address };
enum class Unit : std::uint8_t { requests, tokens, input_tokens, output_tokens, concurrent, neurons, audio_seconds, credit };

// An amount is a whole number of so many parts of its unit: neurons are counted in thousandths, credit, which is money in US
// dollars, in millionths.
constexpr std::uint64_t parts_of(Unit unit) { return unit == Unit::credit ? 1'000'000 : unit == Unit::neurons ? 1'000 : 1; }
// Units that a model's price turns tokens into.
constexpr bool priced(Unit unit) { return unit == Unit::neurons || unit == Unit::credit; }

// What tokens cost in a priced unit, in its parts for a million tokens.
struct Price {
  std::uint64_t input = 0;
  std::uint64_t output = 0;
};

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

using Period = chat::Per;
Period period_of(const Window& window);

struct PoolSpec {
  std::string name;  // "rpm"
  Scope scope = Scope::key;
  Unit unit = Unit::requests;
  std::uint64_t limit = 0;  // in parts of the unit
  Window window;            // ignored for `concurrent`
  Charge charge = Charge::attempt;
  std::vector<std::string> models = {"*"};  // wire ids it covers; '*' matches any run of characters
  std::string source, as_of;                // where the figure was read, and when
};

// What a call that used so many tokens costs in a priced unit: in its parts, rounded up.
std::uint64_t cost(const Price& price, std::uint64_t input, std::uint64_t output);

// Does the pattern match the whole text? '*' stands for any run of characters, every other character for itself.
bool matches(std::string_view pattern, std::string_view text);

// Does one of the patterns cover this wire id?
bool covers(const PoolSpec& pool, std::string_view wire_id);

}  // namespace freeway::catalog

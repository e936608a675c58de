// The places in the bodies of errors, and what they are filled with.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "farm/pool.h"

namespace freeway::farm {

// A wait without end is told as this.
inline constexpr Duration kLongest = std::chrono::hours(24) * 31;

// What an error is about. Views: it lives no longer than what it was made from.
struct Words {
  int status;
  std::string_view message;
  std::string_view code;
  std::string_view model;
  const Refusal& why;
  const Moment& now;

  bool tokens() const { return why.unit != Unit::requests && why.unit != Unit::concurrent; }
  Duration wait() const { return std::min(why.wait, kLongest); }
};

// The body with its <places> filled; a place that nobody knows is left out. `inside_json`: escaped for strings.
std::string fill(std::string_view body, const Words& words, bool inside_json = true);
// Does the body tell a figure that a hidden limit must not show?
bool has_figures(std::string_view body);

// An amount as it is shown: "20", and "0.0136" of credit.
std::string figure(Unit unit, std::uint64_t amount);
// The name of the limit that refused, as GitHub spells it.
std::string bucket(const Refusal& why);
std::int64_t whole_seconds(Duration duration);  // rounded up
std::int64_t epoch_ms(WallTime at);             // rounded up
double seconds_of(Duration duration);

}  // namespace freeway::farm

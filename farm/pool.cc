#include "farm/pool.h"

#include <algorithm>
#include <cmath>

namespace freeway::farm {

std::string_view to_string(Unit unit) {
  switch (unit) {
    case Unit::requests: return "requests";
    case Unit::tokens: return "tokens";
    case Unit::input_tokens: return "input_tokens";
    case Unit::output_tokens: return "output_tokens";
    case Unit::concurrent: return "concurrent";
    case Unit::neurons: return "neurons";
    case Unit::audio_seconds: return "audio_seconds";
    case Unit::credit: return "credit";
  }
  return "";
}

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::key: return "key";
    case Scope::account: return "account";
    case Scope::model: return "model";
    case Scope::family: return "family";
    case Scope::address: return "address";
  }
  return "";
}

// A price of a million tokens in whole units is a token's price in millionths.
std::uint64_t Price::of(const Usage& usage) const {
  return static_cast<std::uint64_t>(
      std::ceil(input * static_cast<double>(usage.input) + output * static_cast<double>(usage.output)));
}

std::uint64_t amount_in(Unit unit, const Usage& usage, const Prices& prices) {
  switch (unit) {
    case Unit::requests:
    case Unit::concurrent: return 1;
    case Unit::tokens: return usage.input + usage.output;
    case Unit::input_tokens: return usage.input;
    case Unit::output_tokens: return usage.output;
    case Unit::neurons: return prices.neurons.of(usage);
    case Unit::audio_seconds: return usage.audio_seconds;
    case Unit::credit: return prices.credit.of(usage);
  }
  return 0;
}

bool PoolSpec::covers(std::string_view model) const {
  return std::any_of(models.begin(), models.end(), [&](const auto& pattern) { return matches_pattern(pattern, model); });
}

bool outlasts(const Refusal& one, const Refusal& other) {
  const bool at_once = one.unit == Unit::concurrent;
  if (at_once != (other.unit == Unit::concurrent)) return !at_once;
  return one.wait > other.wait;
}

std::optional<Refusal> Pool::check(const Moment& now, std::uint64_t amount) {
  if (unit_ == Unit::concurrent) {
    if (limit() == 0 || in_use_ < limit()) return std::nullopt;
    return Refusal{unit_, Period::second, limit(), in_use_, 1, std::chrono::seconds(1), false, hidden_};
  }
  if (window_.fits(now, amount)) return std::nullopt;
  const auto wait = window_.wait(now, amount);
  return Refusal{unit_,  window_.spec().period,          limit(), window_.used(now),
                 amount, wait.value_or(kNever - now.at), !wait,   hidden_};
}

void Pool::refuse(const Moment& now, std::uint64_t amount, bool by_this) {
  if (by_this) ++refused_;
  if (unit_ == Unit::concurrent) {
    attendance_.turn_away();
  } else {
    audit_.note(now, amount, false);
  }
}

Pool::Hold Pool::admit(const Moment& now, std::uint64_t amount) {
  if (unit_ == Unit::concurrent) {
    ++in_use_;
    ++entered_;
    return {1, 0, attendance_.enter()};
  }
  const auto event = window_.add(now, amount);
  return {amount, event, audit_.note(now, amount, true)};
}

void Pool::leave(const Hold& hold) {
  if (unit_ != Unit::concurrent) return;
  --in_use_;
  attendance_.leave(hold.entry);
}

void Pool::give_back(const Moment& now, const Hold& hold) {
  if (unit_ == Unit::concurrent) return;
  window_.give_back(now, hold.event, hold.amount);
  audit_.forgive(hold.entry);
}

Level Pool::level(const Moment& now) {
  Level level{unit_, window_.spec().period, narrow_, limit(), 0, 0, {}};
  const auto in_use = used(now);
  level.remaining = limit() - std::min(limit(), in_use);
  if (unit_ == Unit::concurrent) return level;
  level.reset = window_.wait(now, level.remaining > 0 ? limit() : 1).value_or(Duration::zero());
  return level;
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  std::size_t p = 0;
  while (at < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = at;
    } else if (p < pattern.size() && pattern[p] == text[at]) {
      ++p;
      ++at;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace freeway::farm

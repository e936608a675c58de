// What each model makes of texts lately, in tokens, for what a reservation assumes. Thread-safe.
//
// How long its long answers are, where a request sets no limit: a longer answer counts at once; shorter ones let the figure
// sink slowly. And how many tokens it counts for a prompt beside our estimate, and beside our exact count where
// there was one, so that after its first answers a reservation is no smaller than what the provider will charge.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "chat/usage.h"

namespace freeway::relay {

class TokenCounts {
 public:
  // The answer of a model that has not answered yet.
  static constexpr std::uint64_t kUnknown = 1000;
  // No answer is longer; a provider that counts more is wrong.
  static constexpr std::uint64_t kLongest = 1'000'000;
  // Shorter prompts say little of longer ones, since what a provider adds to each is most of them.
  static constexpr std::uint64_t kTelling = 100;
  // No tokenizer of a model that serves is worse than this; it is something else that was counted.
  static constexpr double kMostFactor = 4;

  // Tokens of a prompt, by us.
  struct Prompt {
    std::uint64_t estimate = 0;
    std::optional<std::uint64_t> counted = std::nullopt;  // by the model's vocabulary, or the nearest
    bool own = false;                                     // by its own
  };
  // For what a count by the nearest vocabulary misses, until the model has told.
  static constexpr double kForeign = 1.15;

  struct Expected {
    std::uint64_t prompt = 0;  // never less than the count, or the estimate if there is none
    std::uint64_t answer = 0;  // a long one
  };
  Expected expect(const std::string& model, const Prompt& prompt) const;
  Expected expect(const std::string& model, std::uint64_t estimate) const { return expect(model, Prompt{estimate}); }
  // An answer to such a prompt.
  void saw(const std::string& model, const Prompt& prompt, const chat::Usage& usage);
  void saw(const std::string& model, std::uint64_t estimate, const chat::Usage& usage) {
    saw(model, Prompt{estimate}, usage);
  }

 private:
  struct Counts {
    double answer = 0;
    double factor = 1;          // of prompts
    double counted_factor = 0;  // of counted ones; 0: not known
  };
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Counts> models_;
};

}  // namespace freeway::relay

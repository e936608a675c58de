// How long each model's long answers have been lately, in tokens: what a reservation assumes where a request sets no limit.
// Thread-safe. A longer answer counts at once; shorter ones let the figure sink slowly.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace freeway::relay {

class AnswerSizes {
 public:
  // For a model that has not answered yet.
  static constexpr std::uint64_t kUnknown = 1000;
  // No answer is longer; a provider that counts more is wrong.
  static constexpr std::uint64_t kLongest = 1'000'000;

  std::uint64_t long_answer(const std::string& model) const;
  void saw(const std::string& model, std::uint64_t tokens);

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, double> sizes_;
};

}  // namespace freeway::relay

// Ends a text where a stop sequence begins, for providers that let it through, include it or were not told of it. Text in,
// text out, however it is cut; holds back no more than may be the beginning of one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace freeway::dialect::anthropic {

class StopFilter {
 public:
  explicit StopFilter(std::vector<std::string> stops) : stops_(std::move(stops)) {}

  // Appends what is known to stand before any sequence. Nothing once one was met.
  void feed(std::string_view text, std::string& out);
  // No more text comes for now: what was held comes out.
  void release(std::string& out);
  std::size_t held() const { return held_.size(); }
  // The sequence that was met, "" if none was.
  const std::string& met() const { return met_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  std::string met_;
};

}  // namespace freeway::dialect::anthropic

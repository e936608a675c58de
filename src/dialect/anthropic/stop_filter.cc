#include "dialect/anthropic/stop_filter.h"

#include <algorithm>

namespace freeway::dialect::anthropic {

namespace {

// The length of the longest end of `text` that `stop` begins with.
std::size_t begun(std::string_view text, std::string_view stop) {
  for (std::size_t size = std::min(text.size(), stop.size() - 1); size > 0; --size) {
    if (text.substr(text.size() - size) == stop.substr(0, size)) return size;
  }
  return 0;
}

}  // namespace

// Of several, the one whose end comes first is what a model would have stopped at.
void StopFilter::feed(std::string_view text, std::string& out) {
  if (!met_.empty()) return;
  if (stops_.empty()) {
    out.append(text);
    return;
  }
  held_.append(text);
  std::size_t begin = 0, end = std::string::npos, keep = 0;
  for (const std::string& stop : stops_) {
    std::size_t at = held_.find(stop);
    if (at == std::string::npos) {
      keep = std::max(keep, begun(held_, stop));
    } else if (at + stop.size() < end || (at + stop.size() == end && at < begin)) {
      begin = at;
      end = at + stop.size();
    }
  }
  if (end != std::string::npos) {
    met_ = held_.substr(begin, end - begin);
    out.append(held_, 0, begin);
    held_.clear();
    return;
  }
  out.append(held_, 0, held_.size() - keep);
  held_.erase(0, held_.size() - keep);
}

void StopFilter::release(std::string& out) {
  out.append(held_);
  held_.clear();
}

}  // namespace freeway::dialect::anthropic

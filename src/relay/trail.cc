#include "relay/trail.h"

#include <algorithm>

#include "base/text.h"

namespace freeway::relay {

std::string describe(const Trail& trail, const catalog::Catalog& catalog) {
  constexpr std::size_t kMost = 10;
  std::string text;
  std::size_t first = trail.size() - std::min(trail.size(), kMost);
  for (std::size_t i = first; i < trail.size(); ++i) {
    if (!text.empty()) text += "; ";
    text += header_safe(catalog.route_name(trail[i].route));
    text += '=';
    text += router::to_string(trail[i].verdict.reason);
  }
  return text;
}

router::Sample sample_of(const Call& call, const router::Verdict* verdict) {
  router::Sample sample;
  if (verdict) {
    if (router::provider_fault(*verdict)) sample.end = router::Sample::End::fault;
    sample.whole = call.ended - call.started;
    return sample;
  }
  sample.end = router::Sample::End::answered;
  sample.streamed = call.first.has_value();
  if (call.first) sample.first = *call.first - call.started;
  sample.whole = call.ended - call.started - call.held_up;
  if (call.usage) sample.tokens = call.usage->completion_tokens;
  return sample;
}

}  // namespace freeway::relay

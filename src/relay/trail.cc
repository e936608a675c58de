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

}  // namespace freeway::relay

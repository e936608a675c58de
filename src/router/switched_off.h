// Models that a person switched off: they have no routes, and whoever asks for them is told why. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "router/router.h"

namespace freeway::router {

// The `status` of such a model, which then is not `enabled`.
inline constexpr std::string_view kSwitchedOff = "switched off by you";
// The same, to tell.
Clause why_switched_off();

struct SwitchedOff {
  const catalog::Provider* provider = nullptr;
  const catalog::Model* model = nullptr;
};

// Those that these names would mean otherwise, in the order of the catalog, which must outlive them. No kind: of all kinds.
std::vector<SwitchedOff> switched_off(const Snapshot& snapshot, const Names& names,
                                      std::optional<catalog::Kind> kind = catalog::Kind::chat);

}  // namespace freeway::router

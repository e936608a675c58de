// Which providers may see the text of a request: a few levels, and what a provider's label says to them. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clause.h"
#include "base/clock.h"
#include "catalog/provider.h"

namespace freeway::catalog {

// The stricter, the greater.
enum class Privacy : std::uint8_t {
  any,          // every provider
  no_training,  // those alone whose label says, and lately enough, that they do not train on prompts
};
inline constexpr std::array<std::string_view, 2> kPrivacies = {"any", "no-training"};
inline constexpr Privacy kStrictest = Privacy::no_training;
inline std::string_view to_string(Privacy privacy) { return kPrivacies[static_cast<std::size_t>(privacy)]; }
std::optional<Privacy> privacy_named(std::string_view name);
inline Privacy stricter(Privacy a, Privacy b) { return std::max(a, b); }

// The moment from which on a label counts its age: the begin (UTC) of the day, or of the month, that `as_of` names as
// "2026-08-22" or "2026-08". Nothing for every other text.
std::optional<WallTime> label_date(std::string_view as_of);

// A level with what it needs to judge a label at a moment.
struct PrivacyPolicy {
  Privacy level = Privacy::any;
  Duration label_age{};  // an older label counts for nothing
};

// What a policy has against a label. Whatever is missing, unreadable or in doubt is against it.
enum class Objection : std::uint8_t { none, unlabelled, trains, opt_out, unknown, undated, ahead, stale };
Objection objection(const DataUse& label, const PrivacyPolicy& policy, WallTime now);
// For people: "its label is of 2025-01 and older than 365 d", with the level among its values. Empty for none.
Clause describe(Objection objection, const DataUse& label, const PrivacyPolicy& policy);

}  // namespace freeway::catalog

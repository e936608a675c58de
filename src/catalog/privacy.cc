#include "catalog/privacy.h"

#include <chrono>

#include "base/duration.h"

namespace freeway::catalog {

namespace {

// A label may be of a day that has begun elsewhere only.
constexpr Duration kEarliestZone = std::chrono::hours(24);

// Digits and nothing else. Nothing: others.
std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return {};
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

}  // namespace

std::optional<Privacy> privacy_named(std::string_view name) {
  for (std::size_t i = 0; i < kPrivacies.size(); ++i)
    if (kPrivacies[i] == name) return static_cast<Privacy>(i);
  return {};
}

std::optional<WallTime> label_date(std::string_view as_of) {
  constexpr std::string_view kMonth = "2026-08";
  constexpr std::string_view kDay = "2026-08-22";
  if (as_of.size() != kMonth.size() && as_of.size() != kDay.size()) return {};
  if (as_of[4] != '-' || (as_of.size() == kDay.size() && as_of[7] != '-')) return {};
  auto year = number(as_of.substr(0, 4));
  auto month = number(as_of.substr(5, 2));
  auto day = as_of.size() == kDay.size() ? number(as_of.substr(8)) : std::optional<unsigned>(1);
  // What a WallTime can't hold is no date of a label either.
  if (!year || !month || !day || *year < 1970 || *year > 2200) return {};
  std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                   std::chrono::day(*day)};
  if (!date.ok()) return {};
  return WallTime(std::chrono::sys_days(date));
}

Objection objection(const DataUse& label, const PrivacyPolicy& policy, WallTime now) {
  if (policy.level == Privacy::any) return Objection::none;
  switch (label.trains) {
    case DataUse::Trains::no: break;
    case DataUse::Trains::yes: return Objection::trains;
    case DataUse::Trains::opt_out: return Objection::opt_out;
    case DataUse::Trains::unknown: return label.as_of.empty() ? Objection::unlabelled : Objection::unknown;
  }
  auto date = label_date(label.as_of);
  if (!date) return Objection::undated;
  if (*date > now + kEarliestZone) return Objection::ahead;
  return now - *date > policy.label_age ? Objection::stale : Objection::none;
}

Clause describe(Objection objection, const DataUse& label, const PrivacyPolicy& policy) {
  std::vector<Clause::Value> values = {{"level", std::string(to_string(policy.level))}};
  switch (objection) {
    case Objection::none: break;
    case Objection::unlabelled: return {"label_missing", "it has no data-use label", std::move(values)};
    case Objection::trains: return {"trains", "it trains on prompts, says its label", std::move(values)};
    case Objection::opt_out:
      return {"trains_unless_told", "it trains on prompts unless told not to, says its label", std::move(values)};
    case Objection::unknown:
      return {"label_unknown", "its label does not know whether it trains on prompts", std::move(values)};
    case Objection::undated: return {"label_undated", "its label has no date (as_of) that can be read", std::move(values)};
    case Objection::ahead:
      values.push_back({"as_of", label.as_of});
      return {"label_ahead", "its label is of {as_of}, which lies ahead", std::move(values)};
    case Objection::stale:
      values.push_back({"as_of", label.as_of});
      values.push_back({"age", format_duration(policy.label_age)});
      return {"label_stale", "its label is of {as_of} and older than {age}", std::move(values)};
  }
  return {};
}

}  // namespace freeway::catalog

#include "farm/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.h"

namespace freeway::farm {

void Problem::say(std::string_view place, std::string_view what) {
  if (!any()) text_ = place.empty() ? std::string(what) : fmt::format("{}: {}", place, what);
}

Table::Table(json::Value value, std::string place, Problem& problem)
    : value_(value), place_(std::move(place)), problem_(problem) {
  if (!value_.is(json::Type::object)) problem_.say(place_, "expected a table");
}

std::string Table::place(std::string_view name) const {
  return place_.empty() ? std::string(name) : fmt::format("{}.{}", place_, name);
}

void Table::complain(std::string_view name, std::string_view what) { problem_.say(place(name), what); }

void Table::mismatch(std::string_view name, std::string_view expected, json::Value found) {
  complain(name, fmt::format("expected {}, found {}", expected, found.raw().substr(0, 60)));
}

json::Value Table::take(std::string_view name) {
  if (std::find(known_.begin(), known_.end(), name) == known_.end()) known_.emplace_back(name);
  const auto found = value_[name];
  return found.given() ? found : json::Value();
}

void Table::text(std::string_view name, std::string& into) {
  const auto value = take(name);
  if (!value) return;
  if (auto found = value.string()) {
    into = std::move(*found);
  } else {
    mismatch(name, "a string", value);
  }
}

void Table::texts(std::string_view name, std::vector<std::string>& into) {
  const auto value = take(name);
  if (!value) return;
  if (!value.is(json::Type::array)) return mismatch(name, "an array of strings", value);
  into.clear();
  for (auto element : value) {
    if (auto found = element.string()) {
      into.push_back(std::move(*found));
    } else {
      mismatch(name, "an array of strings", value);
    }
  }
}

void Table::count(std::string_view name, std::uint64_t& into) {
  const auto value = take(name);
  if (!value) return;
  const auto found = value.integer();
  if (found && *found >= 0) {
    into = static_cast<std::uint64_t>(*found);
  } else {
    mismatch(name, "a whole number, 0 or more", value);
  }
}

void Table::count(std::string_view name, unsigned& into) {
  std::uint64_t wide = into;
  count(name, wide);
  into = static_cast<unsigned>(std::min<std::uint64_t>(wide, UINT32_MAX));
}

void Table::number(std::string_view name, double& into) {
  const auto value = take(name);
  if (!value) return;
  const auto found = value.number();
  if (found && *found >= 0) {
    into = *found;
  } else {
    mismatch(name, "a number, 0 or more", value);
  }
}

void Table::flag(std::string_view name, bool& into) {
  const auto value = take(name);
  if (!value) return;
  if (auto found = value.boolean()) {
    into = *found;
  } else {
    mismatch(name, "true or false", value);
  }
}

void Table::duration(std::string_view name, Duration& into) {
  const auto value = take(name);
  if (!value) return;
  const auto text = value.string();
  const auto found = text ? parse_duration(*text) : std::nullopt;
  if (found) {
    into = *found;
  } else {
    mismatch(name, "a duration such as \"50ms\" or \"2s\"", value);
  }
}

void Table::done() {
  for (auto member : value_) {
    const auto name = json::unescape(member.key());
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    complain(name, fmt::format("unknown name; known here: {}", fmt::join(known_, ", ")));
  }
}

}  // namespace freeway::farm

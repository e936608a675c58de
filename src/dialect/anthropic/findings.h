// What is found while a request is decoded, beside the document that becomes of it.
#pragma once

#include <fmt/format.h>

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "dialect/dropped.h"
#include "dialect/surface.h"

namespace freeway::dialect::anthropic {

using Checked = std::expected<void, RequestError>;

// Where a value stands: "messages[2].content[0]". Spelled out only when somebody asks. A place inside another must not
// outlive it.
class Place {
 public:
  explicit Place(std::string_view name) : name_(name) {}
  Place(const Place& parent, std::string_view name) : parent_(&parent), name_(name) {}
  Place element(std::string_view list, std::size_t at) const {
    Place place(*this, list);
    place.at_ = at;
    return place;
  }
  Place block(std::size_t at) const { return element("content", at); }

  std::string name() const { return spell(true); }
  // Of all values that stand alike: "messages[].content[]".
  std::string general() const { return spell(false); }
  std::string member(std::string_view member) const { return fmt::format("{}.{}", name(), member); }

 private:
  std::string spell(bool numbers) const {
    std::string name = parent_ ? parent_->spell(numbers) : std::string();
    if (!name.empty() && !name_.empty()) name.push_back('.');
    name += name_;
    if (at_) name += numbers ? fmt::format("[{}]", *at_) : "[]";
    return name;
  }

  const Place* parent_ = nullptr;
  std::string_view name_;
  std::optional<std::size_t> at_;
};

}  // namespace freeway::dialect::anthropic

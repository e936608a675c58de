#include "farm/shape.h"

#include <fmt/format.h>

#include <algorithm>

#include "farm/ask.h"

namespace freeway::farm {
namespace {

using What = Misfit::What;

// Where a check is; spelled only for complaints.
struct Place {
  const Place* up = nullptr;
  std::string_view name;
  std::optional<std::size_t> index = {};

  std::string text() const {
    const auto before = up == nullptr ? std::string() : up->text();
    if (index) return fmt::format("{}[{}]", before, *index);
    return before.empty() || name.empty() ? before + std::string(name) : fmt::format("{}.{}", before, name);
  }
};

std::optional<Misfit> check_object(json::Value value, const Shape& shape, const Place& place);

std::optional<What> check_plain(json::Value value, const Member& member) {
  const auto unless = [](bool right) { return right ? std::nullopt : std::optional(What::wrong_type); };
  switch (member.kind) {
    case Kind::text:
      if (!value.is(json::Type::string)) return What::wrong_type;
      if (!member.words.empty() && std::none_of(member.words.begin(), member.words.end(),
                                                [&](std::string_view word) { return value.equals(word); })) {
        return What::wrong_word;
      }
      return std::nullopt;
    case Kind::base64: return unless(value.is(json::Type::string) && is_base64(value.string().value_or("")));
    case Kind::number: return unless(value.is(json::Type::number));
    case Kind::whole: return unless(value.integer().has_value());
    case Kind::flag: return unless(value.is(json::Type::boolean));
    case Kind::object:
    case Kind::map:
    case Kind::shape: return unless(value.is(json::Type::object));
    case Kind::any: return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Misfit> check_one(json::Value value, const Member& member, const Place& holder, const Place& place) {
  if (value.is(json::Type::array) && member.kind != Kind::any) {
    return Misfit{What::unexpected_list, holder.text(), std::string(member.name), value, &member};
  }
  if (const auto wrong = check_plain(value, member)) {
    return Misfit{*wrong, holder.text(), std::string(member.name), value, &member};
  }
  if (member.kind == Kind::shape) return check_object(value, *member.shape, place);
  if (member.kind != Kind::map) return std::nullopt;
  for (auto each : value) {
    const auto key = json::unescape(each.key());
    if (!each.is(json::Type::object)) return Misfit{What::wrong_type, place.text(), key, each, &member};
    if (auto found = check_object(each, *member.shape, Place{&place, key})) return found;
  }
  return std::nullopt;
}

std::optional<Misfit> check_member(json::Value value, const Member& member, const Place& holder) {
  const Place place{&holder, member.name};
  if (!member.list) return check_one(value, member, holder, place);
  if (!value.is(json::Type::array)) {
    return Misfit{What::wrong_type, holder.text(), std::string(member.name), value, &member};
  }
  std::size_t index = 0;
  for (auto each : value) {
    const Place element{&place, {}, index++};
    if (auto found = check_one(each, member, holder, element)) return found;
  }
  return std::nullopt;
}

std::optional<Misfit> check_object(json::Value value, const Shape& shape, const Place& place) {
  for (auto each : value) {
    const auto known = std::find_if(shape.members.begin(), shape.members.end(),
                                    [&](const Member& member) { return each.key_equals(member.name); });
    if (known == shape.members.end()) {
      if (shape.open) continue;
      return Misfit{What::unknown, place.text(), json::unescape(each.key()), each, nullptr};
    }
    if (!each.given()) continue;
    if (auto found = check_member(each, *known, place)) return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Misfit> misfit(json::Value value, const Shape& shape) {
  if (!value.is(json::Type::object)) return Misfit{What::wrong_type, "", "", value, nullptr};
  return check_object(value, shape, {});
}

}  // namespace freeway::farm

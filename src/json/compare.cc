#include "json/compare.h"

#include <cmath>
#include <limits>

namespace freeway::json {
namespace {

double approximate(Value number) {
  double infinite = std::numeric_limits<double>::infinity();
  return number.number().value_or(number.raw().starts_with('-') ? -infinite : infinite);
}

bool same_elements(Value a, Value b, Budget& budget) {
  Value left = a.first(), right = b.first();
  for (; left.present(); left = left.next(), right = right.next())
    if (!same(left, right, budget)) return false;
  return true;
}

bool same_members(Value a, Value b, Budget& budget) {
  for (Value left : a) {
    if (!budget.spend(static_cast<std::int64_t>(b.size()))) return false;
    Value right = b[unescape(left.key())];
    if (!right.present() || !same(left, right, budget)) return false;
  }
  return true;
}

}  // namespace

bool same(Value a, Value b, Budget& budget) {
  if (!budget.spend(1 + static_cast<std::int64_t>(a.raw().size() / 64)) || a.type() != b.type()) return false;
  switch (a.type()) {
    case Type::null: return true;
    case Type::boolean: return a.boolean() == b.boolean();
    case Type::number: return compare_numbers(a, b) == 0;
    case Type::string: return a.escaped() == b.escaped() || a.string() == b.string();
    case Type::array: return a.size() == b.size() && same_elements(a, b, budget);
    case Type::object: return a.size() == b.size() && same_members(a, b, budget);
  }
  return false;
}

int compare_numbers(Value a, Value b) {
  auto order = [](auto x, auto y) { return x < y ? -1 : (x > y ? 1 : 0); };
  auto whole_a = a.integer(), whole_b = b.integer();
  if (whole_a && whole_b) return order(*whole_a, *whole_b);
  return order(approximate(a), approximate(b));
}

bool is_whole(Value number) {
  if (number.integer()) return true;
  auto value = number.number();
  return value && std::trunc(*value) == *value && std::fabs(*value) >= 0x1p53;
}

bool is_multiple(Value number, Value of) {
  auto whole = number.integer(), unit = of.integer();
  if (whole && unit) return *unit == -1 || *unit == 1 || (*unit != 0 && *whole % *unit == 0);
  auto value = number.number(), step = of.number();
  if (!value || !step || *step == 0) return false;
  // 0.3 is a multiple of 0.1, though not as a double.
  return std::fabs(std::remainder(*value, *step)) <= std::fabs(*step) * 1e-9;
}

}  // namespace freeway::json

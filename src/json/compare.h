// Equality and order of values as JSON Schema means them. Private to this room.
#pragma once

#include <cstdint>

#include "json/document.h"

namespace freeway::json {

// Work that a check may still do. Once spent, it stays spent.
class Budget {
 public:
  explicit Budget(std::int64_t steps) : left_(steps) {}
  bool spend(std::int64_t steps) {
    left_ = left_ < steps ? -1 : left_ - steps;
    return left_ >= 0;
  }
  bool spent() const { return left_ < 0; }

 private:
  std::int64_t left_;
};

// Numbers by value (1 and 1.0 are the same), strings unescaped, members in any order. False once the budget is spent.
bool same(Value a, Value b, Budget& budget);

// Negative, zero or positive, as a is less than, equal to or greater than b; both are numbers. Whole numbers of 64 bits are
// compared exactly, others as doubles.
int compare_numbers(Value a, Value b);
bool is_whole(Value number);
bool is_multiple(Value number, Value of);

}  // namespace freeway::json

// A value that must not be printed. It has no operator<<, and fmt prints "[redacted]"; `reveal` is the one way in, so that a
// search for it lists every place where a secret leaves.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace freeway {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  std::string_view reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

  // Takes the same time whatever the position of the first difference; the length is not hidden.
  bool matches(std::string_view candidate) const;

 private:
  std::string value_;
};

}  // namespace freeway

template <>
struct fmt::formatter<freeway::Secret> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const freeway::Secret&, Context& context) const {
    return fmt::formatter<std::string_view>::format("[redacted]", context);
  }
};

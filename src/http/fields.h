// Header fields in order of arrival; names compare without case, spelling is kept. Owned by its message.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace freeway::http {

struct Field {
  Field() = default;
  Field(std::string_view named, std::string_view holds) : name(named), value(holds) {}

  std::string name;
  std::string value;
};

class Fields {
 public:
  void add(std::string_view name, std::string_view value) {
    if (fields_.capacity() == 0) fields_.reserve(kUsual);
    fields_.emplace_back(name, value);
  }
  // Replaces every field of this name by one.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  // The first value, trimmed as parsed; nothing if absent.
  std::optional<std::string_view> find(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  // True if a comma-separated list field (all its lines together) holds this token, without case.
  bool has_token(std::string_view name, std::string_view token) const;

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }
  void clear() { fields_.clear(); }

 private:
  static constexpr std::size_t kUsual = 12;
  std::vector<Field> fields_;
};

}  // namespace freeway::http

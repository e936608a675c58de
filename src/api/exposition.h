// Prometheus' text format, version 0.0.4, line by line.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace freeway::api {

using Label = std::pair<std::string_view, std::string_view>;

class Exposition {
 public:
  explicit Exposition(std::string& out) : out_(out) {}

  // Begins a family; its samples follow.
  void family(std::string_view name, std::string_view type, std::string_view help);
  template <std::unsigned_integral Number>
  void sample(std::initializer_list<Label> labels, Number value) {
    begin(labels, "");
    whole(value);
  }
  void sample(std::initializer_list<Label> labels, double value);
  // With a suffix to the family's name: "_bucket".
  void sample(std::string_view suffix, std::initializer_list<Label> labels, std::uint64_t value);
  void sample(std::string_view suffix, std::initializer_list<Label> labels, double value);

 private:
  void begin(std::initializer_list<Label> labels, std::string_view suffix);
  void whole(std::uint64_t value);

  std::string& out_;
  std::string_view name_;
};

}  // namespace freeway::api

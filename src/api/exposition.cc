#include "api/exposition.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace freeway::api {

void Exposition::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  fmt::format_to(std::back_inserter(out_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void Exposition::begin(std::initializer_list<Label> labels, std::string_view suffix) {
  out_ += name_;
  out_ += suffix;
  char before = '{';
  for (const auto& [name, value] : labels) {
    if (name.empty()) continue;
    out_ += before;
    before = ',';
    out_ += name;
    out_ += "=\"";
    for (char c : value) {
      if (c == '\\' || c == '"') out_ += '\\';
      if (c == '\n') {
        out_ += "\\n";
      } else {
        out_ += c;
      }
    }
    out_ += '"';
  }
  if (before == ',') out_ += '}';
  out_ += ' ';
}

void Exposition::whole(std::uint64_t value) {
  out_ += fmt::format_int(value).str();
  out_ += '\n';
}

void Exposition::sample(std::initializer_list<Label> labels, double value) { sample("", labels, value); }

void Exposition::sample(std::string_view suffix, std::initializer_list<Label> labels, std::uint64_t value) {
  begin(labels, suffix);
  whole(value);
}

void Exposition::sample(std::string_view suffix, std::initializer_list<Label> labels, double value) {
  begin(labels, suffix);
  if (std::isinf(value)) {
    out_ += value > 0 ? "+Inf\n" : "-Inf\n";
  } else {
    fmt::format_to(std::back_inserter(out_), "{}\n", value);
  }
}

}  // namespace freeway::api

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "app/config_parts.h"

namespace freeway::app {

namespace {

enum class Shape { text, integer, number, flag };

struct Scalar {
  std::string_view section;
  std::string_view key;
  Shape shape;
};

constexpr std::array kScalars = {
    Scalar{"server", "listen", Shape::text},  // one a line
    Scalar{"server", "admin_token", Shape::text},
    Scalar{"server", "threads", Shape::integer},
    Scalar{"server", "body_limit", Shape::text},
    Scalar{"server", "upload_limit", Shape::text},
    Scalar{"server", "upload_space", Shape::text},
    Scalar{"server", "stream_space", Shape::text},
    Scalar{"log", "keep", Shape::text},
    Scalar{"log", "max_size", Shape::text},
    Scalar{"responses", "keep_for", Shape::text},
    Scalar{"responses", "max_bytes", Shape::text},
    Scalar{"catalog", "builtin", Shape::flag},
    Scalar{"catalog", "public_key", Shape::text},
    Scalar{"catalog", "discover_every", Shape::text},
    Scalar{"keys", "check_every", Shape::text},
    Scalar{"privacy", "label_age", Shape::text},
    Scalar{"images", "fetch", Shape::flag},
    Scalar{"images", "max_size", Shape::text},
    Scalar{"images", "max_count", Shape::integer},
    Scalar{"images", "timeout", Shape::text},
    Scalar{"routing", "strategy", Shape::text},
    Scalar{"routing", "max_attempts", Shape::integer},
    Scalar{"routing", "deadline", Shape::text},
    Scalar{"routing", "queue_wait", Shape::text},
    Scalar{"routing", "session_ttl", Shape::text},
    Scalar{"routing", "hedge_share", Shape::number},
    Scalar{"cache", "enabled", Shape::flag},
    Scalar{"ollama", "enabled", Shape::flag},
    Scalar{"timeouts", "connect", Shape::text},
    Scalar{"timeouts", "first_token", Shape::text},
    Scalar{"timeouts", "answer", Shape::text},
    Scalar{"timeouts", "idle", Shape::text},
};

template <class Number>
std::optional<Number> parse_number(const std::string& text) {
  Number number{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

std::string_view expected(Shape shape) {
  if (shape == Shape::integer) return "a whole number";
  return shape == Shape::number ? "a number" : "true or false";
}

// False: the text does not have the shape.
bool put(toml::table& table, std::string_view key, Shape shape, const std::string& text) {
  switch (shape) {
    case Shape::text: table.insert_or_assign(key, text); return true;
    case Shape::integer:
      if (auto number = parse_number<std::int64_t>(text)) {
        table.insert_or_assign(key, *number);
        return true;
      }
      return false;
    case Shape::number:
      if (auto number = parse_number<double>(text)) {
        table.insert_or_assign(key, *number);
        return true;
      }
      return false;
    case Shape::flag:
      if (text != "true" && text != "false" && text != "1" && text != "0") return false;
      table.insert_or_assign(key, text == "true" || text == "1");
      return true;
  }
  return false;
}

}  // namespace

std::string variable_name(std::string_view section, std::string_view key) {
  std::string name = fmt::format("FREEWAY_{}_{}", section, key);
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return name;
}

void apply_environment(toml::table& root, const Outside& outside, Report& report) {
  for (const Scalar& scalar : kScalars) {
    std::string variable = variable_name(scalar.section, scalar.key);
    std::optional<std::string> text = outside.variable(variable);
    bool is_listen = scalar.section == "server" && scalar.key == "listen";
    if (is_listen) {
      // The short name is the flag's own and goes first.
      if (auto flag = outside.variable("FREEWAY_LISTEN"); flag && !flag->empty()) {
        variable = "FREEWAY_LISTEN";
        text = std::move(flag);
      }
    }
    if (!text || text->empty()) continue;  // set to nothing counts as not set
    if (root.get(scalar.section) == nullptr) root.insert(scalar.section, toml::table{});
    toml::table* table = root.get(scalar.section)->as_table();
    if (table == nullptr) continue;  // the file's own mistake, reported when it is read
    report.came_from_variable(fmt::format("{}.{}", scalar.section, scalar.key), variable);
    if (!put(*table, scalar.key, scalar.shape, *text)) {
      report.error(fmt::format("{}.{}", scalar.section, scalar.key), {},
                   fmt::format("expected {}, found \"{}\"", expected(scalar.shape), *text));
    }
  }
}

void hide_values(std::vector<Mistake>& mistakes, const Outside& outside) {
  // Longer than any word, number, duration or size that belongs there.
  constexpr std::size_t kPlain = 12;
  for (Mistake& mistake : mistakes) {
    if (mistake.line != 0 || !mistake.file.starts_with("FREEWAY_")) continue;
    std::string value = outside.variable(mistake.file).value_or("");
    if (value.size() <= kPlain) continue;
    std::string told = fmt::format("a text of {} characters", value.size());
    for (const std::string& shown : {"\"" + value + "\"", value}) {
      for (std::size_t at = 0; (at = mistake.message.find(shown, at)) != std::string::npos; at += told.size()) {
        mistake.message.replace(at, shown.size(), told);
      }
    }
  }
}

}  // namespace freeway::app

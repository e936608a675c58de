#include "dialect/openai/check.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "dialect/openai/members.h"

namespace freeway::dialect::openai {

RequestError wrong(std::string param, std::string_view what, std::string_view quoted) {
  RequestError error;
  error.message = fmt::format("`{}` {}.", param, what);
  error.param = std::move(param);
  error.quoted = quoted;
  return error;
}

std::string_view type_name(json::Value value) {
  if (!value) return "missing";
  switch (value.type()) {
    case json::Type::null: return "null";
    case json::Type::boolean: return "a boolean";
    case json::Type::number: return "a number";
    case json::Type::string: return "a string";
    case json::Type::array: return "an array";
    case json::Type::object: return "an object";
  }
  return "unknown";
}

Refusal expect(json::Value member, std::string_view name, json::Type type, std::string_view wanted) {
  if (!member.given() || member.is(type)) return std::nullopt;
  return wrong(std::string(name), fmt::format("must be {}, not {}", wanted, type_name(member)));
}

Refusal expect_count(json::Value member, std::string_view name, std::int64_t most) {
  if (!member.given()) return std::nullopt;
  auto count = member.integer();
  if (!count) {
    std::string found = fmt::format(", not {}", member.raw().substr(0, 40));
    return wrong(std::string(name), "must be a whole number" + found, found);
  }
  if (*count < 1) return wrong(std::string(name), fmt::format("must be at least 1, not {}", *count));
  if (*count > most) return wrong(std::string(name), fmt::format("must be at most {}, not {}", most, *count));
  return std::nullopt;
}

Refusal require_text(json::Value member, std::string_view name, std::string_view what) {
  if (!member.given()) return wrong(std::string(name), fmt::format("is required: {}", what));
  if (!member.is(json::Type::string))
    return wrong(std::string(name), fmt::format("must be a string, {}, not {}", what, type_name(member)));
  if (!has_text(member)) return wrong(std::string(name), "must not be empty");
  return std::nullopt;
}

std::expected<std::unique_ptr<chat::Request>, RequestError> open_request(std::string text) {
  auto request = std::make_unique<chat::Request>();
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  request->text = std::move(text);
  RequestError error;
  if (trim(request->text).empty()) {
    error.message = "The request body is empty; it must be a JSON object.";
    return std::unexpected(std::move(error));
  }
  if (auto parsed = request->document.reparse(request->text); !parsed) {
    error.message = fmt::format("The request body is not valid JSON: {}.", parsed.error().message);
    return std::unexpected(std::move(error));
  }
  json::Value root = request->document.root();
  if (!root.is(json::Type::object)) {
    error.message = fmt::format("The request body must be a JSON object, not {}.", type_name(root));
    return std::unexpected(std::move(error));
  }
  return request;
}

}  // namespace freeway::dialect::openai

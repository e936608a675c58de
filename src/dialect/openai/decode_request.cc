#include <fmt/format.h>

#include "base/text.h"
#include "dialect/openai/prompt.h"
#include "dialect/openai/surface.h"

namespace freeway::dialect::openai {

namespace {
using Refusal = std::optional<RequestError>;

RequestError wrong(std::string param, std::string_view what) {
  RequestError error;
  error.message = fmt::format("`{}` {}.", param, what);
  error.param = std::move(param);
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

// An optional member of this type: absent, null or right.
Refusal expect(json::Value object, std::string_view name, json::Type type, std::string_view wanted, std::string param = "") {
  json::Value member = object[name];
  if (!member.given() || member.is(type)) return std::nullopt;
  if (param.empty()) param = name;
  return wrong(std::move(param), fmt::format("must be {}, not {}", wanted, type_name(member)));
}

Refusal expect_count(json::Value root, std::string_view name, std::int64_t most) {
  json::Value member = root[name];
  if (!member.given()) return std::nullopt;
  auto count = member.integer();
  if (!count) return wrong(std::string(name), fmt::format("must be a whole number, not {}", member.raw().substr(0, 40)));
  if (*count < 1) return wrong(std::string(name), fmt::format("must be at least 1, not {}", *count));
  if (*count > most) return wrong(std::string(name), fmt::format("must be at most {}, not {}", most, *count));
  return std::nullopt;
}

Refusal check_calls(json::Value calls, std::size_t at) {
  if (calls.given() && !calls.is(json::Type::array))
    return wrong(fmt::format("messages[{}].tool_calls", at), fmt::format("must be an array, not {}", type_name(calls)));
  std::size_t index = 0;
  for (json::Value call : calls) {
    if (!call.is(json::Type::object)) {
      return wrong(fmt::format("messages[{}].tool_calls[{}]", at, index),
                   fmt::format("must be an object, not {}", type_name(call)));
    }
    ++index;
  }
  return std::nullopt;
}

Refusal check_message(json::Value message, std::size_t at) {
  if (!message.is(json::Type::object)) {
    return wrong(fmt::format("messages[{}]", at), fmt::format("must be an object, not {}", type_name(message)));
  }
  json::Value role = message["role"];
  if (!role.is(json::Type::string)) {
    return wrong(fmt::format("messages[{}].role", at), role.given() ? "must be a string" : "is missing");
  }
  json::Value content = message["content"];
  if (content.given() && !content.is(json::Type::string) && !content.is(json::Type::array)) {
    return wrong(fmt::format("messages[{}].content", at),
                 fmt::format("must be a string or an array of parts, not {}", type_name(content)));
  }
  std::size_t index = 0;
  for (json::Value part : content) {
    if (!part.is(json::Type::object) && !part.is(json::Type::string)) {
      return wrong(fmt::format("messages[{}].content[{}]", at, index),
                   fmt::format("must be a part, an object, not {}", type_name(part)));
    }
    ++index;
  }
  return check_calls(message["tool_calls"], at);
}

Refusal check_messages(json::Value messages) {
  if (!messages.given()) return wrong("messages", "is required: the conversation, as an array of messages");
  if (!messages.is(json::Type::array))
    return wrong("messages", fmt::format("must be an array, not {}", type_name(messages)));
  if (messages.size() == 0) return wrong("messages", "must hold at least one message; the array is empty");
  std::size_t at = 0;
  for (json::Value message : messages) {
    ++at;
    if (is_plain(message)) continue;
    if (auto refusal = check_message(message, at - 1)) return refusal;
  }
  return std::nullopt;
}

Refusal check_tools(json::Value root, std::string_view list) {
  if (auto refusal = expect(root, list, json::Type::array, "an array")) return refusal;
  std::size_t at = 0;
  for (json::Value tool : root[list]) {
    if (!tool.is(json::Type::object)) {
      return wrong(fmt::format("{}[{}]", list, at), fmt::format("must be an object, not {}", type_name(tool)));
    }
    ++at;
  }
  return std::nullopt;
}

Refusal check_format(json::Value root) {
  if (auto refusal = expect(root, "response_format", json::Type::object, "an object")) return refusal;
  json::Value format = root["response_format"];
  if (!format.given()) return std::nullopt;
  if (!format["type"].is(json::Type::string)) {
    return wrong("response_format.type", "must be \"text\", \"json_object\" or \"json_schema\"");
  }
  if (!format["type"].equals("json_schema")) return std::nullopt;
  json::Value schema = format["json_schema"];
  if (!schema.is(json::Type::object)) return wrong("response_format.json_schema", "is required and must be an object");
  return expect(schema, "schema", json::Type::object, "an object", "response_format.json_schema.schema");
}

Refusal check(json::Value root) {
  if (auto refusal = expect(root, "model", json::Type::string, "a string")) return refusal;
  if (auto refusal = check_messages(root["messages"])) return refusal;
  if (auto refusal = expect(root, "stream", json::Type::boolean, "a boolean")) return refusal;
  if (auto refusal = expect(root, "stream_options", json::Type::object, "an object")) return refusal;
  if (auto refusal = expect(root["stream_options"], "include_usage", json::Type::boolean, "a boolean",
                            "stream_options.include_usage")) {
    return refusal;
  }
  constexpr std::int64_t kAnyCount = std::int64_t{1} << 40;
  if (auto refusal = expect_count(root, "max_tokens", kAnyCount)) return refusal;
  if (auto refusal = expect_count(root, "max_completion_tokens", kAnyCount)) return refusal;
  if (auto refusal = expect_count(root, "n", 128)) return refusal;
  if (auto refusal = check_tools(root, "tools")) return refusal;
  if (auto refusal = check_tools(root, "functions")) return refusal;
  return check_format(root);
}

void read_facts(chat::Request& request) {
  json::Value root = request.document.root();
  request.model = root["model"].string().value_or(std::string());
  request.stream = root["stream"].boolean().value_or(false);
  request.include_usage = request.stream && root["stream_options"]["include_usage"].boolean().value_or(false);
  json::Value messages = root["messages"];
  request.needs_tools = root["tools"].size() > 0 || root["functions"].size() > 0;
  for (json::Value message : messages) {
    if (is_plain(message)) continue;
    request.needs_tools = request.needs_tools || holds_tool_use(message);
    request.needs_vision = request.needs_vision || holds_image(message);
  }
  json::Value format = root["response_format"];
  if (format["type"].equals("json_object")) request.structure = chat::Structure::json_object;
  if (format["type"].equals("json_schema")) {
    request.structure = chat::Structure::json_schema;
    json::Value schema = format["json_schema"]["schema"];
    if (schema.given()) request.schema = schema.raw();
  }
  auto most = root["max_completion_tokens"].integer();
  if (!most) most = root["max_tokens"].integer();
  if (most) request.max_tokens = static_cast<std::uint64_t>(*most);
  request.choices = static_cast<std::uint32_t>(root["n"].integer().value_or(1));
  request.prompt_tokens = estimate_prompt(root);
  request.opening = opening_of(messages);
}
}  // namespace

std::expected<std::unique_ptr<chat::Request>, RequestError> decode_request(std::string text) {
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
  if (auto refusal = check(root)) return std::unexpected(std::move(*refusal));
  read_facts(*request);
  return request;
}

}  // namespace freeway::dialect::openai

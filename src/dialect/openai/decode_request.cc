#include <fmt/format.h>

#include <utility>

#include "dialect/openai/check.h"
#include "dialect/openai/prompt.h"

namespace freeway::dialect::openai {

namespace {
// The members that are looked at, found in one pass.
struct Members {
  json::Value model, messages, stream, stream_options, tools, functions, response_format;
  json::Value max_tokens, max_completion_tokens, n;

  explicit Members(json::Value root);
};

constexpr std::pair<std::string_view, json::Value Members::*> kMembers[] = {
    {"model", &Members::model},
    {"messages", &Members::messages},
    {"stream", &Members::stream},
    {"stream_options", &Members::stream_options},
    {"tools", &Members::tools},
    {"functions", &Members::functions},
    {"response_format", &Members::response_format},
    {"max_tokens", &Members::max_tokens},
    {"max_completion_tokens", &Members::max_completion_tokens},
    {"n", &Members::n},
};

Members::Members(json::Value root) {
  for (json::Value member : root) {
    for (const auto& [name, field] : kMembers) {
      if (member.key_equals(name)) this->*field = member;
    }
  }
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

Refusal check_tools(json::Value tools, std::string_view list) {
  if (auto refusal = expect(tools, list, json::Type::array, "an array")) return refusal;
  std::size_t at = 0;
  for (json::Value tool : tools) {
    if (!tool.is(json::Type::object)) {
      return wrong(fmt::format("{}[{}]", list, at), fmt::format("must be an object, not {}", type_name(tool)));
    }
    ++at;
  }
  return std::nullopt;
}

Refusal check_format(json::Value format) {
  if (auto refusal = expect(format, "response_format", json::Type::object, "an object")) return refusal;
  if (!format.given()) return std::nullopt;
  if (!format["type"].is(json::Type::string)) {
    return wrong("response_format.type", "must be \"text\", \"json_object\" or \"json_schema\"");
  }
  if (!format["type"].equals("json_schema")) return std::nullopt;
  json::Value schema = format["json_schema"];
  if (!schema.is(json::Type::object)) return wrong("response_format.json_schema", "is required and must be an object");
  return expect(schema["schema"], "response_format.json_schema.schema", json::Type::object, "an object");
}

Refusal check(const Members& of) {
  if (auto refusal = expect(of.model, "model", json::Type::string, "a string")) return refusal;
  if (auto refusal = check_messages(of.messages)) return refusal;
  if (auto refusal = expect(of.stream, "stream", json::Type::boolean, "a boolean")) return refusal;
  if (auto refusal = expect(of.stream_options, "stream_options", json::Type::object, "an object")) return refusal;
  json::Value usage = of.stream_options["include_usage"];
  if (auto refusal = expect(usage, "stream_options.include_usage", json::Type::boolean, "a boolean")) return refusal;
  constexpr std::int64_t kAnyCount = std::int64_t{1} << 40;
  if (auto refusal = expect_count(of.max_tokens, "max_tokens", kAnyCount)) return refusal;
  if (auto refusal = expect_count(of.max_completion_tokens, "max_completion_tokens", kAnyCount)) return refusal;
  if (auto refusal = expect_count(of.n, "n", 128)) return refusal;
  if (auto refusal = check_tools(of.tools, "tools")) return refusal;
  if (auto refusal = check_tools(of.functions, "functions")) return refusal;
  return check_format(of.response_format);
}

void read_structure(chat::Request& request, json::Value format) {
  if (!format.given()) return;
  json::Value type = format["type"];
  if (type.equals("json_object")) request.structure = chat::Structure::json_object;
  if (!type.equals("json_schema")) return;
  request.structure = chat::Structure::json_schema;
  json::Value schema = format["json_schema"]["schema"];
  if (schema.given()) request.schema = schema.raw();
}

void read_facts(chat::Request& request, const Members& of) {
  request.model = of.model.string().value_or(std::string());
  request.stream = of.stream.boolean().value_or(false);
  request.include_usage = request.stream && of.stream_options["include_usage"].boolean().value_or(false);
  request.needs_tools = of.tools.size() > 0 || of.functions.size() > 0;
  Prompt prompt = read_prompt(of.messages);
  request.needs_tools = request.needs_tools || prompt.holds_tool_use;
  request.needs_vision = prompt.holds_image;
  request.image_addresses = std::move(prompt.image_addresses);
  request.opening = std::move(prompt.opening);
  request.prompt_tokens = prompt.tokens + estimate_json(of.response_format["json_schema"]);
  if (of.tools.size() > 0) request.prompt_tokens += estimate_json(of.tools);
  if (of.functions.size() > 0) request.prompt_tokens += estimate_json(of.functions);
  read_structure(request, of.response_format);
  auto most = of.max_completion_tokens.integer();
  if (!most) most = of.max_tokens.integer();
  if (most) request.max_tokens = static_cast<std::uint64_t>(*most);
  request.choices = static_cast<std::uint32_t>(of.n.integer().value_or(1));
}
}  // namespace

std::expected<std::unique_ptr<chat::Request>, RequestError> decode_request(std::string text) {
  auto request = open_request(std::move(text));
  if (!request) return request;
  const Members members((*request)->document.root());
  if (auto refusal = check(members)) return std::unexpected(std::move(*refusal));
  read_facts(**request, members);
  return request;
}

}  // namespace freeway::dialect::openai

#include "dialect/openai/prompt.h"

#include <utility>

#include "dialect/openai/digest.h"
#include "dialect/openai/members.h"
#include "token/estimate.h"

namespace freeway::dialect::openai {

namespace {
constexpr std::uint64_t kMessageFrame = 4;
constexpr std::uint64_t kAnswerFrame = 3;
constexpr std::uint64_t kMediaPart = 1000;

std::uint64_t tokens(json::Value value) {
  if (!value.is(json::Type::string)) return value.given() ? token::estimate(value.raw()) : 0;
  // \u4f60 spells one character in six bytes, which the estimate must not take for six.
  if (value.escaped().find("\\u") != std::string_view::npos) return token::estimate(text_of(value));
  return token::estimate(value.escaped());
}

bool is_image(json::Value part) {
  json::Value type = part["type"];
  if (type.given()) return type.equals("image_url") || type.equals("input_image") || type.equals("image");
  return part["image_url"].given();
}

std::uint64_t part_tokens(json::Value part) {
  if (!part.is(json::Type::object)) return tokens(part);
  if (part["text"].is(json::Type::string)) return tokens(part["text"]);
  json::Value type = part["type"];
  if (is_image(part) || type.equals("input_audio") || type.equals("file") || type.equals("input_file")) return kMediaPart;
  return tokens(part);
}

std::uint64_t call_tokens(json::Value function) {
  return kMessageFrame + tokens(function["name"]) + tokens(function["arguments"]);
}

std::uint64_t message_tokens(json::Value message) {
  std::uint64_t sum = kMessageFrame;
  json::Value content = message["content"];
  if (is_plain(message)) return sum + tokens(content);
  if (content.is(json::Type::array)) {
    for (json::Value part : content) sum += part_tokens(part);
  } else {
    sum += tokens(content);
  }
  sum += tokens(message["name"]) + tokens(message["reasoning_content"]);
  json::Value calls = message["tool_calls"];
  if (calls.is(json::Type::array)) {
    for (json::Value call : calls) sum += call_tokens(call["function"]);
  }
  if (message["function_call"].is(json::Type::object)) sum += call_tokens(message["function_call"]);
  return sum;
}

void digest_text(Digest& digest, json::Value value) {
  if (!value.is(json::Type::string)) {
    digest.add(value.given() ? value.raw() : std::string_view());
  } else if (value.escaped().find('\\') == std::string_view::npos) {
    digest.add(value.escaped());
  } else {
    digest.add(text_of(value));
  }
}

void digest_call(Digest& digest, json::Value function) {
  digest_text(digest, function["name"]);
  digest_text(digest, function["arguments"]);
}

void digest_message(Digest& digest, json::Value message) {
  digest_text(digest, message["role"]);
  json::Value content = message["content"];
  if (content.is(json::Type::array)) {
    for (json::Value part : content) digest_text(digest, part["text"].is(json::Type::string) ? part["text"] : part);
  } else {
    digest_text(digest, content);
  }
  if (message["tool_calls"].is(json::Type::array)) {
    for (json::Value call : message["tool_calls"]) digest_call(digest, call["function"]);
  }
  if (message["function_call"].is(json::Type::object)) digest_call(digest, message["function_call"]);
}
}  // namespace

bool is_plain(json::Value message) {
  if (!message.is(json::Type::object) || message.size() != 2) return false;
  json::Value role = message.first();
  json::Value content = role.next();
  if (!role.key_equals("role")) std::swap(role, content);
  if (!role.key_equals("role") || !role.is(json::Type::string)) return false;
  if (!content.key_equals("content") || !content.is(json::Type::string)) return false;
  return role.equals("user") || role.equals("assistant") || role.equals("system");
}

bool holds_image(json::Value message) {
  json::Value content = message["content"];
  if (!content.is(json::Type::array)) return false;
  for (json::Value part : content) {
    if (is_image(part)) return true;
  }
  return false;
}

bool holds_tool_use(json::Value message) {
  json::Value role = message["role"];
  return message["tool_calls"].size() > 0 || message["function_call"].is(json::Type::object) || role.equals("tool") ||
         role.equals("function");
}

std::uint64_t estimate_prompt(json::Value root) {
  std::uint64_t sum = kAnswerFrame;
  for (json::Value message : root["messages"]) sum += message_tokens(message);
  if (root["tools"].size() > 0) sum += tokens(root["tools"]);
  if (root["functions"].size() > 0) sum += tokens(root["functions"]);
  sum += tokens(root["response_format"]["json_schema"]);
  return sum;
}

std::optional<std::string> opening_of(json::Value messages) {
  Digest digest;
  for (json::Value message : messages) {
    digest_message(digest, message);
    if (message["role"].equals("assistant")) return digest.hex();
  }
  return std::nullopt;
}

}  // namespace freeway::dialect::openai

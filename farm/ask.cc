#include "farm/ask.h"

#include <fmt/format.h>

#include <algorithm>

#include "json/document.h"

namespace freeway::farm {
namespace {

constexpr std::uint64_t kTokensPerMessage = 4;

std::size_t text_bytes(json::Value content) {
  if (content.is(json::Type::string)) return content.escaped().size();
  std::size_t bytes = 0;
  for (auto part : content) {
    bytes += part.is(json::Type::string) ? part.escaped().size() : part["text"].escaped().size();
  }
  return bytes;
}

std::string text_of(json::Value content) {
  if (auto text = content.string()) return std::move(*text);
  std::string all;
  for (auto part : content) all += part.string().value_or(part["text"].string().value_or(""));
  return all;
}

bool alphanumeric(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

// The first id in the history that is not `length` letters and digits.
std::optional<std::string> wrong_tool_id(json::Value messages, unsigned length) {
  const auto wrong = [length](json::Value id) {
    const auto text = id.string();
    return text && (text->size() != length || !alphanumeric(*text));
  };
  for (auto message : messages) {
    if (wrong(message["tool_call_id"])) return message["tool_call_id"].string();
    for (auto call : message["tool_calls"]) {
      if (wrong(call["id"])) return call["id"].string();
    }
  }
  return std::nullopt;
}

Result<void> read_messages(json::Value messages, Ask& ask) {
  if (!messages.is(json::Type::array) || messages.size() == 0) {
    return fail(ErrorKind::invalid, "'messages' must be an array with at least one message");
  }
  std::size_t bytes = 0;
  json::Value last_user;
  for (auto message : messages) {
    if (!message.is(json::Type::object)) return fail(ErrorKind::invalid, "each of 'messages' must be an object");
    bytes += text_bytes(message["content"]);
    for (auto call : message["tool_calls"]) bytes += call.raw().size();
    if (message["role"].equals("user")) last_user = message["content"];
    ask.after_tool = message["role"].equals("tool");
  }
  if (last_user) ask.last_user = text_of(last_user);
  ask.prompt_tokens = tokens_in(bytes) + kTokensPerMessage * messages.size();
  return {};
}

}  // namespace

Result<Ask> read_ask(std::string_view body) {
  auto document = json::Document::parse(body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  Ask ask;
  const auto model = root["model"].string();
  if (!model) return fail(ErrorKind::invalid, "you must provide a model parameter");
  ask.model = *model;
  if (auto read = read_messages(root["messages"], ask); !read) return std::unexpected(read.error());
  const auto stream = root["stream"];
  if (stream.given() && !stream.boolean()) return fail(ErrorKind::invalid, "'stream' must be a boolean");
  ask.stream = stream.boolean().value_or(false);
  ask.include_usage = root["stream_options"]["include_usage"].boolean().value_or(false);
  ask.n = static_cast<unsigned>(std::clamp<std::int64_t>(root["n"].integer().value_or(1), 1, 16));
  for (const char* name : {"max_tokens", "max_completion_tokens"}) {
    if (const auto most = root[name].integer(); most && *most > 0) ask.max_tokens = static_cast<std::uint64_t>(*most);
  }
  const auto tools = root["tools"];
  if (tools.size() > 0) ask.prompt_tokens += tokens_in(tools.raw().size());
  ask.first_tool = tools.first()["function"]["name"].string().value_or("");
  const auto format = root["response_format"]["type"];
  ask.structured = format.equals("json_schema") || format.equals("json_object");
  return ask;
}

Result<void> meet(const Demands& demands, std::string_view body, const Ask& ask) {
  const auto document = json::Document::parse(body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  for (const auto& name : demands.reject) {
    if (root[name])
      return fail(ErrorKind::invalid, fmt::format("Unsupported parameter: '{}' is not supported with this model.", name));
  }
  if (demands.tool_id_length > 0) {
    if (const auto id = wrong_tool_id(root["messages"], demands.tool_id_length)) {
      return fail(ErrorKind::invalid, fmt::format("Tool call id was {} but must be a-z, A-Z, 0-9, with a length of {}.", *id,
                                                  demands.tool_id_length));
    }
  }
  if (demands.context > 0 && ask.prompt_tokens > demands.context) {
    return fail(
        ErrorKind::too_large,
        fmt::format("This model's maximum context length is {} tokens. However, your messages resulted in {} tokens.",
                    demands.context, ask.prompt_tokens));
  }
  return {};
}

}  // namespace freeway::farm

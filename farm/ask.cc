#include "farm/ask.h"

#include <fmt/format.h>

#include <algorithm>

#include "json/document.h"

namespace freeway::farm {
namespace {

constexpr std::uint64_t kTokensPerMessage = 4;

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

}  // namespace

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

std::uint64_t prompt_tokens(std::size_t bytes, std::size_t messages, json::Value tools) {
  const auto declared = tools.size() > 0 ? tokens_in(tools.raw().size()) : 0;
  return tokens_in(bytes) + kTokensPerMessage * messages + declared;
}

bool is_base64(std::string_view text) {
  const auto end = text.find_last_not_of('=');
  const auto digits = end == std::string_view::npos ? 0 : end + 1;
  if (digits % 4 == 1 || text.size() - digits > 2) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(digits), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '/' || c == '-' ||
           c == '_';
  });
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

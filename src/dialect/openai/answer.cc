#include "dialect/openai/answer.h"

#include <fmt/format.h>

#include "base/text.h"
#include "dialect/count.h"
#include "dialect/openai/text_filter.h"

namespace freeway::dialect::openai {

namespace {
// The inside of ```json … ``` if the whole text is one fence.
std::optional<std::string_view> inside_fence(std::string_view text) {
  text = trim(text);
  if (text.size() < 6 || !text.starts_with("```") || !text.ends_with("```")) return std::nullopt;
  std::size_t line = text.find('\n');
  if (line == std::string_view::npos || line + 3 > text.size()) return std::nullopt;
  return trim(text.substr(line + 1, text.size() - 3 - line - 1));
}

Result<void> check_once(const AnswerRules& rules, std::string_view text) {
  auto document = json::Document::parse(text);
  if (!document) return fail(ErrorKind::invalid, "schema: the answer is not JSON: " + document.error().message);
  if (rules.structure == chat::Structure::json_object && !document->root().is(json::Type::object)) {
    return fail(ErrorKind::invalid, "schema: the answer is JSON but no object");
  }
  if (!rules.schema) return {};
  auto checked = rules.schema->check(text);
  if (!checked) return fail(ErrorKind::invalid, "schema: " + checked.error().message);
  return {};
}

std::optional<std::uint64_t> count(json::Value usage, std::string_view name) {
  auto number = usage[name].integer();
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}
}  // namespace

AnswerRules::AnswerRules(const chat::Request& asked, std::string_view wire_id)
    : include_usage(asked.include_usage),
      choices(asked.choices),
      request(&asked),
      model(wire_id),
      structure(asked.structure) {
  if (asked.needs_tools) {
    json::Value root = asked.document.root();
    legacy = root["functions"].size() > 0 && root["tools"].size() == 0;
    tools = declared_tools(root);
  }
  if (asked.schema.empty()) return;
  auto compiled = json::Schema::compile(asked.schema);
  if (compiled) schema = std::move(*compiled);
}

Result<std::optional<std::string>> check_structure(const AnswerRules& rules, std::string_view content) {
  if (rules.structure == chat::Structure::none) return std::nullopt;
  auto plain = check_once(rules, content);
  if (plain) return std::nullopt;
  auto inside = inside_fence(content);
  if (!inside) return std::unexpected(plain.error());
  auto fenced = check_once(rules, *inside);
  if (!fenced) return std::unexpected(fenced.error());
  return std::string(*inside);
}

std::optional<chat::Usage> read_usage(json::Value usage) {
  auto prompt = count(usage, "prompt_tokens");
  auto completion = count(usage, "completion_tokens");
  auto total = count(usage, "total_tokens");
  if (!prompt && !completion && !total) return std::nullopt;
  chat::Usage out;
  out.prompt_tokens = prompt.value_or(0);
  std::uint64_t rest = total && *total > out.prompt_tokens ? *total - out.prompt_tokens : 0;
  out.completion_tokens = completion.value_or(rest);
  out.total_tokens = total.value_or(out.prompt_tokens + out.completion_tokens);
  for (json::Value cached : {usage["prompt_tokens_details"]["cached_tokens"], usage["prompt_cache_hit_tokens"],
                             usage["cache_read_input_tokens"], usage["cached_tokens"]})
    out.cached = out.cached || cached.integer().value_or(0) > 0;
  return out;
}

chat::Usage counted_usage(const AnswerRules& rules, std::uint64_t completion_tokens) {
  chat::Usage usage;
  usage.prompt_tokens = count_prompt(*rules.request, rules.encoding()).tokens;
  usage.completion_tokens = completion_tokens;
  usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
  usage.estimated = true;
  return usage;
}

std::string usage_json(const chat::Usage& usage) {
  return fmt::format(R"({{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}})", usage.prompt_tokens,
                     usage.completion_tokens, usage.total_tokens);
}

bool is_failure(std::string_view reason) { return reason == "error" || reason == "network_error"; }

std::string_view reason_with_calls(std::string_view reason) {
  bool fits = reason == "tool_calls" || reason == "function_call" || reason == "length" || reason == "content_filter";
  return fits ? reason : "tool_calls";
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

Result<void> check_arguments(std::string_view name, std::string_view arguments) {
  if (is_blank(arguments)) return {};
  auto document = json::Document::parse(arguments);
  if (document) return {};
  return fail(ErrorKind::malformed,
              fmt::format("the arguments of tool call '{}' are not JSON: {}", name, document.error().message));
}

}  // namespace freeway::dialect::openai

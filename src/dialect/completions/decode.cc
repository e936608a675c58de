#include <fmt/format.h>

#include "dialect/completions/completions.h"
#include "dialect/completions/teller.h"
#include "dialect/openai/check.h"
#include "json/document.h"
#include "json/edit.h"

namespace freeway::dialect::completions {

namespace {

using openai::Refusal;
using openai::wrong;

Refusal check_prompts(json::Value prompt) {
  if (!prompt.given()) return wrong("prompt", "is required: a text, or a list of texts");
  if (prompt.is(json::Type::string)) return std::nullopt;
  if (!prompt.is(json::Type::array))
    return wrong("prompt", fmt::format("must be a text or a list of texts, not {}", openai::type_name(prompt)));
  if (prompt.size() == 0) return wrong("prompt", "is an empty list; name at least one text");
  if (prompt.size() > kMostPrompts)
    return wrong("prompt", fmt::format("holds {} texts; {} are the most", prompt.size(), kMostPrompts));
  std::size_t at = 0;
  for (json::Value one : prompt) {
    if (!one.is(json::Type::string))
      return wrong(fmt::format("prompt[{}]", at),
                   fmt::format("must be a text, not {}: tokens belong to one model's vocabulary", openai::type_name(one)));
    ++at;
  }
  return std::nullopt;
}

// Each prompt is asked with all that stands beside it.
constexpr std::size_t kMostCopied = 8 << 20;

Refusal check(json::Value root) {
  for (std::string_view chats : {"messages", "tools", "tool_choice", "functions", "function_call", "top_logprobs"})
    if (root[chats].given()) return wrong(std::string(chats), "belongs to chat completions; ask /v1/chat/completions");
  std::size_t beside = root.raw().size() - root["prompt"].raw().size();
  if (root["prompt"].is(json::Type::array) && beside * root["prompt"].size() > kMostCopied)
    return wrong("prompt", "holds too many texts for a request that says so much beside them; send them one by one");
  if (auto refusal = check_prompts(root["prompt"])) return refusal;
  if (auto refusal = openai::expect(root["suffix"], "suffix", json::Type::string, "a text")) return refusal;
  if (auto refusal = openai::expect(root["echo"], "echo", json::Type::boolean, "a boolean")) return refusal;
  auto logprobs = root["logprobs"].integer();
  if (root["logprobs"].given() && (!logprobs || *logprobs < 0 || *logprobs > 20))
    return wrong("logprobs", "must be a whole number from 0 to 20");
  auto best_of = root["best_of"].integer();
  if (root["best_of"].given() && (!best_of || *best_of > root["n"].integer().value_or(1)))
    return wrong("best_of", "is more than n: no provider's answers are compared here; ask for n of them and choose");
  return std::nullopt;
}

// The client's document as a chat of one message. Everything that is not of completions alone stays as it is.
std::string as_chat(const json::Document& document, json::Value prompt) {
  json::Value root = document.root();
  json::Edits edits(document);
  json::Value list = root["prompt"];
  edits.rename(list, "messages");
  edits.replace(list, fmt::format(R"([{{"role":"user","content":{}}}])", prompt.raw()));
  for (std::string_view own : {"suffix", "echo", "best_of"}) {
    if (root[own]) edits.remove(root[own]);
  }
  json::Value logprobs = root["logprobs"];
  if (auto most = logprobs.integer()) {
    edits.replace(logprobs, "true");
    if (*most > 0) edits.append_member(root, "top_logprobs", fmt::format_int(*most).str());
  }
  return edits.apply();
}

}  // namespace

std::expected<Asked, RequestError> decode_completions(std::string text) {
  auto opened = openai::open_request(std::move(text));
  if (!opened) return std::unexpected(std::move(opened.error()));
  const json::Document& document = (*opened)->document;
  json::Value root = document.root();
  if (auto refusal = check(root)) return std::unexpected(std::move(*refusal));
  json::Value prompt = root["prompt"];
  bool many = prompt.is(json::Type::array);
  std::size_t count = many ? prompt.size() : 1;
  Asked made;
  made.surface = std::make_shared<const Teller>(root["echo"].boolean().value_or(false), count);
  json::Value one = many ? prompt.first() : prompt;
  for (std::size_t place = 0; place < count; ++place, one = one.next()) {
    auto request = openai::decode_request(as_chat(document, one));
    if (!request) return std::unexpected(std::move(request.error()));
    (*request)->place = static_cast<std::uint32_t>(place);
    if (auto suffix = root["suffix"].string(); suffix && !suffix->empty()) (*request)->suffix = std::move(*suffix);
    if (place == 0) {
      made.request = std::move(*request);
    } else {
      made.further.push_back(std::move(*request));
    }
  }
  return made;
}

}  // namespace freeway::dialect::completions

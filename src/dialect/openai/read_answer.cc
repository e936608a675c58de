#include "dialect/openai/read_answer.h"

#include <fmt/format.h>

#include "base/text.h"
#include "dialect/openai/digest.h"
#include "dialect/openai/fault.h"
#include "dialect/openai/members.h"
#include "dialect/openai/openai.h"
#include "dialect/openai/whole_choice.h"
#include "json/edit.h"

namespace freeway::dialect::openai {

namespace {
Error unreadable(std::string_view body, const Error& error) {
  if (body.starts_with('<')) return {ErrorKind::malformed, "the provider answered HTML: " + describe_text(body)};
  if (body.starts_with("data:") || body.starts_with("event:")) {
    return {ErrorKind::malformed, "the provider answered with a stream although none was asked for"};
  }
  return {ErrorKind::malformed, "the provider's answer is not JSON: " + error.message};
}

chat::Usage settle_usage(const AnswerRules& rules, json::Value root, std::size_t bytes, json::Edits& edits) {
  json::Value present = root["usage"];
  if (auto told = read_usage(present)) return *told;
  chat::Usage usage;
  if (auto told = read_usage(root["x_groq"]["usage"])) {
    usage = *told;
  } else {
    usage.prompt_tokens = rules.prompt_tokens;
    usage.completion_tokens = (bytes + 3) / 4;
    usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
    usage.estimated = true;
  }
  if (present.is(json::Type::object)) {
    set_json(edits, present, "prompt_tokens", std::to_string(usage.prompt_tokens));
    set_json(edits, present, "completion_tokens", std::to_string(usage.completion_tokens));
    set_json(edits, present, "total_tokens", std::to_string(usage.total_tokens));
  } else {
    set_json(edits, root, "usage", usage_json(usage));
  }
  return usage;
}

Result<std::size_t> read_choices(const AnswerRules& rules, json::Value root, json::Edits& edits,
                                 std::vector<std::string>& reported) {
  json::Value choices = root["choices"];
  if (!choices.is(json::Type::array) || choices.size() == 0) {
    return fail(ErrorKind::malformed, "the provider's answer has no choices");
  }
  if (choices.size() < rules.choices) {
    return fail(ErrorKind::malformed,
                fmt::format("{} choices were asked for, the provider sent {}", rules.choices, choices.size()));
  }
  Digest seed;
  seed.add(root["id"].raw()).add(root["created"].raw()).add(root["usage"].raw());
  std::size_t bytes = 0;
  std::uint64_t position = 0;
  for (json::Value choice : choices) {
    WholeChoice reader(rules, seed, edits, reported);
    if (auto read = reader.read(choice, position++); !read) return std::unexpected(read.error());
    bytes += reader.bytes();
  }
  return bytes;
}
}  // namespace

Result<WholeAnswer> read_whole(const AnswerRules& rules, std::string body, std::optional<chat::Fault>& fault) {
  if (body.starts_with("\xEF\xBB\xBF")) body.erase(0, 3);
  std::string_view text = trim(body);
  if (text.empty()) return fail(ErrorKind::closed, "empty answer: the provider sent no body");
  json::Document document;
  if (auto parsed = document.reparse(body); !parsed) return std::unexpected(unreadable(text, parsed.error()));
  json::Value root = document.root();
  if (chat::Fault found; read_error(root, found)) {
    found.body = body.substr(0, 16 * 1024);
    std::string message = "the provider answered with an error inside a success: " + found.message;
    fault = std::move(found);
    return fail(ErrorKind::malformed, std::move(message));
  }
  if (!root.is(json::Type::object)) return fail(ErrorKind::malformed, "the provider's answer is JSON but no object");
  json::Edits edits(document);
  WholeAnswer answer;
  auto bytes = read_choices(rules, root, edits, answer.reported);
  if (!bytes) return std::unexpected(bytes.error());
  answer.usage = settle_usage(rules, root, *bytes, edits);
  if (!has_text(root["model"])) set_string(edits, root, "model", rules.model);
  if (!has_text(root["id"])) set_string(edits, root, "id", "chatcmpl-" + Digest().add(body).letters(24));
  answer.body = edits.empty() ? std::move(body) : edits.apply();
  return answer;
}

Result<WholeAnswer> OpenAi::read_answer(const chat::Request& request, const catalog::Model& model,
                                        std::string_view content_type, std::string body,
                                        std::optional<chat::Fault>& fault) const {
  (void)content_type;  // the body tells more: JSON is often sent as text, and HTML as JSON
  return read_whole(AnswerRules(request, model.id), std::move(body), fault);
}

}  // namespace freeway::dialect::openai

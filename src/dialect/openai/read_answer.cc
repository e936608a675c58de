#include "dialect/openai/read_answer.h"

#include <fmt/format.h>

#include "dialect/openai/digest.h"
#include "dialect/openai/document.h"
#include "dialect/openai/members.h"
#include "dialect/openai/openai.h"
#include "dialect/openai/prompt.h"
#include "dialect/openai/whole_choice.h"
#include "json/edit.h"

namespace freeway::dialect::openai {

namespace {
chat::Usage settle_usage(const AnswerRules& rules, json::Value root, json::Edits& edits) {
  json::Value present = root["usage"];
  if (auto told = read_usage(present)) return *told;
  chat::Usage usage;
  if (auto told = read_usage(root["x_groq"]["usage"])) {
    usage = *told;
  } else {
    usage = counted_usage(rules, count_answer(root["choices"], rules.encoding()));
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

Result<void> read_choices(const AnswerRules& rules, json::Value root, json::Edits& edits, Mended& mended) {
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
  std::uint64_t position = 0;
  for (json::Value choice : choices) {
    WholeChoice reader(rules, seed, edits, mended);
    if (auto read = reader.read(choice, position++); !read) return std::unexpected(read.error());
  }
  return {};
}
}  // namespace

Result<WholeAnswer> read_whole(const AnswerRules& rules, std::string body, std::optional<chat::Fault>& fault) {
  AnswerDocument given;
  if (auto opened = open_answer(std::move(body), given, fault); !opened) return std::unexpected(opened.error());
  json::Value root = given.root();
  json::Edits edits(given.document);
  WholeAnswer answer;
  auto read = read_choices(rules, root, edits, answer.mended);
  if (!read) return std::unexpected(read.error());
  answer.usage = settle_usage(rules, root, edits);
  if (!has_text(root["model"])) set_string(edits, root, "model", rules.model);
  if (!has_text(root["id"])) set_string(edits, root, "id", "chatcmpl-" + Digest().add(given.text).letters(24));
  answer.body = edits.empty() ? std::move(given.text) : edits.apply();
  return answer;
}

std::optional<chat::Usage> usage_in(std::string_view body) {
  json::Document document;
  if (!document.reparse(body)) return std::nullopt;
  json::Value root = document.root();
  auto told = read_usage(root["usage"]);
  return told ? told : read_usage(root["x_groq"]["usage"]);
}

std::optional<chat::Usage> OpenAi::told_usage(const chat::Request&, const catalog::Model&, std::string_view body) const {
  return usage_in(body);
}

Result<WholeAnswer> OpenAi::read_answer(const chat::Request& request, const catalog::Model& model,
                                        std::string_view content_type, std::string body,
                                        std::optional<chat::Fault>& fault) const {
  (void)content_type;  // the body tells more: JSON is often sent as text, and HTML as JSON
  return read_whole(AnswerRules(request, model.id), std::move(body), fault);
}

}  // namespace freeway::dialect::openai

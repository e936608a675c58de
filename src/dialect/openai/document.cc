#include "dialect/openai/document.h"

#include "base/text.h"
#include "dialect/openai/fault.h"

namespace freeway::dialect::openai {

namespace {

Error unreadable(std::string_view body, const Error& error) {
  if (body.starts_with('<')) return {ErrorKind::malformed, "the provider answered HTML: " + describe_text(body)};
  if (body.starts_with("data:") || body.starts_with("event:"))
    return {ErrorKind::malformed, "the provider answered with a stream although none was asked for"};
  return {ErrorKind::malformed, "the provider's answer is not JSON: " + error.message};
}

}  // namespace

Result<void> open_answer(std::string body, AnswerDocument& into, std::optional<chat::Fault>& fault, bool list) {
  if (body.starts_with("\xEF\xBB\xBF")) body.erase(0, 3);
  into.text = std::move(body);
  std::string_view text = trim(into.text);
  if (text.empty()) return fail(ErrorKind::closed, "empty answer: the provider sent no body");
  auto parsed = into.document.reparse(into.text);
  if (!parsed) return std::unexpected(unreadable(text, parsed.error()));
  json::Value root = into.root();
  if (chat::Fault found; read_error(root, found)) {
    found.body = into.text.substr(0, 16 * 1024);
    std::string message = "the provider answered with an error inside a success: " + found.message;
    fault = std::move(found);
    return fail(ErrorKind::malformed, std::move(message));
  }
  if (root.is(json::Type::object) || (list && root.is(json::Type::array))) return {};
  return fail(ErrorKind::malformed, "the provider's answer is JSON but no object");
}

}  // namespace freeway::dialect::openai

#include "dialect/clipping.h"

#include <fmt/format.h>

#include "dialect/openai/prompt.h"
#include "token/encoding.h"

namespace freeway::dialect {

namespace {

constexpr std::uint64_t kLarge = 2000;  // tokens of a prompt that is worth a look

// So little was read of so much that it can't be the same text.
bool too_few(std::uint64_t read, std::uint64_t sent) { return sent > kLarge && read < sent / 5 * 3; }

}  // namespace

std::optional<std::string> clipped(const chat::Request& request, const catalog::Model& model, const chat::Usage& usage) {
  if (request.kind != chat::Kind::chat || usage.estimated || usage.cached || usage.prompt_tokens == 0) return std::nullopt;
  if (!too_few(usage.prompt_tokens, request.prompt_tokens)) return std::nullopt;
  token::Vocabulary vocabulary = token::vocabulary_of(model.id);
  if (!vocabulary.own) return std::nullopt;
  std::uint64_t sent = openai::count_texts(request.document.root()["messages"], vocabulary.encoding);
  if (!too_few(usage.prompt_tokens, sent)) return std::nullopt;
  return fmt::format("{} of the prompt's {} tokens were read", usage.prompt_tokens, sent);
}

}  // namespace freeway::dialect

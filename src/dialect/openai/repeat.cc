#include "dialect/openai/repeat.h"

namespace freeway::dialect::openai {

namespace {

bool is_plain_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte >= 0x7f || byte == '"') return false;
    if (byte != '\\') continue;
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    if (++at == text.size() || kLetters.find(text[at]) == std::string_view::npos) return false;
  }
  return !text.empty();
}

}  // namespace

void Repeat::learn(std::string_view chunk, std::string_view text) {
  auto begin = static_cast<std::size_t>(text.data() - chunk.data());
  before_ = chunk.substr(0, begin + 1);
  after_ = chunk.substr(begin + text.size() - 1);
}

std::optional<std::string_view> Repeat::text_of(std::string_view chunk) const {
  if (before_.empty() || chunk.size() < before_.size() + after_.size()) return std::nullopt;
  if (!chunk.starts_with(before_) || !chunk.ends_with(after_)) return std::nullopt;
  std::string_view text = chunk.substr(before_.size(), chunk.size() - before_.size() - after_.size());
  if (!is_plain_text(text)) return std::nullopt;
  return text;
}

}  // namespace freeway::dialect::openai

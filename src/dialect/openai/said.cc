#include "dialect/openai/said.h"

#include "json/document.h"
#include "token/count.h"

namespace freeway::dialect::openai {

void Said::add(std::string_view text) {
  bytes_ += text.size();
  if (text_.size() < kKept) text_.append(text.substr(0, kKept - text_.size()));
}

void Said::add_escaped(std::string_view escaped) {
  if (escaped.find('\\') == std::string_view::npos) return add(escaped);
  add(json::unescape(escaped));
}

std::uint64_t Said::tokens(token::Encoding encoding) const {
  std::uint64_t tokens = token::count(encoding, text_);
  return bytes_ > text_.size() ? tokens * bytes_ / text_.size() : tokens;
}

}  // namespace freeway::dialect::openai

#include "dialect/responses/call_input.h"

#include <algorithm>

#include "dialect/openai/members.h"
#include "dialect/responses/tools.h"
#include "json/document.h"

namespace freeway::dialect::responses {

namespace {

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(" \t\r\n", at), text.size());
}

// How long the escape at the beginning is; 0: its end has not come.
std::size_t escape_size(std::string_view text) {
  constexpr std::size_t kUnit = 6;  // \uD83D
  if (text.size() < 2) return 0;
  if (text[1] != 'u') return 2;
  if (text.size() < kUnit) return 0;
  bool high = (text[2] == 'd' || text[2] == 'D') && std::string_view("89abAB").find(text[3]) != std::string_view::npos;
  if (!high) return kUnit;
  // The other half, if it follows, is of the same character.
  if (text.size() == kUnit || (text.size() == kUnit + 1 && text[kUnit] == '\\')) return 0;
  if (text[kUnit] != '\\' || text[kUnit + 1] != 'u') return kUnit;
  return text.size() < 2 * kUnit ? 0 : 2 * kUnit;
}

}  // namespace

// `{ "input" : "` and no other beginning.
bool CallInput::find_begin() {
  std::string_view text = arguments_;
  std::size_t at = skip_blanks(text, 0);
  for (std::string_view token :
       {std::string_view("{"), std::string_view("\"input\""), std::string_view(":"), std::string_view("\"")}) {
    if (text.substr(at, token.size()) != token) return false;
    at += token.size();
    if (token != "\"") at = skip_blanks(text, at);
  }
  at_ = at;
  return true;
}

void CallInput::unescape(std::string& out) {
  std::string_view text = arguments_;
  while (at_ < text.size()) {
    std::size_t special = std::min(text.find_first_of("\"\\", at_), text.size());
    out.append(text.substr(at_, special - at_));
    at_ = special;
    if (at_ == text.size()) return;
    if (text[at_] == '"') {
      state_ = State::after;
      return;
    }
    std::size_t size = escape_size(text.substr(at_));
    if (size == 0) return;
    out += json::unescape(text.substr(at_, size));
    at_ += size;
  }
}

void CallInput::feed(std::string_view piece, std::string& out) {
  arguments_.append(piece);
  if (state_ == State::before && find_begin()) state_ = State::inside;
  if (state_ == State::inside) unescape(out);
}

void CallInput::finish(std::string& out) {
  if (state_ != State::before) return;
  state_ = State::after;
  auto document = json::Document::parse(arguments_);
  json::Value root = document ? document->root() : json::Value();
  json::Value input = root[kCustomArgument];
  if (!input.is(json::Type::string) && root.size() == 1) input = root.first();
  if (root.is(json::Type::string)) input = root;
  if (input.is(json::Type::string)) {
    openai::append_text(out, input);
  } else if (!root.is(json::Type::object) || root.size() > 0) {
    out += arguments_;
  }
}

}  // namespace freeway::dialect::responses

#include "token/split.h"

namespace freeway::token {

namespace {

constexpr bool is_letter(CharacterClass kind) {
  return kind == CharacterClass::caseless || kind == CharacterClass::lower || kind == CharacterClass::upper;
}
// Counts as a small letter and as a capital.
constexpr bool is_both(CharacterClass kind) { return kind == CharacterClass::caseless || kind == CharacterClass::mark; }
constexpr bool is_sign(CharacterClass kind) { return kind == CharacterClass::other || kind == CharacterClass::mark; }
constexpr bool is_newline(char byte) { return byte == '\r' || byte == '\n'; }

}  // namespace

std::string_view Splitter::next() {
  Character first = look(at_);
  if (first.size == 0) return {};
  std::size_t end = at_;
  if (encoding_ == Encoding::cl100k) end = contraction(at_);
  if (end == at_) end = word(first);
  if (end == at_ && first.kind == CharacterClass::number) end = numbers();
  if (end == at_) end = signs();
  if (end == at_) end = spaces();
  std::string_view piece = text_.substr(at_, end - at_);
  at_ = end;
  return piece;
}

// Letters, before which one character may stand that is neither letter, number nor line break. Like all the others below:
// where it ends; where it would begin, if there is none.
std::size_t Splitter::word(Character first) const {
  std::size_t second = at_ + first.size;
  bool leads = !is_letter(first.kind) && first.kind != CharacterClass::number && !is_newline(text_[at_]);
  if (!leads && !is_letter(first.kind)) return at_;
  if (encoding_ == Encoding::cl100k) {
    std::size_t from = leads ? second : at_;
    std::size_t end = letters(from);
    return end > from ? end : at_;
  }
  if (leads) {
    std::size_t end = capitals_and_letters(second, true);
    // A mark leads only what ends in a small letter; else it is one itself.
    if (end == second && first.kind != CharacterClass::mark) end = capitals_and_letters(second, false);
    if (end > second) return contraction(end);
    if (first.kind != CharacterClass::mark) return at_;
  }
  std::size_t end = capitals_and_letters(at_, true);
  if (end == at_) end = capitals_and_letters(at_, false);
  return end > at_ ? contraction(end) : at_;
}

std::size_t Splitter::letters(std::size_t at) const {
  for (Character one = look(at); is_letter(one.kind); one = look(at)) at += one.size;
  return at;
}

// With small letters: capitals, then at least one small letter, as many as there are; what counts as both goes to either
// side. Without: capitals alone.
std::size_t Splitter::capitals_and_letters(std::size_t at, bool with_small) const {
  std::size_t from = at, both = at;
  Character one = look(at);
  for (; one.kind == CharacterClass::upper || is_both(one.kind); one = look(at)) {
    at += one.size;
    if (is_both(one.kind)) both = at;
  }
  if (!with_small) return at;
  if (one.kind != CharacterClass::lower) return both > from ? both : from;
  for (; one.kind == CharacterClass::lower || is_both(one.kind); one = look(at)) at += one.size;
  return at;
}

// 's 't 're 've 'm 'll 'd, in capitals too. A long s is a small s to Unicode.
std::size_t Splitter::contraction(std::size_t at) const {
  std::string_view rest = text_.substr(at, 3);
  if (rest.size() < 2 || rest[0] != '\'') return at;
  if (rest.substr(1) == "\xc5\xbf") return at + 3;
  auto small = [&rest](std::size_t i) { return i < rest.size() ? static_cast<char>(rest[i] | 0x20) : '\0'; };
  char first = small(1), second = small(2);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
  bool two = (first == 'l' && second == 'l') || (first == 'v' && second == 'e') || (first == 'r' && second == 'e');
  return two ? at + 3 : at;
}

std::size_t Splitter::numbers() const {
  std::size_t end = at_;
  Character one = look(end);
  for (int i = 0; i < 3 && one.kind == CharacterClass::number; ++i, one = look(end)) end += one.size;
  return end;
}

// What is neither space, letter nor number, a blank before it and line breaks after it.
std::size_t Splitter::signs() const {
  std::size_t from = text_[at_] == ' ' ? at_ + 1 : at_;
  std::size_t end = from;
  for (Character one = look(end); one.size > 0 && is_sign(one.kind); one = look(end)) end += one.size;
  if (end == from) return at_;
  bool slashes = encoding_ == Encoding::o200k;
  while (end < text_.size() && (is_newline(text_[end]) || (slashes && text_[end] == '/'))) ++end;
  return end;
}

// Up to the last line break; without one, all but the last space, which the next piece may begin with.
std::size_t Splitter::spaces() const {
  std::size_t end = at_, last = at_, after_newline = at_;
  for (Character one = look(end); one.kind == CharacterClass::space; one = look(end)) {
    last = end;
    end += one.size;
    if (is_newline(text_[last])) after_newline = end;
  }
  bool to_the_end = end == text_.size();
  if (to_the_end && encoding_ == Encoding::cl100k) return end;
  if (after_newline > at_) return after_newline;
  return to_the_end || last == at_ ? end : last;
}

}  // namespace freeway::token

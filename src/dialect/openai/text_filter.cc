#include "dialect/openai/text_filter.h"

#include <algorithm>

#include "base/text.h"
#include "dialect/openai/members.h"

namespace freeway::dialect::openai {

namespace {
constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kThink = "<think>";
constexpr std::string_view kThinkEnd = "</think>";
constexpr std::string_view kOpens = "<[";        // what every form of a call begins with
constexpr std::size_t kBlankLimit = 1024;        // leading white space held back
constexpr std::size_t kCallLimit = 1024 * 1024;  // an open call; beyond it is text

// Bytes at the end of `text` that may be the beginning of `tag`.
std::size_t begun(std::string_view text, std::string_view tag) {
  for (std::size_t size = std::min(text.size(), tag.size() - 1); size > 0; --size) {
    if (text.substr(text.size() - size) == tag.substr(0, size)) return size;
  }
  return 0;
}

// Where a call begins, or may begin when more has come.
struct Opening {
  std::size_t at = std::string_view::npos;
  const CallForm* form = nullptr;  // null: not known yet
};

Opening find_opening(std::string_view text) {
  for (std::size_t at = text.find_first_of(kOpens); at != std::string_view::npos; at = text.find_first_of(kOpens, at + 1)) {
    std::string_view rest = text.substr(at);
    for (const CallForm& form : call_forms()) {
      if (rest.starts_with(form.open)) return {at, &form};
      if (form.open.starts_with(rest)) return {at, nullptr};
    }
  }
  return {};
}

void emit(std::vector<Segment>& out, Segment::Kind kind, std::string_view text) {
  if (text.empty()) return;
  if (!out.empty() && out.back().kind == kind) {
    out.back().text.append(text);
  } else {
    out.push_back({kind, std::string(text), {}});
  }
}
}  // namespace

std::optional<std::vector<Segment>> content_parts(json::Value content) {
  if (!content.is(json::Type::array) || content.size() == 0) return std::nullopt;
  std::vector<Segment> parts;
  for (json::Value part : content) {
    Segment segment;
    if (part["type"].equals("text") && part["text"].is(json::Type::string)) {
      append_text(segment.text, part["text"]);
    } else if (part["type"].equals("thinking")) {
      segment.kind = Segment::Kind::reasoning;
      append_text(segment.text, part["thinking"]);
      for (json::Value piece : part["thinking"]) append_text(segment.text, piece["text"]);
    } else {
      return std::nullopt;
    }
    parts.push_back(std::move(segment));
  }
  return parts;
}

bool TextFilter::passes(std::string_view escaped) const {
  if (mode_ != Mode::text || !held_.empty()) return false;
  if (!watches_calls()) return true;
  return escaped.find_first_of(kOpens) == std::string_view::npos && escaped.find("\\u") == std::string_view::npos;
}

void TextFilter::feed(std::string_view text, std::vector<Segment>& out) {
  held_.append(text);
  while (step(out)) {
  }
}

bool TextFilter::step(std::vector<Segment>& out) {
  switch (mode_) {
    case Mode::start: return step_start();
    case Mode::thinking: return step_thinking(out);
    case Mode::after_block: return step_after();
    case Mode::text: return step_text(out);
    case Mode::call: return step_call(out);
  }
  return false;
}

bool TextFilter::step_start() {
  std::size_t at = held_.find_first_not_of(kBlank);
  if (at == std::string::npos) {
    if (held_.size() > kBlankLimit) mode_ = Mode::text;
    return mode_ != Mode::start;
  }
  std::string_view rest = std::string_view(held_).substr(at);
  if (rest.starts_with(kThink)) {
    held_.erase(0, at + kThink.size());
    mode_ = Mode::thinking;
  } else if (rest.size() < kThink.size() && kThink.starts_with(rest)) {
    return false;
  } else {
    mode_ = Mode::text;
  }
  return true;
}

bool TextFilter::step_thinking(std::vector<Segment>& out) {
  std::size_t end = held_.find(kThinkEnd);
  if (end != std::string::npos) {
    emit(out, Segment::Kind::reasoning, std::string_view(held_).substr(0, end));
    held_.erase(0, end + kThinkEnd.size());
    mode_ = Mode::after_block;
    return true;
  }
  std::size_t known = held_.size() - begun(held_, kThinkEnd);
  emit(out, Segment::Kind::reasoning, std::string_view(held_).substr(0, known));
  held_.erase(0, known);
  return false;
}

bool TextFilter::step_after() {
  std::size_t at = held_.find_first_not_of(kBlank);
  held_.erase(0, at);
  if (held_.empty()) return false;
  mode_ = Mode::text;
  return true;
}

bool TextFilter::step_text(std::vector<Segment>& out) {
  Opening opening;
  if (watches_calls()) opening = find_opening(held_);
  std::size_t known = std::min(opening.at, held_.size());
  std::string_view before = std::string_view(held_).substr(0, known);
  bool blank = !any_text_ && before.find_first_not_of(kBlank) == std::string_view::npos;
  if (opening.form && blank) {
    lead_.assign(before);
  } else if (known < held_.size() && blank) {
    return false;
  } else {
    emit(out, Segment::Kind::text, before);
    any_text_ = any_text_ || !before.empty();
  }
  held_.erase(0, known);
  form_ = opening.form;
  if (!form_) return false;
  mode_ = Mode::call;
  return true;
}

bool TextFilter::step_call(std::vector<Segment>& out) {
  std::size_t end = form_->close.empty() ? std::string::npos : held_.find(form_->close, form_->open.size());
  if (end == std::string::npos && held_.size() < kCallLimit) return false;
  std::string_view inside;
  if (end != std::string::npos) inside = std::string_view(held_).substr(form_->open.size(), end - form_->open.size());
  if (end != std::string::npos && keep_calls(inside, out)) {
    mode_ = Mode::after_block;
    held_.erase(0, end + form_->close.size());
  } else {
    mode_ = Mode::text;
    emit(out, Segment::Kind::text, lead_);
    emit(out, Segment::Kind::text, form_->open);
    any_text_ = true;
    held_.erase(0, form_->open.size());
  }
  lead_.clear();
  return true;
}

void TextFilter::end(std::vector<Segment>& out) {
  // Models leave the closing tag out when it is their end mark.
  while (mode_ == Mode::call) {
    if (keep_calls(std::string_view(held_).substr(form_->open.size()), out)) {
      held_.clear();
      mode_ = Mode::text;
    } else {
      emit(out, Segment::Kind::text, lead_);
      emit(out, Segment::Kind::text, form_->open);
      any_text_ = true;
      held_.erase(0, form_->open.size());
      mode_ = Mode::text;
      // What follows may hold a call that is whole.
      while (step(out)) continue;
    }
    lead_.clear();
  }
  emit(out, mode_ == Mode::thinking ? Segment::Kind::reasoning : Segment::Kind::text, held_);
  held_.clear();
  if (mode_ != Mode::text) mode_ = Mode::text;
}

bool TextFilter::keep_calls(std::string_view inside, std::vector<Segment>& out) const {
  auto calls = form_->read(inside, *tools_);
  if (!calls) return false;
  for (WrittenCall& call : *calls) out.push_back({Segment::Kind::call, std::move(call.name), std::move(call.arguments)});
  return true;
}

}  // namespace freeway::dialect::openai

#include "dialect/openai/text_filter.h"

#include <algorithm>

#include "base/text.h"
#include "dialect/openai/members.h"

namespace freeway::dialect::openai {

namespace {
constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kThink = "<think>";
constexpr std::string_view kThinkEnd = "</think>";
constexpr std::string_view kCall = "<tool_call>";
constexpr std::string_view kCallEnd = "</tool_call>";
constexpr std::size_t kBlankLimit = 1024;        // leading white space held back
constexpr std::size_t kCallLimit = 1024 * 1024;  // an open <tool_call>; beyond it is text

// Bytes at the end of `text` that may be the beginning of `tag`.
std::size_t begun(std::string_view text, std::string_view tag) {
  for (std::size_t size = std::min(text.size(), tag.size() - 1); size > 0; --size) {
    if (text.substr(text.size() - size) == tag.substr(0, size)) return size;
  }
  return 0;
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

std::vector<std::string> declared_tools(json::Value root) {
  std::vector<std::string> names;
  if (root["tool_choice"].equals("none") || root["function_call"].equals("none")) return names;
  if (json::Value tools = root["tools"]; tools.is(json::Type::array)) {
    for (json::Value tool : tools) {
      if (has_text(tool["function"]["name"])) names.push_back(text_of(tool["function"]["name"]));
    }
  }
  if (json::Value functions = root["functions"]; functions.is(json::Type::array)) {
    for (json::Value function : functions) {
      if (has_text(function["name"])) names.push_back(text_of(function["name"]));
    }
  }
  return names;
}

bool TextFilter::passes(std::string_view escaped) const {
  if (mode_ != Mode::text || !held_.empty()) return false;
  if (!watches_calls()) return true;
  return escaped.find('<') == std::string_view::npos && escaped.find("\\u00") == std::string_view::npos;
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
  std::size_t tag = watches_calls() ? held_.find(kCall) : std::string::npos;
  std::size_t known = tag;
  if (tag == std::string::npos) known = held_.size() - (watches_calls() ? begun(held_, kCall) : 0);
  std::string_view before = std::string_view(held_).substr(0, known);
  bool blank = !any_text_ && before.find_first_not_of(kBlank) == std::string_view::npos;
  if (tag != std::string::npos && blank) {
    lead_.assign(before);
  } else if (known < held_.size() && blank) {
    return false;
  } else {
    emit(out, Segment::Kind::text, before);
    any_text_ = any_text_ || !before.empty();
  }
  held_.erase(0, known);
  if (tag == std::string::npos) return false;
  mode_ = Mode::call;
  return true;
}

bool TextFilter::step_call(std::vector<Segment>& out) {
  std::size_t end = held_.find(kCallEnd);
  if (end == std::string::npos && held_.size() < kCallLimit) return false;
  std::optional<Segment> call;
  if (end != std::string::npos) call = read_call(std::string_view(held_).substr(kCall.size(), end - kCall.size()));
  mode_ = call ? Mode::after_block : Mode::text;
  if (call) {
    out.push_back(std::move(*call));
    held_.erase(0, end + kCallEnd.size());
  } else {
    emit(out, Segment::Kind::text, lead_);
    emit(out, Segment::Kind::text, kCall);
    any_text_ = true;
    held_.erase(0, kCall.size());
  }
  lead_.clear();
  return true;
}

void TextFilter::end(std::vector<Segment>& out) {
  if (mode_ == Mode::call) {
    // Models leave the closing tag out when it is their end mark.
    auto call = read_call(std::string_view(held_).substr(kCall.size()));
    if (call) {
      out.push_back(std::move(*call));
      held_.clear();
    } else {
      emit(out, Segment::Kind::text, lead_);
    }
    lead_.clear();
  }
  emit(out, mode_ == Mode::thinking ? Segment::Kind::reasoning : Segment::Kind::text, held_);
  held_.clear();
  if (mode_ != Mode::text) mode_ = Mode::text;
}

std::optional<Segment> TextFilter::read_call(std::string_view inside) const {
  auto document = json::Document::parse(trim(inside));
  if (!document) return std::nullopt;
  json::Value root = document->root();
  std::string name = text_of(root["name"]);
  if (std::find(tools_->begin(), tools_->end(), name) == tools_->end()) return std::nullopt;
  json::Value arguments = root["arguments"] ? root["arguments"] : root["parameters"];
  Segment call{Segment::Kind::call, std::move(name), "{}"};
  if (arguments.is(json::Type::object)) {
    call.arguments.assign(arguments.raw());
  } else if (arguments.is(json::Type::string)) {
    call.arguments = text_of(arguments);
    auto checked = json::Document::parse(call.arguments);
    if (!checked || !checked->root().is(json::Type::object)) return std::nullopt;
  } else if (arguments.given()) {
    return std::nullopt;
  }
  return call;
}

}  // namespace freeway::dialect::openai

#include "dialect/openai/whole_choice.h"

#include <fmt/format.h>

#include "dialect/openai/members.h"
#include "json/writer.h"

namespace freeway::dialect::openai {

namespace {
// Something that a client can use although there is no text and no call.
bool holds_other(json::Value message) {
  return has_text(message["refusal"]) || has_text(message["reasoning_content"]) || has_text(message["reasoning"]) ||
         message["reasoning_details"].size() > 0 || message["audio"].is(json::Type::object) || message["images"].size() > 0;
}

std::string call_json(std::string_view id, std::string_view name, std::string_view arguments) {
  return fmt::format(R"({{"id":{},"type":"function","function":{{"name":{},"arguments":{}}}}})", json::quote(id),
                     json::quote(name), json::quote(arguments));
}

std::string old_call_json(std::string_view name, std::string_view arguments) {
  return fmt::format(R"({{"name":{},"arguments":{}}})", json::quote(name), json::quote(arguments));
}

// Arguments of a call as text: an object's own text, nothing for none.
std::string arguments_of(json::Value function) {
  json::Value arguments = function["arguments"];
  if (arguments.is(json::Type::string)) return text_of(arguments);
  return arguments.given() ? std::string(arguments.raw()) : std::string();
}
}  // namespace

std::string WholeChoice::next_id() { return mint_call_id(Digest(seed_).add(choice_.raw()).add(minted_++)); }

Result<void> WholeChoice::read(json::Value choice, std::uint64_t position) {
  choice_ = choice;
  seed_.add(position);
  message_ = choice["message"];
  if (!message_.is(json::Type::object)) return fail(ErrorKind::malformed, "a choice without a message");
  reason_ = text_of(choice["finish_reason"]);
  if (reason_.empty()) return fail(ErrorKind::malformed, "the answer has no finish reason");
  if (is_failure(reason_)) return fail(ErrorKind::malformed, "the answer ended with finish reason " + reason_);
  if (auto done = read_calls(); !done) return done;
  if (auto done = read_text(); !done) return done;
  if (auto done = check_outcome(); !done) return done;
  write_text();
  write_calls();
  write_reason();
  return {};
}

Result<void> WholeChoice::read_calls() {
  calls_ = message_["tool_calls"];
  if (!calls_.is(json::Type::array) || calls_.size() == 0) {
    calls_ = json::Value();
    json::Value old = message_["function_call"];
    has_calls_ = old.is(json::Type::object);
    return has_calls_ ? check_arguments(text_of(old["name"]), arguments_of(old)) : Result<void>();
  }
  has_calls_ = true;
  for (json::Value call : calls_) {
    if (auto read = read_call(call); !read) return read;
  }
  return {};
}

Result<void> WholeChoice::read_call(json::Value call) {
  if (!call.is(json::Type::object)) return fail(ErrorKind::malformed, "a tool call that is no object");
  json::Value function = call["function"];
  if (!function.given() && call["type"].given() && !call["type"].equals("function")) return {};
  if (!has_text(function["name"])) return fail(ErrorKind::malformed, "a tool call without a name");
  std::string arguments = arguments_of(function);
  return check_arguments(text_of(function["name"]), arguments);
}

Result<void> WholeChoice::read_text() {
  json::Value content = message_["content"];
  has_text_ = has_text(content) || content.size() > 0;
  auto in_parts = content_parts(content);
  if (!content.is(json::Type::string) && !in_parts) return {};
  std::string_view escaped = content.escaped();
  bool plain = !escaped.contains('<') && !escaped.contains('[') && !content.has_unicode_escapes();
  if (plain && !in_parts && rules_.structure == chat::Structure::none) return {};
  static const std::vector<DeclaredTool> kNone;
  TextFilter filter(has_calls_ ? kNone : rules_.tools);
  std::vector<Segment> segments;
  std::string text = text_of(content);
  for (Segment& part : in_parts.value_or(std::vector<Segment>())) {
    (part.kind == Segment::Kind::reasoning ? reasoning_ : text).append(part.text);
  }
  filter.feed(text, segments);
  filter.end(segments);
  for (Segment& segment : segments) {
    if (segment.kind == Segment::Kind::text) text_.append(segment.text);
    if (segment.kind == Segment::Kind::reasoning) reasoning_.append(segment.text);
    if (segment.kind == Segment::Kind::call) written_calls_.push_back(std::move(segment));
  }
  has_calls_ = has_calls_ || !written_calls_.empty();
  text_changed_ = in_parts || text_ != text;
  if (in_parts) mended_.repair(kContentParts);
  has_text_ = !text_.empty();
  bool complete = !has_calls_ && reason_ != "length" && reason_ != "content_filter" && !message_["refusal"].given();
  if (!complete) return {};
  auto checked = check_structure(rules_, text_);
  if (!checked) return std::unexpected(checked.error());
  if (*checked) {
    text_ = std::move(**checked);
    text_changed_ = true;
    mended_.repair(kCodeFence);
  }
  return {};
}

Result<void> WholeChoice::check_outcome() {
  bool said = has_text_ || !reasoning_.empty() || has_calls_ || holds_other(message_);
  bool cut = reason_ == "length";
  if (!said && !cut) return fail(ErrorKind::closed, "empty answer");
  if ((reason_ == "tool_calls" || reason_ == "function_call") && !has_calls_) {
    return fail(ErrorKind::malformed, "the finish reason is " + reason_ + " but there is no tool call");
  }
  bool no_text = rules_.structure != chat::Structure::none && !has_text_;
  if (no_text && !has_calls_ && !cut && !message_["refusal"].given() && reason_ != "content_filter") {
    return fail(ErrorKind::invalid, "schema: the answer holds no text");
  }
  return {};
}

void WholeChoice::write_text() {
  if (!text_changed_) return;
  json::Value content = message_["content"];
  bool only_calls = text_.empty() && !written_calls_.empty();
  edits_.replace(content, only_calls ? "null" : json::quote(text_));
  if (reasoning_.empty()) return;
  json::Value present = message_["reasoning_content"];
  if (!has_text(present) && has_text(message_["reasoning"])) present = message_["reasoning"];
  if (!has_text(present)) {
    set_string(edits_, message_, "reasoning_content", reasoning_);
  } else if (std::string before = text_of(present); before.find(reasoning_) == std::string::npos) {
    edits_.replace(present, json::quote(before + "\n" + reasoning_));
  }
}

void WholeChoice::write_calls() {
  if (rules_.legacy && has_calls_) return write_old_call();
  if (!written_calls_.empty()) {
    std::string list;
    for (const Segment& call : written_calls_) {
      if (!list.empty()) list.push_back(',');
      list.append(call_json(next_id(), call.text, call.arguments));
    }
    set_json(edits_, message_, "tool_calls", "[" + list + "]");
    return;
  }
  for (json::Value call : calls_) {
    if (!has_text(call["id"])) set_string(edits_, call, "id", next_id());
    if (!has_text(call["type"])) set_string(edits_, call, "type", "function");
    json::Value function = call["function"];
    if (!function.is(json::Type::object)) continue;
    if (is_blank(arguments_of(function))) {
      set_string(edits_, function, "arguments", "{}");
    } else if (auto inside = unwrap_arguments(arguments_of(function))) {
      set_string(edits_, function, "arguments", *inside);
      mended_.repair(kJsonTwice);
    } else {
      repair_arguments(edits_, function);
    }
  }
}

// The old form has room for one call.
void WholeChoice::write_old_call() {
  std::string name, arguments;
  if (!written_calls_.empty()) {
    name = written_calls_.front().text;
    arguments = written_calls_.front().arguments;
    set_json(edits_, message_, "function_call", old_call_json(name, arguments));
  } else if (calls_) {
    json::Value function = calls_.first()["function"];
    arguments = arguments_of(function);
    std::string call = old_call_json(text_of(function["name"]), is_blank(arguments) ? "{}" : arguments);
    if (json::Value old = message_["function_call"]) edits_.remove(old);
    edits_.rename(calls_, "function_call");
    edits_.replace(calls_, std::move(call));
  }
  if (calls_.size() + written_calls_.size() > 1) mended_.drop(kFurtherCalls);
}

void WholeChoice::write_reason() {
  if (!has_calls_) return;
  std::string_view reason = reason_with_calls(reason_);
  bool old = rules_.legacy || (!calls_ && written_calls_.empty());
  if (reason == "tool_calls" && old) reason = "function_call";
  if (reason == "function_call" && !old) reason = "tool_calls";
  if (reason != reason_) set_string(edits_, choice_, "finish_reason", reason);
}

}  // namespace freeway::dialect::openai

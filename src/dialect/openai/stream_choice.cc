#include "dialect/openai/stream_choice.h"

#include <fmt/format.h>

#include "dialect/openai/members.h"
#include "json/writer.h"

namespace freeway::dialect::openai {

StreamChoice::Parts StreamChoice::split(json::Value choice, Chunk& chunk) {
  Parts parts;
  for (json::Value member : choice) {
    std::string_view name = member.key();
    if (name == "delta") parts.delta = member;
    if (name == "finish_reason") parts.finish = member;
    if (name == "logprobs" && member.given()) ++parts.others;
  }
  for (json::Value member : parts.delta) {
    std::string_view name = member.key();
    if (name == "role") {
      parts.role = member;
    } else if (name == "content") {
      parts.content = member;
    } else if (member.given()) {
      ++parts.others;
      if (name == "tool_calls" && member.is(json::Type::array) && member.size() > 0) parts.calls = member;
      if (name == "function_call" && member.is(json::Type::object)) parts.old_call = member;
      bool reasoning = name == "reasoning_content" || name == "reasoning";
      bool said =
          member.is(json::Type::string) ? !member.escaped().empty() && (reasoning || name == "refusal") : member.size() > 0;
      chunk.content = chunk.content || said;
      said_ = said_ || said;
      refused_ = refused_ || (said && name == "refusal");
      if (!reasoning) continue;
      chunk.said.add_escaped(member.escaped());
      if (said && member.is(json::Type::string)) parts.reasoning = member;
    }
  }
  if (parts.others > 1) parts.reasoning = json::Value();
  return parts;
}

Result<void> StreamChoice::read(json::Value choice, Chunk& chunk) {
  Parts parts = split(choice, chunk);
  bool finishing = has_text(parts.finish) && !finished_;
  if (!parts.content) chunk.keep = true;
  if (parts.content || finishing) read_text(parts, finishing, chunk);
  if (parts.calls || (finishing && !calls_.empty())) read_calls(parts, finishing, chunk);
  if (parts.old_call) {
    old_call_ = true;
    append_text(old_arguments_, parts.old_call["arguments"]);
  }
  chunk.keep = chunk.keep || parts.others > 0 || has_text(parts.finish);
  chunk.extra = chunk.extra || parts.others > 0;
  if (parts.reasoning && !has_text(parts.content) && !has_text(parts.finish) && !finished_) chunk.plain = parts.reasoning;
  if (finished_ && has_text(parts.finish)) chunk.edit().replace(parts.finish, "null");
  if (!finishing) return {};
  std::string reason = text_of(parts.finish);
  if (auto good = judge(reason); !good) return good;
  write_reason(parts, reason, chunk);
  finished_ = true;
  chunk.finished = true;
  return {};
}

// Comes out as the deltas of a content that is text.
void StreamChoice::read_content_parts(std::vector<Segment> content, const Parts& parts, bool finishing, Chunk& chunk) {
  mended_.repair(kContentParts);
  std::vector<Segment> segments;
  for (Segment& part : content) {
    chunk.said.add(part.text);
    if (part.text.empty()) continue;
    if (part.kind == Segment::Kind::text) {
      filter_.feed(part.text, segments);
    } else {
      segments.push_back(std::move(part));
    }
  }
  if (finishing) filter_.end(segments);
  keep_text(segments);
  make(segments, parts.role, chunk);
  chunk.edit().remove(parts.content);
  if (!segments.empty() && parts.role) chunk.edit().remove(parts.role);
  chunk.keep = chunk.keep || (segments.empty() && parts.role.present());
}

void StreamChoice::read_text(const Parts& parts, bool finishing, Chunk& chunk) {
  json::Value content = parts.content;
  if (auto in_parts = content_parts(content)) return read_content_parts(std::move(*in_parts), parts, finishing, chunk);
  std::string_view escaped = content.escaped();
  if (!content.is(json::Type::string)) chunk.content = chunk.content || content.size() > 0;
  bool said = !escaped.empty() || content.size() > 0;
  said_ = said_ || said;
  chunk.said.add_escaped(escaped);
  if (!finishing && (escaped.empty() || filter_.passes(escaped))) {
    if (rules_->structure != chat::Structure::none) {
      append_text(text_, content);
    } else if (!escaped.empty() && parts.others == 0 && !finished_) {
      chunk.plain = content;
    }
    chunk.content = chunk.content || said;
    chunk.keep = true;
    return;
  }
  std::string text = text_of(content);
  std::vector<Segment> segments;
  filter_.feed(text, segments);
  if (finishing) filter_.end(segments);
  keep_text(segments);
  bool nothing = segments.empty() && text.empty();
  bool same = segments.size() == 1 && segments[0].kind == Segment::Kind::text && segments[0].text == text;
  if (nothing || same) {
    chunk.content = chunk.content || said;
    chunk.keep = true;
    return;
  }
  make(segments, parts.role, chunk);
  if (!content.is(json::Type::string)) {
    chunk.keep = true;
  } else if (!segments.empty()) {
    chunk.edit().remove(content);
    chunk.edit().remove(parts.role);
  } else {
    chunk.edit().replace(content, "\"\"");
    chunk.keep = chunk.keep || parts.role.present();
  }
}

bool StreamChoice::repeat(std::string_view member, std::string_view escaped) {
  return !finished_ && (member != "content" || filter_.passes(escaped));
}

std::size_t StreamChoice::held() const {
  std::size_t bytes = filter_.held() + text_.size() + old_arguments_.size();
  for (const Call& call : calls_) bytes += call.arguments.size();
  return bytes;
}

void StreamChoice::keep_text(const std::vector<Segment>& segments) {
  if (rules_->structure == chat::Structure::none) return;
  for (const Segment& segment : segments) {
    if (segment.kind == Segment::Kind::text) text_.append(segment.text);
  }
}

std::string StreamChoice::delta_of(const Segment& segment, std::string_view role) {
  std::string head = role.empty() ? "{" : fmt::format(R"({{"role":{},)", role);
  if (segment.kind == Segment::Kind::text) return head + fmt::format(R"("content":{}}})", json::quote(segment.text));
  if (segment.kind == Segment::Kind::reasoning) {
    return head + fmt::format(R"("reasoning_content":{}}})", json::quote(segment.text));
  }
  Call call;
  call.index = static_cast<std::int64_t>(calls_.size());
  call.name = segment.text;
  call.arguments = segment.arguments;
  call.id = mint_id();
  std::string function = fmt::format(R"({{"name":{},"arguments":{}}})", json::quote(call.name), json::quote(call.arguments));
  std::string made = fmt::format(R"("tool_calls":[{{"index":{},"id":{},"type":"function","function":{}}}]}})", call.index,
                                 json::quote(call.id), function);
  if (rules_->legacy) made = fmt::format(R"("function_call":{}}})", function);
  calls_.push_back(std::move(call));
  return head + made;
}

void StreamChoice::make(const std::vector<Segment>& segments, json::Value role, Chunk& chunk) {
  std::string_view first = role.given() ? role.raw() : std::string_view();
  for (const Segment& segment : segments) {
    bool no_room = rules_->legacy && segment.kind == Segment::Kind::call && !calls_.empty();
    if (no_room) {
      mended_.drop(kFurtherCalls);
      continue;
    }
    chunk.made.push_back({index_, delta_of(segment, first)});
    first = {};
    said_ = true;
  }
}

void StreamChoice::release(std::vector<Chunk::Made>& made) {
  std::vector<Segment> segments;
  filter_.end(segments);
  for (const Segment& segment : segments) made.push_back({index_, delta_of(segment, {})});
}

Result<void> StreamChoice::judge_calls() const {
  for (const Call& call : calls_) {
    if (call.custom) continue;
    if (call.name.empty()) return fail(ErrorKind::malformed, "a tool call without a name");
    if (auto good = check_arguments(call.name, call.arguments); !good) return good;
  }
  return old_call_ ? check_arguments("function_call", old_arguments_) : Result<void>();
}

Result<void> StreamChoice::judge(const std::string& reason) const {
  if (is_failure(reason)) return fail(ErrorKind::malformed, "the stream ended with finish reason " + reason);
  if (!said_ && reason != "length") return fail(ErrorKind::closed, "empty answer");
  bool calls = !calls_.empty() || old_call_;
  if (calls) return judge_calls();
  if (reason == "tool_calls" || reason == "function_call") {
    return fail(ErrorKind::malformed, "the finish reason is " + reason + " but there is no tool call");
  }
  if (rules_->structure == chat::Structure::none || reason == "length" || reason == "content_filter" || refused_) return {};
  auto checked = check_structure(*rules_, text_);
  if (!checked) return std::unexpected(checked.error());
  if (*checked) return fail(ErrorKind::invalid, "schema: the answer stands in a code fence");
  return {};
}

void StreamChoice::write_reason(const Parts& parts, const std::string& reason, Chunk& chunk) {
  if (calls_.empty()) return;
  std::string_view fitting = reason_with_calls(reason);
  if (fitting == "tool_calls" && rules_->legacy) fitting = "function_call";
  if (fitting == "function_call" && !rules_->legacy) fitting = "tool_calls";
  if (fitting != reason) chunk.edit().replace(parts.finish, json::quote(fitting));
}

}  // namespace freeway::dialect::openai

#include "dialect/anthropic/history.h"

#include <algorithm>

#include "dialect/openai/check.h"
#include "dialect/openai/members.h"

namespace freeway::dialect::anthropic {

namespace {

using openai::has_text;
using openai::wrong;

// So a result tells that its tool failed, since chat completions have no other place for it.
constexpr std::string_view kFailed = "[The tool failed.]";

std::unexpected<RequestError> refused(std::string param, std::string_view what) {
  return std::unexpected(wrong(std::move(param), what));
}

bool is_image(const Part& part) { return part.image; }

}  // namespace

void History::flush() {
  if (said_.empty()) return;
  out_.begin_object().member("role", "user").key("content");
  write_content(out_, said_);
  out_.end_object();
  said_.clear();
}

Checked History::system(json::Value content, const Place& place) {
  Parts parts;
  if (content.is(json::Type::array)) {
    std::size_t at = 0;
    for (json::Value block : content) {
      if (auto read = read_block(block, place.element("", at++), dropped_, parts); !read) return read;
    }
  } else if (content.is(json::Type::string)) {
    parts.push_back({false, openai::text_of(content)});
  } else if (content.given()) {
    return refused(place.name(),
                   fmt::format("must be a string or an array of text blocks, not {}", openai::type_name(content)));
  }
  if (std::any_of(parts.begin(), parts.end(), is_image)) return refused(place.name(), "must hold text alone");
  flush();
  std::string text = text_of(parts);
  if (!text.empty()) out_.begin_object().member("role", "system").member("content", text).end_object();
  return {};
}

Checked History::add(json::Value message, const Place& place) {
  if (!message.is(json::Type::object))
    return refused(place.name(), fmt::format("must be an object, not {}", openai::type_name(message)));
  json::Value role = message["role"];
  json::Value content = message["content"];
  if (!content.is(json::Type::string) && !content.is(json::Type::array))
    return refused(place.member("content"),
                   content ? fmt::format("must be a string or an array of blocks, not {}", openai::type_name(content))
                           : std::string("is required"));
  // What an answer tells of itself says nothing in a conversation.
  note_rest(message, place, {"role", "content", "id", "model", "stop_reason", "stop_sequence", "stop_details", "usage"},
            dropped_);
  if (role.equals("user")) return user(content, place);
  if (role.equals("assistant")) return assistant(content, place);
  if (role.equals("system")) return system(content, Place(place, "content"));
  return refused(place.member("role"), "must be \"user\" or \"assistant\"");
}

Checked History::user(json::Value content, const Place& place) {
  if (content.is(json::Type::string)) return read_content(content, place, dropped_, said_);
  std::size_t at = 0;
  for (json::Value block : content) {
    const Place here = place.block(at++);
    auto read = block["type"].equals("tool_result") ? result(block, here) : read_block(block, here, dropped_, said_);
    if (!read) return read;
  }
  return {};
}

Checked History::result(json::Value block, const Place& place) {
  note_rest(block, place, {"tool_use_id", "content", "is_error"}, dropped_);
  json::Value id = block["tool_use_id"];
  if (!has_text(id)) return refused(place.member("tool_use_id"), "is required: the id of the tool use that this answers");
  Parts parts;
  if (auto read = read_content(block["content"], place, dropped_, parts); !read) return read;
  std::string text = text_of(parts);
  if (block["is_error"].boolean().value_or(false)) text.insert(0, std::string(kFailed) + (text.empty() ? "" : "\n"));
  if (std::any_of(parts.begin(), parts.end(), is_image)) {
    if (!text.empty()) text.push_back('\n');
    text += "[The images of this result follow.]";
    said_.push_back({false, fmt::format("[Images of the result of {}:]", openai::text_of(id))});
    for (Part& part : parts) {
      if (part.image) said_.push_back(std::move(part));
    }
  }
  out_.begin_object().member("role", "tool").member_raw("tool_call_id", id.raw()).member("content", text).end_object();
  return {};
}

Checked History::call(json::Value block, const Place& place, std::string& calls) {
  note_rest(block, place, {"id", "name", "input"}, dropped_);
  if (!has_text(block["id"])) return refused(place.member("id"), "is required");
  if (!has_text(block["name"])) return refused(place.member("name"), "is required: the name of the tool");
  json::Value input = block["input"];
  if (!input.is(json::Type::object)) return refused(place.member("input"), "must be an object");
  if (!calls.empty()) calls.push_back(',');
  std::string call;
  json::Writer writer(call);
  writer.begin_object().member_raw("id", block["id"].raw()).member("type", "function").key("function").begin_object();
  writer.member_raw("name", block["name"].raw()).member("arguments", input.raw()).end_object().end_object();
  calls += call;
  return {};
}

Checked History::assistant_block(json::Value block, const Place& place, Turn& turn) {
  json::Value type = block["type"];
  if (type.equals("tool_use")) return call(block, place, turn.calls);
  if (type.equals("thinking")) {
    note_rest(block, place, {"thinking", "signature"}, dropped_);
    if (!block["thinking"].is(json::Type::string)) return refused(place.member("thinking"), "must be a string");
    if (!turn.reasoning.empty() && has_text(block["thinking"])) turn.reasoning.push_back('\n');
    openai::append_text(turn.reasoning, block["thinking"]);
    return {};
  }
  if (type.equals("redacted_thinking")) {
    note_rest(block, place, {"data"}, dropped_);
    dropped_.add("messages[].content[].redacted_thinking");
    return {};
  }
  return read_block(block, place, dropped_, turn.parts);
}

Checked History::assistant(json::Value content, const Place& place) {
  flush();
  Turn turn;
  if (content.is(json::Type::string)) {
    if (auto read = read_content(content, place, dropped_, turn.parts); !read) return read;
  } else {
    std::size_t at = 0;
    for (json::Value block : content) {
      if (auto read = assistant_block(block, place.block(at++), turn); !read) return read;
    }
  }
  if (std::any_of(turn.parts.begin(), turn.parts.end(), is_image))
    return refused(place.member("content"), "must not hold images, as it is the assistant's");
  out_.begin_object().member("role", "assistant").key("content");
  std::string text = text_of(turn.parts);
  if (text.empty() && !turn.calls.empty()) {
    out_.null();
  } else {
    out_.string(text);
  }
  if (!turn.reasoning.empty()) out_.member("reasoning_content", turn.reasoning);
  if (!turn.calls.empty()) out_.member_raw("tool_calls", "[" + turn.calls + "]");
  out_.end_object();
  return {};
}

}  // namespace freeway::dialect::anthropic

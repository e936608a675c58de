// The tool calls of a streamed choice: which call a delta belongs to, and what is missing in it.
#include <algorithm>

#include "base/text.h"
#include "dialect/openai/digest.h"
#include "dialect/openai/members.h"
#include "dialect/openai/stream_choice.h"
#include "json/writer.h"

namespace freeway::dialect::openai {

std::string StreamChoice::mint_id() const {
  return mint_call_id(Digest(seed_).add(static_cast<std::uint64_t>(index_)).add(std::uint64_t{calls_.size()}));
}

void StreamChoice::read_calls(const Parts& parts, bool finishing, Chunk& chunk) {
  for (Call& call : calls_) {
    call.entry = json::Value();
    call.filled = false;
  }
  if (parts.calls) {
    for (json::Value entry : parts.calls) {
      if (entry.is(json::Type::object)) read_entry(entry, chunk);
    }
  }
  if (finishing) fill_empty_arguments(chunk);
  if (parts.calls && rules_->legacy) write_old_call(parts, chunk);
}

// The call that an entry goes on with, or a new one. Some providers send no index, some the same index for every call.
StreamChoice::Call& StreamChoice::call_of(json::Value entry, Chunk& chunk) {
  std::int64_t told = entry["index"].integer().value_or(-1);
  std::string id = text_of(entry["id"]);
  bool named = has_text(entry["function"]["name"]);
  auto same = std::find_if(calls_.rbegin(), calls_.rend(), [&](const Call& call) {
    if (told >= 0) return call.told == told;
    return id.empty() || call.id == id;
  });
  bool begins = same == calls_.rend() || (!id.empty() && id != same->id && named && !same->name.empty());
  // Without index and id only a name can mark a beginning.
  if (told < 0 && id.empty() && named && same != calls_.rend() && !same->name.empty()) begins = true;
  if (!begins) return *same;
  Call call;
  call.told = told;
  bool taken = std::any_of(calls_.begin(), calls_.end(), [&](const Call& other) { return other.index == told; });
  call.index = told >= 0 && !taken ? told : static_cast<std::int64_t>(calls_.size());
  call.id = std::move(id);
  if (call.id.empty()) {
    call.id = mint_id();
    set_string(chunk.edit(), entry, "id", call.id);
  }
  json::Value type = entry["type"];
  call.custom = has_text(type) && !type.equals("function");
  if (!has_text(type)) set_string(chunk.edit(), entry, "type", "function");
  return calls_.emplace_back(std::move(call));
}

void StreamChoice::read_entry(json::Value entry, Chunk& chunk) {
  Call& call = call_of(entry, chunk);
  call.entry = entry;
  if (entry["index"].integer().value_or(-1) != call.index)
    set_json(chunk.edit(), entry, "index", std::to_string(call.index));
  json::Value function = entry["function"];
  if (call.name.empty()) {
    call.name = text_of(function["name"]);
    chunk.said.add(call.name);
  }
  json::Value arguments = function["arguments"];
  if (arguments.is(json::Type::string)) {
    bool first = is_blank(call.arguments);
    append_text(call.arguments, arguments);
    if (first && !call.custom && !rules_->legacy && call.arguments.find_first_not_of(" \t\r\n") != std::string::npos)
      call.held = trim(call.arguments).starts_with('"');
    if (call.held) hold_arguments(call, function, chunk);
  } else if (arguments.given()) {
    call.arguments.append(arguments.raw());
    repair_arguments(chunk.edit(), function);
  }
  if (arguments.is(json::Type::string)) {
    chunk.said.add_escaped(arguments.escaped());
  } else {
    chunk.said.add(arguments.raw());
  }
}

// Arguments that are JSON text twice come out unwrapped once they are whole, and any others as they came.
void StreamChoice::hold_arguments(Call& call, json::Value function, Chunk& chunk) {
  // Only with its last quote can it be whole.
  const bool may_be = trim(call.arguments).ends_with('"');
  const bool whole = may_be && json::Document::parse(call.arguments).has_value();
  if (!whole) return set_string(chunk.edit(), function, "arguments", "");
  if (auto inside = unwrap_arguments(call.arguments)) {
    call.arguments = std::move(*inside);
    mended_.repair(kJsonTwice);
  }
  call.held = false;
  set_string(chunk.edit(), function, "arguments", call.arguments);
}

// A call without arguments has those of an empty object, so that every client can read them.
void StreamChoice::fill_empty_arguments(Chunk& chunk) {
  for (Call& call : calls_) {
    if (call.custom || !is_blank(call.arguments)) continue;
    call.arguments = "{}";
    call.filled = true;
    if (call.entry["function"].is(json::Type::object)) {
      set_string(chunk.edit(), call.entry["function"], "arguments", "{}");
    } else if (rules_->legacy) {
      if (call.index == 0) chunk.made.push_back({index_, R"({"function_call":{"arguments":"{}"}})"});
    } else {
      std::string at = std::to_string(call.index);
      chunk.made.push_back({index_, R"({"tool_calls":[{"index":)" + at + R"(,"function":{"arguments":"{}"}}]})"});
    }
  }
}

// The old form has room for one call, the first.
void StreamChoice::write_old_call(const Parts& parts, Chunk& chunk) {
  if (calls_.size() > 1) mended_.drop(kFurtherCalls);
  json::Value entry = calls_.front().entry;
  if (!entry) {
    chunk.edit().remove(parts.calls);
    return;
  }
  json::Value function = entry["function"];
  json::Value arguments = function["arguments"];
  std::string text = arguments.is(json::Type::string) ? text_of(arguments) : std::string(arguments.raw());
  if (calls_.front().filled) text = "{}";
  std::string call = "{";
  if (function["name"].given()) call.append("\"name\":").append(function["name"].raw()).push_back(',');
  call.append("\"arguments\":").append(json::quote(text)).push_back('}');
  chunk.edit().rename(parts.calls, "function_call");
  chunk.edit().replace(parts.calls, std::move(call));
}

}  // namespace freeway::dialect::openai

#include "dialect/responses/conversation.h"

#include <fmt/format.h>

#include <utility>

#include "crypto/seal.h"
#include "dialect/openai/members.h"
#include "dialect/responses/content.h"
#include "json/writer.h"

namespace freeway::dialect::responses {

using openai::expect;
using openai::has_text;
using openai::text_of;
using openai::wrong;

namespace {

constexpr std::string_view kSeal = "freeway1.";

// What a provider's own tools did: without it a conversation goes on all the same.
bool can_do_without(std::string_view type) {
  return type == "web_search_call" || type == "tool_search_call" || type == "tool_search_output" ||
         type == "image_generation_call";
}

// The text of all parts of a list, with line breaks between.
std::string joined(json::Value parts) {
  std::string text;
  for (json::Value part : parts) {
    if (!has_text(part["text"])) continue;
    if (!text.empty()) text += '\n';
    openai::append_text(text, part["text"]);
  }
  return text;
}

}  // namespace

std::string seal_reasoning(std::string_view text) { return std::string(kSeal) + crypto::to_base64(text); }

std::string open_reasoning(std::string_view sealed) {
  if (!sealed.starts_with(kSeal)) return {};
  return crypto::from_base64(sealed.substr(kSeal.size())).value_or(std::string());
}

void Conversation::append(const std::string& message) {
  if (!messages_.empty()) messages_ += ',';
  messages_ += message;
}

void Conversation::end_outputs() {
  if (shown_.empty()) return;
  append(fmt::format(R"({{"role":"user","content":[{}]}})", shown_));
  shown_.clear();
}

void Conversation::end_turn() {
  if (!turn_.begun) return;
  Turn turn = std::exchange(turn_, Turn());
  // Reasoning alone is no message; it belongs to what the model said next, which is not here.
  if (!turn.has_text && turn.calls.empty()) {
    if (!turn.reasoning.empty()) dropped_.add("input[].reasoning");
    return;
  }
  std::string made;
  json::Writer out(made);
  out.begin_object().member("role", "assistant").key("content");
  turn.has_text ? out.string(turn.text) : out.null();
  if (!turn.reasoning.empty()) out.member("reasoning_content", turn.reasoning);
  if (!turn.calls.empty()) out.member_raw("tool_calls", "[" + turn.calls + "]");
  out.end_object();
  append(made);
}

void Conversation::instruct(json::Value text) { append(fmt::format(R"({{"role":"system","content":{}}})", text.raw())); }

void Conversation::say(json::Value text) {
  end_turn();
  end_outputs();
  append(fmt::format(R"({{"role":"user","content":{}}})", text.raw()));
}

void Conversation::report(json::Value item, std::string_view type, Known known) {
  for (json::Value member : item) {
    // Every item may have these, and a conversation does without them.
    if (member.key_equals("type") || member.key_equals("id") || member.key_equals("status")) continue;
    if (is_unknown(member, known)) dropped_.add(fmt::format("input[].{}.{}", type, json::unescape(member.key())));
  }
}

Refusal Conversation::answer(json::Value content, const std::string& param) {
  if (turn_.has_text && turn_.calls.empty()) end_turn();
  end_outputs();
  turn_.begun = true;
  Content read;
  if (content.is(json::Type::string)) {
    read.text = text_of(content);
  } else if (auto refusal = read_content(content, param, true, dropped_, read)) {
    return refusal;
  }
  if (read.media) return wrong(param, "holds something else than text, which an assistant's message can't");
  if (turn_.has_text) turn_.text += '\n';
  turn_.text += read.text;
  turn_.has_text = true;
  return std::nullopt;
}

Refusal Conversation::message(json::Value item, const std::string& param) {
  json::Value role = item["role"], content = item["content"];
  if (!content.is(json::Type::string) && !content.is(json::Type::array))
    return wrong(param + ".content", content.given() ? "must be a string or an array of parts" : "is required");
  report(item, "message", {"role", "content"});
  if (role.equals("assistant")) return answer(content, param + ".content");
  if (!role.equals("user") && !role.equals("system") && !role.equals("developer"))
    return wrong(param + ".role", "must be \"user\", \"assistant\", \"system\" or \"developer\"");
  end_turn();
  end_outputs();
  std::string said(content.raw());
  if (content.is(json::Type::array)) {
    Content read;
    if (auto refusal = read_content(content, param + ".content", false, dropped_, read)) return refusal;
    said = read.texts == 1 && !read.media ? json::quote(read.text) : "[" + read.parts + "]";
  }
  append(fmt::format(R"({{"role":{},"content":{}}})", role.raw(), said));
  return std::nullopt;
}

Refusal Conversation::call(json::Value item, const std::string& param, bool custom) {
  std::string_view field = custom ? "input" : "arguments";
  if (!has_text(item["call_id"])) return wrong(param + ".call_id", "is required: the id that the call's output names");
  if (!has_text(item["name"])) return wrong(param + ".name", "is required: the tool that was called");
  if (!item[field].is(json::Type::string)) return wrong(fmt::format("{}.{}", param, field), "must be a string");
  report(item, "function_call", {"call_id", "name", "namespace", field});
  end_outputs();
  turn_.begun = true;
  std::string arguments(item[field].raw());
  if (custom) arguments = json::quote(fmt::format("{{{}:{}}}", json::quote(kCustomArgument), arguments));
  if (!turn_.calls.empty()) turn_.calls += ',';
  turn_.calls +=
      fmt::format(R"({{"id":{},"type":"function","function":{{"name":{},"arguments":{}}}}})", item["call_id"].raw(),
                  json::quote(tools_.wire_name(text_of(item["namespace"]), text_of(item["name"]))), arguments);
  calls_.insert(text_of(item["call_id"]));
  return std::nullopt;
}

Refusal Conversation::output(json::Value item, const std::string& param) {
  std::string id = text_of(item["call_id"]);
  if (id.empty()) return wrong(param + ".call_id", "is required: the id of the call");
  if (!calls_.contains(id)) {
    std::string found = fmt::format(": '{}'", id.substr(0, 100));
    return wrong(param + ".call_id", "names no tool call of this conversation" + found, found);
  }
  json::Value value = item["output"];
  report(item, "function_call_output", {"call_id", "name", "output"});
  end_turn();
  std::string said(value.raw());
  if (value.is(json::Type::array)) {
    Content read;
    if (auto refusal = read_content(value, param + ".output", true, dropped_, read)) return refusal;
    if (!read.parts.empty()) {
      if (!shown_.empty()) shown_ += ',';
      shown_ +=
          fmt::format(R"({{"type":"text","text":{}}},)", json::quote("Output of the tool call " + id + ":")) + read.parts;
      read.text += read.text.empty() ? "The output follows in the next message."
                                     : "\nMore of the output follows in the next message.";
    }
    said = json::quote(read.text);
  } else if (!value.is(json::Type::string)) {
    return wrong(param + ".output", "must be a string or an array of parts");
  }
  append(fmt::format(R"({{"role":"tool","tool_call_id":{},"content":{}}})", item["call_id"].raw(), said));
  return std::nullopt;
}

void Conversation::reason(json::Value item) {
  report(item, "reasoning", {"summary", "content", "encrypted_content"});
  end_outputs();
  turn_.begun = true;
  json::Value sealed = item["encrypted_content"];
  std::string text = open_reasoning(sealed.escaped());
  if (has_text(sealed) && text.empty()) dropped_.add("input[].reasoning.encrypted_content");
  if (text.empty()) text = joined(item["content"]);
  if (text.empty()) text = joined(item["summary"]);
  if (text.empty()) return;
  if (!turn_.reasoning.empty()) turn_.reasoning += '\n';
  turn_.reasoning += text;
}

Refusal Conversation::reference(json::Value item, const std::string& param) {
  std::string id = text_of(item["id"]);
  auto found = depth_ == 0 ? named_item(archive_, id) : std::nullopt;
  expanded_ += found ? found->size() : 0;
  if (++references_ > kMostReferences || expanded_ > kMostExpanded)
    return wrong(param, fmt::format("is one reference too many: {} are the most, and {} MiB of what they name",
                                    kMostReferences, kMostExpanded >> 20));
  json::Document document;
  if (!found || !document.reparse(*found)) {
    RequestError unknown;
    unknown.status = 404;
    unknown.quoted = fmt::format("'{}'", id.substr(0, 100));
    unknown.message = fmt::format("Item with id {} not found.", unknown.quoted);
    unknown.param = param + ".id";
    return unknown;
  }
  ++depth_;
  auto refusal = this->item(document.root(), param);
  --depth_;
  return refusal;
}

Refusal Conversation::item(json::Value item, const std::string& param) {
  if (!item.is(json::Type::object)) return wrong(param, fmt::format("must be an object, not {}", openai::type_name(item)));
  json::Value type = item["type"];
  if (!type.given() && item["role"].given()) return message(item, param);
  if (!type.is(json::Type::string) && has_text(item["id"])) return reference(item, param);
  if (type.equals("message")) return message(item, param);
  if (type.equals("function_call")) return call(item, param, false);
  if (type.equals("custom_tool_call")) return call(item, param, true);
  if (type.equals("function_call_output") || type.equals("custom_tool_call_output")) return output(item, param);
  if (type.equals("item_reference")) return reference(item, param);
  if (type.equals("reasoning")) {
    reason(item);
    return std::nullopt;
  }
  std::string name = text_of(type).substr(0, 64);
  if (!can_do_without(name)) {
    std::string found = fmt::format("'{}'", name);
    return wrong(param + ".type", fmt::format("is {}, which no chat model that freeway knows can be told", found), found);
  }
  dropped_.add("input[]." + name);
  return std::nullopt;
}

Refusal Conversation::add(json::Value items, std::string_view param) {
  std::size_t at = 0;
  for (json::Value one : items) {
    if (auto refusal = item(one, fmt::format("{}[{}]", param, at++))) return refusal;
  }
  return std::nullopt;
}

Refusal Conversation::recall(const Entry& entry) {
  std::vector<const Entry*> turns;
  for (const Entry* at = &entry; at; at = at->previous.get()) turns.push_back(at);
  for (auto turn = turns.rbegin(); turn != turns.rend(); ++turn) {
    auto input = json::Document::parse((*turn)->input);
    auto object = json::Document::parse((*turn)->object);
    if (!input || !object) continue;
    if (auto refusal = add(input->root(), "previous_response_id.input")) return refusal;
    if (auto refusal = add(object->root()["output"], "previous_response_id.output")) return refusal;
  }
  return std::nullopt;
}

std::string Conversation::take() {
  end_turn();
  end_outputs();
  return "[" + messages_ + "]";
}

}  // namespace freeway::dialect::responses

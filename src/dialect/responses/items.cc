// Items as they are kept and listed.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "dialect/openai/members.h"
#include "dialect/responses/plan.h"
#include "json/writer.h"

namespace freeway::dialect::responses {

using openai::has_text;
using openai::text_of;

namespace {

std::string_view prefix_of(std::string_view type) {
  if (type == "function_call") return "fc";
  if (type == "function_call_output") return "fco";
  if (type == "custom_tool_call") return "ctc";
  if (type == "custom_tool_call_output") return "ctco";
  if (type == "reasoning") return "rs";
  return type == "message" ? "msg" : "item";
}

// A message whose content is a text gets a list of one part.
std::string full_content(json::Value item) {
  json::Value content = item["content"];
  if (!content.is(json::Type::string)) return std::string(content.raw());
  if (item["role"].equals("assistant"))
    return fmt::format(R"([{{"type":"output_text","text":{},"annotations":[]}}])", content.raw());
  return fmt::format(R"([{{"type":"input_text","text":{}}}])", content.raw());
}

std::string full_item(json::Value item, std::string_view type, std::string_view id) {
  std::string made;
  json::Writer out(made);
  out.begin_object().member("id", id).member("type", type);
  for (json::Value member : item) {
    if (member.key_equals("id") || member.key_equals("type")) continue;
    if (member.key_equals("content") && type == "message") {
      out.member_raw("content", full_content(item));
    } else {
      out.member_raw(json::unescape(member.key()), member.raw());
    }
  }
  if (type != "reasoning" && !item["status"].given()) out.member("status", "completed");
  out.end_object();
  return made;
}

bool is_reference(json::Value item) {
  return item["type"].equals("item_reference") || (!item["type"].given() && !item["role"].given());
}

}  // namespace

std::string item_id(const Context& context, std::string_view prefix, std::size_t at, bool input) {
  std::string_view suffix = context.id;
  if (auto mark = suffix.find('_'); mark != std::string_view::npos) suffix.remove_prefix(mark + 1);
  return fmt::format("{}_{}{}{:02}", prefix, suffix, input ? "i" : "o", at);
}

std::optional<std::string> named_item(const Archive& archive, std::string_view id) {
  if (!archive.store || id.empty()) return std::nullopt;
  auto entry = archive.store->find_item(std::string(archive.client), id, archive.now);
  if (!entry) return std::nullopt;
  auto input = json::Document::parse(entry->input);
  auto object = json::Document::parse(entry->object);
  if (!input || !object) return std::nullopt;
  for (json::Value list : {input->root(), object->root()["output"]}) {
    for (json::Value item : list)
      if (item["id"].equals(id)) return std::string(item.raw());
  }
  return std::nullopt;
}

std::string list_input(const Context& context, json::Value input, std::vector<std::string>& ids) {
  if (input.is(json::Type::string)) {
    ids.push_back(item_id(context, "msg", 0, true));
    return fmt::format(
        R"([{{"id":{},"type":"message","role":"user","status":"completed","content":[{{"type":"input_text","text":{}}}]}}])",
        json::quote(ids.back()), input.raw());
  }
  std::string list = "[";
  std::size_t at = 0;
  for (json::Value item : input) {
    std::string type = has_text(item["type"]) ? text_of(item["type"]) : "message";
    std::string id = has_text(item["id"]) ? text_of(item["id"]) : item_id(context, prefix_of(type), at, true);
    ++at;
    if (list.size() > 1) list += ',';
    // What is only named is kept in full: where it came from may be gone sooner.
    auto named = is_reference(item) ? named_item(Archive{context.store, context.client, context.now}, id) : std::nullopt;
    list += named ? *named : full_item(item, type, id);
    ids.push_back(std::move(id));
  }
  return list + "]";
}

std::string deleted_json(std::string_view id) {
  return fmt::format(R"({{"id":{},"object":"response","deleted":true}})", json::quote(id));
}

std::optional<std::string> input_items_json(const Entry& entry, const Page& page) {
  std::vector<const Entry*> turns;
  for (const Entry* at = &entry; at; at = at->previous.get()) turns.push_back(at);
  std::reverse(turns.begin(), turns.end());
  std::vector<std::pair<std::string, std::string>> items;  // id, JSON
  auto add = [&](json::Value list) {
    for (json::Value item : list) items.emplace_back(text_of(item["id"]), item.raw());
  };
  for (const Entry* turn : turns) {
    if (auto input = json::Document::parse(turn->input)) add(input->root());
    if (turn == &entry) continue;
    if (auto object = json::Document::parse(turn->object)) add(object->root()["output"]);
  }
  if (!page.ascending) std::reverse(items.begin(), items.end());
  auto from = items.begin();
  if (!page.after.empty()) {
    from = std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.first == page.after; });
    if (from == items.end()) return std::nullopt;
    ++from;
  }
  auto to = from + std::min<std::ptrdiff_t>(items.end() - from, static_cast<std::ptrdiff_t>(page.limit));
  std::string body;
  json::Writer out(body);
  out.begin_object().member("object", "list").key("data").begin_array();
  for (auto at = from; at != to; ++at) out.raw(at->second);
  out.end_array().key("first_id");
  from == to ? out.null() : out.string(from->first);
  out.key("last_id");
  from == to ? out.null() : out.string((to - 1)->first);
  out.member("has_more", to != items.end()).end_object();
  return body;
}

}  // namespace freeway::dialect::responses

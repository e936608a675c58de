#include "dialect/openai/history.h"

#include <algorithm>

#include "dialect/openai/digest.h"
#include "dialect/openai/members.h"
#include "dialect/openai/pairing.h"
#include "dialect/openai/prompt.h"
#include "json/writer.h"

namespace freeway::dialect::openai {

namespace {
constexpr std::string_view kMessagePrefix = "messages[].";

class HistoryRepair {
 public:
  HistoryRepair(const catalog::Quirks& quirks, const chat::ImageData& images, json::Edits& edits,
                std::vector<std::string>& dropped)
      : quirks_(quirks), images_(images), edits_(edits), dropped_(dropped) {}

  void plain(json::Value message);
  void asking(json::Value message, const std::vector<PastCall>& calls);
  void result(const PastResult& result);

 private:
  void common(json::Value message, bool may_be_null);
  void drop(json::Value message);
  void content(json::Value content);
  void part(json::Value part);
  void image(json::Value image);
  void join(json::Value content);
  void call(const PastCall& call);
  void report(std::string name);

  const catalog::Quirks& quirks_;
  const chat::ImageData& images_;
  json::Edits& edits_;
  std::vector<std::string>& dropped_;
};

void HistoryRepair::report(std::string name) {
  if (std::find(dropped_.begin(), dropped_.end(), name) == dropped_.end()) dropped_.push_back(std::move(name));
}

void HistoryRepair::drop(json::Value message) {
  for (const std::string& name : quirks_.drop) {
    if (!name.starts_with(kMessagePrefix)) continue;
    json::Value member = message[std::string_view(name).substr(kMessagePrefix.size())];
    if (!member.given()) continue;
    edits_.remove(member);
    report(name);
  }
}

void HistoryRepair::common(json::Value message, bool may_be_null) {
  remove_nulls(edits_, message, {"role", "content", "tool_call_id"});
  drop(message);
  if (message["role"].equals("developer")) set_string(edits_, message, "role", "system");
  json::Value value = message["content"];
  if (value.is(json::Type::null) && (!may_be_null || !quirks_.text_parts)) edits_.replace(value, "\"\"");
  if (value.is(json::Type::array)) content(value);
}

bool only_text(json::Value content) {
  for (json::Value part : content) {
    if (!part.is(json::Type::string) && !part["text"].is(json::Type::string)) return false;
  }
  return true;
}

void HistoryRepair::join(json::Value content) {
  std::string joined;
  for (json::Value item : content) {
    if (!joined.empty()) joined.push_back('\n');
    append_text(joined, item.is(json::Type::string) ? item : item["text"]);
    for (json::Value member : item) {
      if (member.given() && !member.key_equals("type") && !member.key_equals("text")) {
        report("messages[].content[]." + json::unescape(member.key()));
      }
    }
  }
  edits_.replace(content, json::quote(joined));
}

void HistoryRepair::content(json::Value content) {
  if (!quirks_.text_parts && only_text(content)) return join(content);
  for (json::Value item : content) part(item);
}

void HistoryRepair::image(json::Value image) {
  json::Value url = image.is(json::Type::object) ? image["url"] : image;
  if (images_.empty() || !url.is(json::Type::string)) return;
  auto fetched = images_.find(text_of(url));
  if (fetched != images_.end()) edits_.replace(url, json::quote(fetched->second));
}

void HistoryRepair::part(json::Value part) {
  if (part.is(json::Type::string)) {
    edits_.replace(part, "{\"type\":\"text\",\"text\":" + std::string(part.raw()) + "}");
    return;
  }
  if (!part.is(json::Type::object)) return;
  remove_nulls(edits_, part, {"type", "text"});
  for (std::string_view name : {"image_url", "input_audio", "file"}) remove_nulls(edits_, part[name]);
  image(part["image_url"]);
  if (part["type"].given()) return;
  if (part["text"].is(json::Type::string)) set_string(edits_, part, "type", "text");
  if (part["image_url"].given()) set_string(edits_, part, "type", "image_url");
}

void HistoryRepair::plain(json::Value message) {
  bool answered_otherwise = message["refusal"].given() || message["audio"].given();
  common(message, message["role"].equals("assistant") && answered_otherwise);
  if (message["tool_call_id"].is(json::Type::null)) edits_.remove(message["tool_call_id"]);
}

void HistoryRepair::call(const PastCall& call) {
  set_string(edits_, call.call, "id", fit_call_id(call.id, quirks_.tool_id_length));
  if (!call.call["type"].given()) set_string(edits_, call.call, "type", "function");
  remove_nulls(edits_, call.call, {"id", "type", "function"});
  remove_nulls(edits_, call.function, {"name", "arguments"});
  repair_arguments(edits_, call.function);
}

void HistoryRepair::asking(json::Value message, const std::vector<PastCall>& calls) {
  common(message, true);
  if (message["tool_call_id"].is(json::Type::null)) edits_.remove(message["tool_call_id"]);
  if (!calls.front().legacy) {
    for (const PastCall& past : calls) call(past);
    if (!message["function_call"].given()) return;
    edits_.remove(message["function_call"]);
    report("messages[].function_call");
    return;
  }
  json::Value old = calls.front().function;
  json::Value arguments = old["arguments"];
  std::string text = arguments.is(json::Type::string) ? std::string(arguments.raw())
                                                      : json::quote(arguments.given() ? arguments.raw() : "{}");
  std::string list =
      "[{\"id\":" + json::quote(fit_call_id(calls.front().id, quirks_.tool_id_length)) +
      ",\"type\":\"function\",\"function\":{\"name\":" + (old["name"] ? std::string(old["name"].raw()) : "\"\"") +
      ",\"arguments\":" + text + "}}]";
  if (json::Value empty = message["tool_calls"]; empty.given()) edits_.remove(empty);
  edits_.rename(message["function_call"], "tool_calls");
  edits_.replace(message["function_call"], std::move(list));
}

void HistoryRepair::result(const PastResult& result) {
  json::Value message = result.message;
  common(message, false);
  if (!message["content"]) edits_.append_member(message, "content", "\"\"");
  if (result.legacy) set_string(edits_, message, "role", "tool");
  if (result.id.empty()) {
    if (message["tool_call_id"].is(json::Type::null)) edits_.remove(message["tool_call_id"]);
    return;
  }
  set_string(edits_, message, "tool_call_id", fit_call_id(result.id, quirks_.tool_id_length));
  // The call that it is paired with now tells the name.
  if (result.legacy && message["name"].given()) edits_.remove(message["name"]);
}
}  // namespace

std::string fit_call_id(std::string_view id, std::size_t length) {
  auto plain = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  if (length == 0 || (id.size() == length && std::all_of(id.begin(), id.end(), plain))) return std::string(id);
  return Digest().add(id).letters(length);
}

void repair_history(json::Value messages, const catalog::Quirks& quirks, const chat::ImageData& images, json::Edits& edits,
                    std::vector<std::string>& dropped) {
  HistoryRepair repair(quirks, images, edits, dropped);
  std::uint64_t position = 0;
  for (json::Value message = messages.first(); message; ++position) {
    if (quirks.drop.empty() && is_plain(message)) {
      message = message.next();
      continue;
    }
    Exchange exchange;
    exchange.calls = calls_of(message);
    if (exchange.calls.empty()) {
      is_result(message) ? repair.result(result_of(message)) : repair.plain(message);
      message = message.next();
      continue;
    }
    json::Value after = message.next();
    for (; after && is_result(after); after = after.next()) exchange.results.push_back(result_of(after));
    pair(exchange, position);
    repair.asking(message, exchange.calls);
    for (const PastResult& result : exchange.results) repair.result(result);
    position += exchange.results.size();
    message = after;
  }
}

}  // namespace freeway::dialect::openai

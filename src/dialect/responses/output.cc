#include "dialect/responses/output.h"

#include "dialect/openai/digest.h"
#include "dialect/openai/members.h"
#include "dialect/responses/conversation.h"

namespace freeway::dialect::responses {

using openai::append_text;
using openai::has_text;
using openai::text_of;

void Output::take(json::Value delta, json::Value logprobs, bool whole) {
  json::Value reasoning = delta["reasoning_content"];
  if (!has_text(reasoning)) reasoning = delta["reasoning"];
  if (has_text(reasoning)) reason(reasoning);
  json::Value content = delta["content"];
  if (content.is(json::Type::array)) {
    for (json::Value part : content) {
      json::Value text = part.is(json::Type::string) ? part : part["text"];
      if (has_text(text)) say(text, false, json::Value());
      if (part["image_url"].given()) show(part);
    }
  } else if (has_text(content)) {
    say(content, false, logprobs["content"]);
  }
  if (has_text(delta["refusal"])) say(delta["refusal"], true, logprobs["refusal"]);
  for (json::Value annotation : delta["annotations"]) annotate(annotation);
  for (json::Value picture : delta["images"]) show(picture);
  std::int64_t position = 0;
  for (json::Value entry : delta["tool_calls"]) {
    std::int64_t index = whole ? position : entry["index"].integer().value_or(position);
    call(index, text_of(entry["id"]), entry["function"]);
    ++position;
  }
  // Some providers answer in the form that functions had before there were tools; it has room for one call, without an id.
  json::Value old = delta["function_call"];
  if (position == 0 && old.is(json::Type::object))
    call(-1, "call_" + openai::Digest().add(plan_.context.id).letters(24), old);
}

std::size_t Output::held() const {
  std::size_t bytes = 0;
  for (const Item& item : items_) {
    bytes += item.text.size() + item.input.held();
    for (const Part& part : item.parts) bytes += part.text.size() + part.logprobs.size() + part.annotations.size();
  }
  for (const Call& call : calls_) bytes += call.waiting.size();
  return bytes;
}

Output::Item& Output::open(Kind kind, std::string_view prefix) {
  Item& item = items_.emplace_back();
  item.kind = kind;
  item.at = items_.size() - 1;
  item.id = item_id(plan_.context, prefix, item.at);
  if (kind == Kind::message || kind == Kind::reasoning) current_ = &item;
  return item;
}

void Output::place(json::Writer& out, const Item& item) const {
  out.member("item_id", item.id).member("output_index", item.at);
}

void Output::added(const Item& item) {
  events_.event("response.output_item.added", [&](json::Writer& out) {
    out.member("output_index", item.at).key("item");
    write_item(out, item);
  });
}

void Output::close_text(bool cut) {
  if (current_) close(*current_, cut);
  current_ = nullptr;
}

void Output::close(Item& item, bool cut) {
  switch (item.kind) {
    case Kind::message: end_part(item); break;
    case Kind::reasoning: end_reasoning(item); break;
    case Kind::call: end_call(item); break;
    case Kind::picture: break;
  }
  item.open = false;
  item.cut = cut;
  events_.event("response.output_item.done", [&](json::Writer& out) {
    out.member("output_index", item.at).key("item");
    write_item(out, item);
  });
}

void Output::begin_part(Item& item, bool refusal) {
  item.parts.emplace_back().refusal = refusal;
  events_.event("response.content_part.added", [&](json::Writer& out) {
    place(out, item);
    out.member("content_index", item.parts.size() - 1).key("part");
    write_part(out, item.parts.back());
  });
}

void Output::end_part(Item& item) {
  if (item.parts.empty()) return;
  const Part& part = item.parts.back();
  events_.event(part.refusal ? "response.refusal.done" : "response.output_text.done", [&](json::Writer& out) {
    place(out, item);
    out.member("content_index", item.parts.size() - 1).member(part.refusal ? "refusal" : "text", part.text);
    if (!part.refusal) out.member_raw("logprobs", "[" + part.logprobs + "]");
  });
  events_.event("response.content_part.done", [&](json::Writer& out) {
    place(out, item);
    out.member("content_index", item.parts.size() - 1).key("part");
    write_part(out, part);
  });
}

// The message that is open, with a part of this sort.
Output::Item& Output::speak(bool refusal) {
  if (current_ && current_->kind != Kind::message) close_text(false);
  if (!current_) added(open(Kind::message, "msg"));
  Item& item = *current_;
  if (item.parts.empty() || item.parts.back().refusal != refusal) {
    end_part(item);
    begin_part(item, refusal);
  }
  return item;
}

void Output::say(json::Value text, bool refusal, json::Value logprobs) {
  Item& item = speak(refusal);
  Part& part = item.parts.back();
  append_text(part.text, text);
  std::string chances;
  if (plan_.logprobs && logprobs.size() > 0) {
    chances = logprobs.raw().substr(1, logprobs.raw().size() - 2);
    if (!part.logprobs.empty()) part.logprobs += ',';
    part.logprobs += chances;
  }
  events_.event(refusal ? "response.refusal.delta" : "response.output_text.delta", [&](json::Writer& out) {
    place(out, item);
    out.member("content_index", item.parts.size() - 1).member_raw("delta", text.raw());
    if (!refusal) out.member_raw("logprobs", "[" + chances + "]");
  });
}

// {"type":"url_citation","url_citation":{…}}, which has one level less here.
void Output::annotate(json::Value annotation) {
  std::string told(annotation.raw());
  if (json::Value inner = annotation["url_citation"]; inner.is(json::Type::object)) {
    told.clear();
    json::Writer out(told);
    out.begin_object().member("type", "url_citation");
    for (json::Value member : inner) out.member_raw(json::unescape(member.key()), member.raw());
    out.end_object();
  }
  Item& item = speak(false);
  Part& part = item.parts.back();
  if (!part.annotations.empty()) part.annotations += ',';
  part.annotations += told;
  events_.event("response.output_text.annotation.added", [&](json::Writer& out) {
    place(out, item);
    out.member("content_index", item.parts.size() - 1).member("annotation_index", part.annotated);
    out.member_raw("annotation", told);
  });
  ++part.annotated;
}

// As base64 where it came as a data: URL, else its address.
void Output::show(json::Value picture) {
  close_text(false);
  Item& item = open(Kind::picture, "ig");
  json::Value image = picture["image_url"];
  std::string address = text_of(image.is(json::Type::string) ? image : image["url"]);
  auto data = address.starts_with("data:") ? address.find(";base64,") : std::string::npos;
  item.text = data == std::string::npos ? std::move(address) : address.substr(data + std::string_view(";base64,").size());
  added(item);
  close(item, false);
}

void Output::reason(json::Value text) {
  if (current_ && current_->kind != Kind::reasoning) close_text(false);
  bool summary = plan_.summarize;
  if (!current_) {
    Item& item = open(Kind::reasoning, "rs");
    added(item);
    events_.event(summary ? "response.reasoning_summary_part.added" : "response.content_part.added", [&](json::Writer& out) {
      place(out, item);
      out.member(summary ? "summary_index" : "content_index", 0).key("part").begin_object();
      out.member("type", summary ? "summary_text" : "reasoning_text").member("text", "").end_object();
    });
  }
  Item& item = *current_;
  append_text(item.text, text);
  events_.event(summary ? "response.reasoning_summary_text.delta" : "response.reasoning_text.delta", [&](json::Writer& out) {
    place(out, item);
    out.member(summary ? "summary_index" : "content_index", 0).member_raw("delta", text.raw());
  });
}

void Output::end_reasoning(Item& item) {
  bool summary = plan_.summarize;
  std::string_view index = summary ? "summary_index" : "content_index";
  events_.event(summary ? "response.reasoning_summary_text.done" : "response.reasoning_text.done", [&](json::Writer& out) {
    place(out, item);
    out.member(index, 0).member("text", item.text);
  });
  events_.event(summary ? "response.reasoning_summary_part.done" : "response.content_part.done", [&](json::Writer& out) {
    place(out, item);
    out.member(index, 0).key("part").begin_object();
    out.member("type", summary ? "summary_text" : "reasoning_text").member("text", item.text).end_object();
  });
}

void Output::call(std::int64_t index, const std::string& id, json::Value function) {
  Call* found = nullptr;
  for (Call& one : calls_)
    if (one.index == index) found = &one;
  if (!found) {
    found = &calls_.emplace_back();
    found->index = index;
  }
  if (found->id.empty()) found->id = id;
  if (found->name.empty()) found->name = text_of(function["name"]);
  json::Value arguments = function["arguments"];
  std::string piece =
      arguments.given() && !arguments.is(json::Type::string) ? std::string(arguments.raw()) : text_of(arguments);
  if (!found->item && !found->name.empty()) begin_call(*found);
  if (found->item) {
    argue(*found->item, piece);
  } else {
    found->waiting += piece;
  }
}

void Output::begin_call(Call& call) {
  close_text(false);
  const Tool* tool = plan_.tools.find(call.name);
  bool custom = tool && tool->custom;
  Item& item = open(Kind::call, custom ? "ctc" : "fc");
  item.call_id = call.id;
  item.name = tool ? tool->name : call.name;
  item.space = tool ? tool->space : std::string();
  item.custom = custom;
  call.item = &item;
  added(item);
  argue(item, std::exchange(call.waiting, {}));
}

void Output::argue(Item& item, std::string_view piece) {
  std::string fresh;
  if (item.custom) {
    item.input.feed(piece, fresh);
  } else {
    fresh = piece;
  }
  if (fresh.empty()) return;
  item.text += fresh;
  events_.event(item.custom ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta",
                [&](json::Writer& out) {
                  place(out, item);
                  out.member("delta", fresh);
                });
}

void Output::end_call(Item& item) {
  if (item.custom) {
    std::string rest;
    item.input.finish(rest);
    item.text += rest;
    if (!rest.empty())
      events_.event("response.custom_tool_call_input.delta", [&](json::Writer& out) {
        place(out, item);
        out.member("delta", rest);
      });
    return events_.event("response.custom_tool_call_input.done", [&](json::Writer& out) {
      place(out, item);
      out.member("input", item.text);
    });
  }
  events_.event("response.function_call_arguments.done", [&](json::Writer& out) {
    place(out, item);
    out.member("name", item.name).member("arguments", item.text);
  });
}

void Output::finish(bool cut) {
  close_text(cut);
  for (Call& call : calls_) {
    if (!call.item) begin_call(call);
    if (call.item->open) close(*call.item, cut);
  }
}

void Output::write_part(json::Writer& out, const Part& part) {
  out.begin_object();
  if (part.refusal) {
    out.member("type", "refusal").member("refusal", part.text);
  } else {
    out.member("type", "output_text").member("text", part.text).member_raw("annotations", "[" + part.annotations + "]");
    out.member_raw("logprobs", "[" + part.logprobs + "]");
  }
  out.end_object();
}

void Output::write_reasoning(json::Writer& out, const Item& item) const {
  std::string told = "[]";
  if (!item.open) {
    told.clear();
    json::Writer list(told);
    list.begin_array().begin_object().member("type", plan_.summarize ? "summary_text" : "reasoning_text");
    list.member("text", item.text).end_object().end_array();
  }
  out.member_raw("summary", plan_.summarize ? told : "[]");
  if (!plan_.summarize) out.member_raw("content", told);
  if (!plan_.seal) return;
  out.key("encrypted_content");
  item.open ? out.null() : out.string(seal_reasoning(item.text));
}

void Output::write_call(json::Writer& out, const Item& item) const {
  out.member("call_id", item.call_id).member("name", item.name);
  if (!item.space.empty()) out.member("namespace", item.space);
  out.member(item.custom ? "input" : "arguments", item.open ? std::string() : item.text);
}

void Output::write_item(json::Writer& out, const Item& item) const {
  std::string_view type = item.kind == Kind::message     ? "message"
                          : item.kind == Kind::reasoning ? "reasoning"
                          : item.kind == Kind::picture   ? "image_generation_call"
                          : item.custom                  ? "custom_tool_call"
                                                         : "function_call";
  out.begin_object().member("id", item.id).member("type", type);
  out.member("status", item.open ? "in_progress" : item.cut ? "incomplete" : "completed");
  if (item.kind == Kind::reasoning) write_reasoning(out, item);
  if (item.kind == Kind::call) write_call(out, item);
  if (item.kind == Kind::picture) {
    out.key("result");
    item.open ? out.null() : out.string(item.text);
  }
  if (item.kind == Kind::message) {
    out.member("role", "assistant").key("content").begin_array();
    for (const Part& part : item.parts) write_part(out, part);
    out.end_array();
  }
  out.end_object();
}

std::string Output::json() const {
  std::string list;
  json::Writer out(list);
  out.begin_array();
  for (const Item& item : items_)
    if (!item.open) write_item(out, item);
  out.end_array();
  return list;
}

std::vector<std::string> Output::item_ids() const {
  std::vector<std::string> ids;
  for (const Item& item : items_) ids.push_back(item.id);
  return ids;
}

}  // namespace freeway::dialect::responses

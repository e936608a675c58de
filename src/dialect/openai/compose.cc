#include "dialect/openai/compose.h"

#include "http/sse.h"
#include "json/writer.h"

namespace freeway::dialect::openai {

namespace {

enum class Form : unsigned char { message, delta };

void append_raw(std::string& out, std::string_view members) {
  if (members.empty()) return;
  if (out.back() != '{') out.push_back(',');
  out.append(members);
}

std::string head_members(const AnswerHead& head, std::string_view object) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("id", head.id).member("object", object);
  writer.member("created", head.created).member("model", head.model);
  return out;
}

std::string call_json(const MadeCall& call, Form form) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  if (form == Form::delta) writer.member("index", call.index);
  // Of a call in pieces only the first names it.
  if (!call.id.empty()) writer.member("id", call.id).member("type", "function");
  writer.key("function").begin_object();
  if (!call.name.empty()) writer.member("name", call.name);
  writer.member("arguments", call.arguments).end_object();
  append_raw(out, call.extra);
  out.push_back('}');
  return out;
}

std::string message_json(const MadeChoice& choice, Form form) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  if (choice.role) writer.member("role", "assistant");
  if (!choice.reasoning.empty()) writer.member("reasoning_content", choice.reasoning);
  if (!choice.text.empty()) {
    writer.member("content", choice.text);
  } else if (form == Form::message) {
    writer.key("content").null();
  }
  if (!choice.calls.empty()) {
    writer.key("tool_calls").begin_array();
    for (const MadeCall& call : choice.calls) writer.raw(call_json(call, form));
    writer.end_array();
  }
  if (!choice.images.empty()) {
    writer.key("images").begin_array();
    for (const std::string& image : choice.images) {
      writer.begin_object().member("type", "image_url").key("image_url").begin_object().member("url", image);
      writer.end_object().end_object();
    }
    writer.end_array();
  }
  append_raw(out, choice.extra);
  out.push_back('}');
  return out;
}

std::string choice_json(const MadeChoice& choice, Form form) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("index", choice.index);
  writer.member_raw(form == Form::delta ? "delta" : "message", message_json(choice, form)).key("finish_reason");
  if (choice.finish.empty()) {
    writer.null();
  } else {
    writer.string(choice.finish);
  }
  writer.end_object();
  return out;
}

std::string usage_json(const MadeUsage& usage) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("prompt_tokens", usage.prompt).member("completion_tokens", usage.completion);
  writer.member("total_tokens", usage.total);
  if (usage.cached > 0)
    writer.key("prompt_tokens_details").begin_object().member("cached_tokens", usage.cached).end_object();
  if (usage.reasoning > 0)
    writer.key("completion_tokens_details").begin_object().member("reasoning_tokens", usage.reasoning).end_object();
  writer.end_object();
  return out;
}

constexpr std::string_view kChunk = "chat.completion.chunk";

}  // namespace

std::string whole_answer(const AnswerHead& head, const std::vector<MadeChoice>& choices,
                         const std::optional<MadeUsage>& usage) {
  std::string out = head_members(head, "chat.completion") + ",\"choices\":[";
  for (const MadeChoice& choice : choices) {
    if (out.back() != '[') out.push_back(',');
    out.append(choice_json(choice, Form::message));
  }
  out.push_back(']');
  if (usage) out.append(",\"usage\":").append(usage_json(*usage));
  out.push_back('}');
  return out;
}

void append_chunk(std::string& out, const AnswerHead& head, const MadeChoice& choice) {
  http::append_sse_data(out, head_members(head, kChunk) + ",\"choices\":[" + choice_json(choice, Form::delta) + "]}");
}

void append_usage(std::string& out, const AnswerHead& head, const MadeUsage& usage) {
  http::append_sse_data(out, head_members(head, kChunk) + ",\"choices\":[],\"usage\":" + usage_json(usage) + "}");
}

void append_end(std::string& out) { http::append_sse_data(out, "[DONE]"); }

}  // namespace freeway::dialect::openai

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "dialect/cohere/cohere.h"
#include "dialect/openai/members.h"
#include "json/writer.h"

namespace freeway::dialect::cohere {

namespace {

using openai::has_text;
using openai::text_of;

// Parameters and their names here; the first of two for one name counts.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kParameters = {{
    {"max_completion_tokens", "max_tokens"},
    {"max_tokens", "max_tokens"},
    {"temperature", "temperature"},
    {"top_p", "p"},
    {"top_k", "k"},
    {"seed", "seed"},
    {"presence_penalty", "presence_penalty"},
    {"frequency_penalty", "frequency_penalty"},
    {"logprobs", "logprobs"},
}};

class Writer {
 public:
  explicit Writer(Translation& translation) : translation_(translation) {}
  Result<void> run();

 private:
  Result<void> message(json::Value message);
  void note_unknown(json::Value message);
  Result<void> parts(json::Value content);
  void calls(json::Value list);
  Result<void> member(json::Value member);
  void tools();
  void response_format(json::Value format);
  void drop(std::string name) { translation_.out.drop(std::move(name)); }

  Translation& translation_;
  std::string body_;
  json::Writer out_{body_};
  Parameters parameters_{kParameters};
};

Result<void> Writer::parts(json::Value content) {
  out_.key("content").begin_array();
  for (json::Value part : content) {
    auto shown = holds_image(part, translation_.out);
    if (!shown) return std::unexpected(shown.error());
    if (!*shown) {
      out_.begin_object().member("type", "text").member_raw("text", part["text"].raw()).end_object();
      continue;
    }
    json::Value image = part["image_url"];
    std::string object =
        image.is(json::Type::string) ? "{\"url\":" + std::string(image.raw()) + "}" : std::string(image.raw());
    out_.begin_object().member("type", "image_url").member_raw("image_url", object).end_object();
  }
  out_.end_array();
  return {};
}

void Writer::calls(json::Value list) {
  if (list.size() == 0) return;
  out_.key("tool_calls").begin_array();
  for (json::Value call : list) {
    json::Value function = call["function"];
    if (!has_text(function["name"])) {
      drop("messages[].tool_calls[]");
      continue;
    }
    translation_.out.drop_unknown("messages[].tool_calls[].", call, {"id", "type", "index", "function"});
    out_.begin_object().member_raw("id", call["id"].raw()).member("type", "function").key("function").begin_object();
    out_.member_raw("name", function["name"].raw()).member_raw("arguments", function["arguments"].raw());
    out_.end_object().end_object();
  }
  out_.end_array();
}

// A result's id tells the tool's name. That the tool failed has no place here.
void Writer::note_unknown(json::Value message) {
  Outgoing& out = translation_.out;
  if (message["role"].equals("tool")) {
    out.drop_unknown("messages[].", message, {"role", "content", "tool_call_id", "name"});
  } else if (message["role"].equals("assistant")) {
    out.drop_unknown("messages[].", message, {"role", "content", "tool_calls"});
  } else {
    out.drop_unknown("messages[].", message, {"role", "content"});
  }
}

Result<void> Writer::message(json::Value message) {
  json::Value content = message["content"];
  json::Value list = message["tool_calls"];
  out_.begin_object().member_raw("role", message["role"].raw());
  note_unknown(message);
  if (message["role"].equals("tool"))
    out_.member_raw("tool_call_id", message["tool_call_id"].given() ? message["tool_call_id"].raw() : "\"\"");
  if (content.is(json::Type::array)) {
    if (auto written = parts(content); !written) return written;
  } else if (has_text(content) || list.size() == 0) {
    out_.member_raw("content", content.is(json::Type::string) ? content.raw() : "\"\"");
  }
  // Only calls of an assistant were repaired, and only they are calls.
  if (message["role"].equals("assistant")) calls(list);
  out_.end_object();
  return {};
}

// One tool that must be called is the only one that is shown.
void Writer::tools() {
  json::Value choice = translation_.root["tool_choice"];
  json::Value list = translation_.root["tools"];
  if (list.size() == 0) return;
  json::Value only = choice["function"]["name"];
  out_.key("tools").begin_array();
  for (json::Value tool : list) {
    json::Value function = tool["function"];
    if (!has_text(function["name"])) {
      drop(fmt::format("tools[].{}", text_of(tool["type"])));
    } else if (!has_text(only) || function["name"].equals(text_of(only))) {
      translation_.out.drop_unknown("tools[].", tool, {"type", "function"});
      if (says_something(function["strict"])) drop("tools[].function.strict");
      out_.begin_object()
          .member("type", "function")
          .member_raw("function", openai::copy_without(function, {"strict"}))
          .end_object();
    }
  }
  out_.end_array();
  if (choice.equals("required") || has_text(only)) {
    out_.member("tool_choice", "REQUIRED");
  } else if (choice.equals("none")) {
    out_.member("tool_choice", "NONE");
  } else if (choice.given() && !choice.equals("auto")) {
    drop("tool_choice");
  }
}

void Writer::response_format(json::Value format) {
  if (format["type"].equals("text")) return;
  out_.key("response_format").begin_object().member("type", "json_object");
  json::Value schema = format["json_schema"]["schema"];
  if (schema.given()) out_.member_raw("json_schema", schema.raw());
  out_.end_object();
}

Result<void> Writer::member(json::Value member) {
  if (has_its_own_place(member) || parameters_.write(member, out_)) return {};
  if (member.key_equals("stop")) {
    out_.member_raw("stop_sequences",
                    member.is(json::Type::array) ? std::string(member.raw()) : "[" + std::string(member.raw()) + "]");
  } else if (member.key_equals("response_format")) {
    response_format(member);
  } else if (member.key_equals("reasoning_effort")) {
    // Models that don't reason refuse to be told about it.
    if (translation_.model.reasoning.value_or(false)) {
      out_.key("thinking").begin_object().member("type", member.equals("none") ? "disabled" : "enabled").end_object();
    } else {
      drop("reasoning_effort");
    }
  } else if (member.key_equals("n")) {
    if (member.integer().value_or(1) > 1) return fail(ErrorKind::unsupported, "this provider answers with one choice only");
  } else if (member.key_equals("documents") || member.key_equals("safety_mode") || member.key_equals("thinking")) {
    out_.member_raw(json::unescape(member.key()), member.raw());
  } else if (!member.key_equals("parallel_tool_calls") || !member.boolean().value_or(false)) {
    drop(json::unescape(member.key()));
  }
  return {};
}

Result<void> Writer::run() {
  out_.begin_object().member("model", translation_.model.id).member("stream", translation_.request.stream);
  out_.key("messages").begin_array();
  for (json::Value one : translation_.root["messages"]) {
    if (auto written = message(one); !written) return written;
  }
  out_.end_array();
  tools();
  for (json::Value one : translation_.root) {
    if (auto written = member(one); !written) return written;
  }
  out_.end_object();
  translation_.out.path = translation_.provider.chat_path.empty() ? "/v2/chat" : translation_.provider.chat_path;
  translation_.out.body = std::move(body_);
  return {};
}

}  // namespace

Result<void> Cohere::translate_request(Translation& translation) const { return Writer(translation).run(); }

}  // namespace freeway::dialect::cohere

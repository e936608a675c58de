#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "base/text.h"
#include "chat/bound.h"
#include "dialect/ollama/ollama.h"
#include "dialect/openai/members.h"
#include "json/writer.h"

namespace freeway::dialect::ollama {

namespace {

using openai::has_text;
using openai::text_of;

// Parameters that stand among the options, some under another name.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kOptions = {{
    {"max_completion_tokens", "num_predict"},
    {"max_tokens", "num_predict"},
    {"temperature", "temperature"},
    {"top_p", "top_p"},
    {"top_k", "top_k"},
    {"min_p", "min_p"},
    {"seed", "seed"},
    {"presence_penalty", "presence_penalty"},
    {"frequency_penalty", "frequency_penalty"},
    {"repetition_penalty", "repeat_penalty"},
    {"repeat_penalty", "repeat_penalty"},
    {"num_ctx", "num_ctx"},
}};

// A server's context is this long or longer where nobody sets it; what a prompt has more is clipped without a word.
constexpr std::uint64_t kUsualContext = 4096;
// Room for an answer where nobody says how long it may be.
constexpr std::uint64_t kUsualAnswer = 2048;

class Writer {
 public:
  explicit Writer(Translation& translation) : translation_(translation) {}
  Result<void> run();

 private:
  Result<void> message(json::Value message);
  Result<void> content(json::Value content, json::Writer& writer);
  void calls(json::Value list, json::Writer& writer);
  Result<void> member(json::Value member);
  void tools(json::Value choice);
  void own_options(json::Value options);
  void context();
  void effort(json::Value value);
  void drop(std::string name) { translation_.out.drop(std::move(name)); }

  Translation& translation_;
  std::string body_;
  json::Writer out_{body_};
  std::string options_;
  json::Writer optional_{options_};
  Parameters parameters_{kOptions};
  std::map<std::string, std::string, std::less<>> names_;  // of calls, by their ids
};

// Text in one string, images as base64 beside it.
Result<void> Writer::content(json::Value content, json::Writer& writer) {
  std::string text = text_of(content);
  std::vector<std::string> images;
  for (json::Value part : content) {
    auto shown = holds_image(part, translation_.out);
    if (!shown) return std::unexpected(shown.error());
    if (!*shown) {
      if (!text.empty()) text.push_back('\n');
      openai::append_text(text, part["text"]);
      continue;
    }
    json::Value image = part["image_url"];
    note_image_rest(image, translation_.out);
    std::string url = text_of(image.is(json::Type::string) ? image : image["url"]);
    std::size_t comma = url.find(',');
    if (!istarts_with(url, "data:") || comma == std::string::npos) {
      return fail(ErrorKind::unsupported, "this provider takes images only as data, not as an address");
    }
    images.push_back(url.substr(comma + 1));
  }
  writer.member("content", text);
  if (images.empty()) return {};
  writer.key("images").begin_array();
  for (const std::string& image : images) writer.string(image);
  writer.end_array();
  return {};
}

void Writer::calls(json::Value list, json::Writer& writer) {
  if (list.size() == 0) return;
  writer.key("tool_calls").begin_array();
  for (json::Value call : list) {
    json::Value function = call["function"];
    if (!has_text(function["name"])) {
      drop("messages[].tool_calls[]");
      continue;
    }
    translation_.out.drop_unknown("messages[].tool_calls[].", call, {"id", "type", "index", "function"});
    names_[text_of(call["id"])] = text_of(function["name"]);
    std::string arguments = text_of(function["arguments"]);
    auto document = json::Document::parse(arguments);
    if (!document || !document->root().is(json::Type::object)) arguments = "{}";
    writer.begin_object().key("function").begin_object().member_raw("name", function["name"].raw());
    writer.member_raw("arguments", arguments).end_object().end_object();
  }
  writer.end_array();
}

Result<void> Writer::message(json::Value message) {
  out_.begin_object().member_raw("role", message["role"].raw());
  if (auto written = content(message["content"], out_); !written) return written;
  // Which tool a result is of stands here by its name alone; that it failed, nowhere.
  if (message["role"].equals("tool")) {
    auto named = names_.find(text_of(message["tool_call_id"]));
    std::string name = named == names_.end() ? text_of(message["name"]) : named->second;
    if (!name.empty()) out_.member("tool_name", name);
    translation_.out.drop_unknown("messages[].", message, {"role", "content", "tool_call_id", "name"});
  } else {
    translation_.out.drop_unknown("messages[].", message,
                                  {"role", "content", "tool_calls", "reasoning_content", "reasoning"});
  }
  for (std::string_view name : {"reasoning_content", "reasoning"}) {
    if (!has_text(message[name])) continue;
    out_.member_raw("thinking", message[name].raw());
    break;
  }
  calls(message["tool_calls"], out_);
  out_.end_object();
  return {};
}

// Who may not call gets no tools; who must call can't be told to.
void Writer::tools(json::Value choice) {
  json::Value list = translation_.root["tools"];
  if (list.size() == 0 || choice.equals("none")) return;
  if (choice.given() && !choice.equals("auto")) drop("tool_choice");
  out_.member_raw("tools", list.raw());
}

// gpt-oss is told how much and can't be told not to; others think or don't.
void Writer::effort(json::Value value) {
  bool levels = translation_.model.id.find("gpt-oss") != std::string::npos;
  bool none = value.equals("none");
  if (!levels) {
    out_.member("think", !none);
    return;
  }
  if (none) drop("reasoning_effort");
  bool low = none || value.equals("minimal");
  bool most = value.equals("xhigh") || value.equals("max");
  out_.member("think", low ? std::string("low") : most ? std::string("high") : text_of(value));
}

// Of a client that knows whom it talks to.
void Writer::own_options(json::Value options) {
  json::Value context = options["num_ctx"];
  if (context.given() && !translation_.root["num_ctx"].given()) optional_.member_raw("num_ctx", context.raw());
  translation_.out.drop_unknown("options.", options, {"num_ctx"});
}

// As much as prompt and answer need. A server that is told another length loads its model anew: so it is told none where the
// usual one will do, and else one of few.
void Writer::context() {
  json::Value root = translation_.root;
  if (root["num_ctx"].given() || root["options"]["num_ctx"].given()) return;
  const chat::Request& request = translation_.request;
  std::uint64_t answer = request.max_tokens ? chat::least_answer(request) : kUsualAnswer;
  // Who names a number that no answer reaches must not fill a machine's memory.
  if (!translation_.model.context) answer = std::min(answer, chat::kUsefulAnswer);
  std::uint64_t needed = request.prompt_tokens * 5 / 4 + answer;
  if (needed <= kUsualContext) return;
  std::uint64_t asked = std::bit_ceil(needed);
  optional_.member("num_ctx", std::min(asked, translation_.model.context.value_or(asked)));
}

Result<void> Writer::member(json::Value member) {
  if (has_its_own_place(member) || parameters_.write(member, optional_)) return {};
  if (member.key_equals("stop")) {
    optional_.member_raw("stop",
                         member.is(json::Type::array) ? std::string(member.raw()) : "[" + std::string(member.raw()) + "]");
  } else if (member.key_equals("reasoning_effort")) {
    effort(member);
  } else if (member.key_equals("response_format")) {
    json::Value schema = member["json_schema"]["schema"];
    if (schema.given()) {
      out_.member_raw("format", schema.raw());
    } else if (!member["type"].equals("text")) {
      out_.member("format", "json");
    }
  } else if (member.key_equals("n")) {
    if (member.integer().value_or(1) > 1) return fail(ErrorKind::unsupported, "this provider answers with one choice only");
  } else if (member.key_equals("options")) {
    own_options(member);
  } else if (member.key_equals("keep_alive") || member.key_equals("think")) {
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
  tools(translation_.root["tool_choice"]);
  optional_.begin_object();
  for (json::Value one : translation_.root) {
    if (auto written = member(one); !written) return written;
  }
  context();
  optional_.end_object();
  if (options_ != "{}") out_.member_raw("options", options_);
  out_.end_object();
  translation_.out.path = translation_.provider.chat_path.empty() ? "/api/chat" : translation_.provider.chat_path;
  translation_.out.body = std::move(body_);
  return {};
}

}  // namespace

Result<void> Ollama::translate_request(Translation& translation) const { return Writer(translation).run(); }

}  // namespace freeway::dialect::ollama

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "dialect/gemini/contents.h"
#include "dialect/gemini/schema.h"
#include "dialect/openai/members.h"
#include "json/writer.h"

namespace freeway::dialect::gemini {

namespace {

using openai::text_of;

constexpr std::size_t kMostStops = 5;

// Numbers that have another name here.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kNumbers = {{
    {"temperature", "temperature"},
    {"top_p", "topP"},
    {"top_k", "topK"},
    {"max_completion_tokens", "maxOutputTokens"},
    {"max_tokens", "maxOutputTokens"},
    {"seed", "seed"},
    {"presence_penalty", "presencePenalty"},
    {"frequency_penalty", "frequencyPenalty"},
}};

// How much to think: tokens for older models, a level for newer ones.
struct Effort {
  std::string_view name;
  int budget;
  std::string_view level;
};
constexpr std::array<Effort, 6> kEfforts = {{
    {"none", 0, "low"},  // newer models can't leave it
    {"minimal", 512, "low"},
    {"low", 1024, "low"},
    {"medium", 8192, "medium"},
    {"high", 24576, "high"},
    {"xhigh", 24576, "high"},
}};

class Writer {
 public:
  explicit Writer(Translation& translation) : translation_(translation), traits_(translation.model.id) {}

  Result<void> run();

 private:
  Result<void> messages();
  Result<void> member(json::Value member);
  Result<void> response_format(json::Value format);
  void tools(json::Value list);
  void tool_choice(json::Value choice);
  void stops(json::Value stop);
  void effort(json::Value value);
  void drop(std::string name) { translation_.out.drop(std::move(name)); }
  void lost(std::string_view where, const std::vector<std::string>& keywords);
  bool has_tools() const { return translation_.root["tools"].size() > 0; }

  Translation& translation_;
  Traits traits_;
  std::string body_;
  json::Writer out_{body_};
  std::string config_;
  json::Writer configured_{config_};
  Parameters parameters_{kNumbers};
};

void Writer::lost(std::string_view where, const std::vector<std::string>& keywords) {
  for (const std::string& keyword : keywords) drop(fmt::format("{}.{}", where, keyword));
}

Result<void> Writer::messages() {
  Contents contents(translation_.request, traits_, translation_.out);
  for (json::Value message : translation_.root["messages"]) {
    if (auto added = contents.add(message); !added) return added;
  }
  out_.member_raw("contents", contents.contents());
  std::string system = contents.system();
  if (!system.empty()) out_.key("systemInstruction").begin_object().member_raw("parts", system).end_object();
  return {};
}

void Writer::tools(json::Value list) {
  std::string declared;
  json::Writer writer(declared);
  writer.begin_array();
  std::vector<std::string> keywords;
  for (json::Value tool : list) {
    json::Value function = tool["function"];
    if (!openai::has_text(function["name"])) {
      drop(fmt::format("tools[].{}", text_of(tool["type"])));
      continue;
    }
    translation_.out.drop_unknown("tools[].", tool, {"type", "function"});
    translation_.out.drop_unknown("tools[].function.", function, {"name", "description", "parameters"});
    writer.begin_object().member_raw("name", function["name"].raw());
    if (function["description"].given()) writer.member_raw("description", function["description"].raw());
    // An object without properties is refused by older models; no parameters mean the same.
    json::Value parameters = function["parameters"];
    bool some = parameters["properties"].size() > 0 || parameters["$ref"] || parameters["anyOf"] || parameters["allOf"];
    if (some) writer.member_raw("parameters", clean_schema(parameters, keywords));
    writer.end_object();
  }
  writer.end_array();
  if (declared == "[]") return;
  out_.key("tools").begin_array().begin_object().member_raw("functionDeclarations", declared).end_object().end_array();
  lost("tools[].schema", keywords);
}

void Writer::tool_choice(json::Value choice) {
  std::string_view mode;
  std::string names;
  if (choice.equals("auto")) mode = "AUTO";
  if (choice.equals("none")) mode = "NONE";
  if (choice.equals("required")) mode = "ANY";
  if (json::Value name = choice["function"]["name"]; openai::has_text(name)) {
    mode = "ANY";
    names = name.raw();
  }
  if (json::Value allowed = choice["allowed_tools"]; allowed.given()) {
    mode = "ANY";
    for (json::Value tool : allowed["tools"]) {
      if (!names.empty()) names.push_back(',');
      names.append(tool["function"]["name"] ? tool["function"]["name"].raw() : "\"\"");
    }
    // Only with ANY can some be allowed; that one must be called is more than was said.
    if (!allowed["mode"].equals("required")) drop("tool_choice.allowed_tools.mode");
  }
  if (mode.empty()) return drop("tool_choice");
  if (!has_tools()) return;
  out_.key("toolConfig").begin_object().key("functionCallingConfig").begin_object().member("mode", mode);
  if (!names.empty()) out_.member_raw("allowedFunctionNames", "[" + names + "]");
  out_.end_object().end_object();
}

void Writer::stops(json::Value stop) {
  configured_.key("stopSequences").begin_array();
  if (stop.is(json::Type::string)) configured_.raw(stop.raw());
  std::size_t count = 0;
  for (json::Value one : stop) {
    if (++count <= kMostStops) configured_.raw(one.raw());
  }
  configured_.end_array();
  if (count > kMostStops) drop("stop");
}

void Writer::effort(json::Value value) {
  auto known = std::find_if(kEfforts.begin(), kEfforts.end(), [&](const Effort& one) { return value.equals(one.name); });
  if (known == kEfforts.end() || !traits_.thinks) return drop("reasoning_effort");
  configured_.key("thinkingConfig").begin_object();
  if (traits_.thinking_levels) {
    if (known->name == "none") drop("reasoning_effort");
    configured_.member("thinkingLevel", known->level).member("includeThoughts", true);
  } else {
    configured_.member("thinkingBudget", known->budget).member("includeThoughts", known->budget > 0);
  }
  configured_.end_object();
}

Result<void> Writer::response_format(json::Value format) {
  if (format["type"].equals("text")) return {};
  if (has_tools() && !traits_.json_beside_tools) {
    return fail(ErrorKind::unsupported, "this model takes tools or asks for JSON, not both in one request");
  }
  configured_.member("responseMimeType", "application/json");
  json::Value schema = format["json_schema"]["schema"];
  if (!schema.given()) return {};
  std::vector<std::string> keywords;
  configured_.member_raw("responseSchema", clean_schema(schema, keywords));
  lost("response_format.schema", keywords);
  return {};
}

Result<void> Writer::member(json::Value member) {
  if (has_its_own_place(member) || parameters_.write(member, configured_)) return {};
  if (member.key_equals("stop")) {
    stops(member);
  } else if (member.key_equals("reasoning_effort")) {
    effort(member);
  } else if (member.key_equals("response_format")) {
    return response_format(member);
  } else if (member.key_equals("n")) {
    if (member.integer().value_or(1) > 1) return fail(ErrorKind::unsupported, "this provider answers with one choice only");
  } else if (!member.key_equals("parallel_tool_calls") || !member.boolean().value_or(false)) {
    drop(json::unescape(member.key()));
  }
  return {};
}

Result<void> Writer::run() {
  out_.begin_object();
  configured_.begin_object();
  if (auto written = messages(); !written) return written;
  if (has_tools()) tools(translation_.root["tools"]);
  if (json::Value choice = translation_.root["tool_choice"]; choice.given()) tool_choice(choice);
  for (json::Value one : translation_.root) {
    if (auto written = member(one); !written) return written;
  }
  configured_.end_object();
  if (config_ != "{}") out_.member_raw("generationConfig", config_);
  out_.end_object();
  Outgoing& out = translation_.out;
  std::string_view id = translation_.model.id;
  if (id.starts_with("models/")) id.remove_prefix(7);
  out.path = fmt::format("/models/{}:{}", percent_encode(id),
                         translation_.request.stream ? "streamGenerateContent?alt=sse" : "generateContent");
  out.body = std::move(body_);
  return {};
}

}  // namespace

Result<void> Gemini::translate_request(Translation& translation) const { return Writer(translation).run(); }

}  // namespace freeway::dialect::gemini

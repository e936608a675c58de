#include "dialect/openai/written_calls.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "dialect/openai/members.h"
#include "json/writer.h"

namespace freeway::dialect::openai {

namespace {

using Calls = std::optional<std::vector<WrittenCall>>;
using Tools = std::span<const DeclaredTool>;

const DeclaredTool* tool_named(Tools tools, std::string_view name) {
  auto found = std::find_if(tools.begin(), tools.end(), [&](const DeclaredTool& tool) { return tool.name == name; });
  return found == tools.end() ? nullptr : &*found;
}

// Takes what stands before `mark` off the front of `text`, and the mark; nothing if there is none.
std::optional<std::string_view> until(std::string_view& text, std::string_view mark) {
  std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view before = text.substr(0, at);
  text.remove_prefix(at + mark.size());
  return before;
}

bool take(std::string_view& text, std::string_view mark) {
  text = trim(text);
  if (!text.starts_with(mark)) return false;
  text.remove_prefix(mark.size());
  return true;
}

std::optional<WrittenCall> call_of(Tools tools, std::string_view name, std::string_view arguments) {
  arguments = trim(arguments);
  if (!tool_named(tools, name)) return std::nullopt;
  auto document = json::Document::parse(arguments);
  if (!document || !document->root().is(json::Type::object)) return std::nullopt;
  return WrittenCall{std::string(name), std::string(arguments)};
}

// {"name":…,"arguments":{…}}, the arguments also as text or under `parameters`.
std::optional<WrittenCall> call_of(Tools tools, json::Value root) {
  json::Value arguments = root["arguments"] ? root["arguments"] : root["parameters"];
  std::string text =
      arguments.is(json::Type::string) ? text_of(arguments) : std::string(arguments.given() ? arguments.raw() : "{}");
  return call_of(tools, text_of(root["name"]), text);
}

// Parameters one by one, whose types only the tool's schema tells: a text as it stands, anything else as JSON.
class Parameters {
 public:
  explicit Parameters(const DeclaredTool& tool) : tool_(tool), parsed_(json::Document::parse(tool.parameters)) {
    writer_.begin_object();
  }

  bool add(std::string_view name, std::string_view value) {
    json::Value type = parsed_ ? parsed_->root()["properties"][name]["type"] : json::Value();
    if (!type.is(json::Type::string)) return false;
    if (type.equals("string")) {
      writer_.member(name, value);
      return true;
    }
    auto document = json::Document::parse(trim(value));
    if (!document) return false;
    writer_.member_raw(name, document->root().raw());
    return true;
  }
  WrittenCall call() {
    writer_.end_object();
    return {tool_.name, std::move(arguments_)};
  }

 private:
  const DeclaredTool& tool_;
  Result<json::Document> parsed_;
  std::string arguments_;
  json::Writer writer_{arguments_};
};

// Values stand on lines of their own.
std::string_view without_line_breaks(std::string_view value) {
  if (value.starts_with('\n')) value.remove_prefix(1);
  if (value.ends_with('\n')) value.remove_suffix(1);
  return value;
}

// GLM: name, then <arg_key>k</arg_key><arg_value>v</arg_value> for each.
std::optional<WrittenCall> call_by_keys(std::string_view inside, Tools tools) {
  std::string_view rest = inside;
  auto name = until(rest, "<arg_key>");
  const DeclaredTool* tool = tool_named(tools, trim(name.value_or(inside)));
  if (!tool) return std::nullopt;
  Parameters parameters(*tool);
  while (name) {
    auto key = until(rest, "</arg_key>");
    if (!key || !take(rest, "<arg_value>")) return std::nullopt;
    auto value = until(rest, "</arg_value>");
    if (!value || !parameters.add(trim(*key), without_line_breaks(*value))) return std::nullopt;
    if (trim(rest).empty()) break;
    if (!take(rest, "<arg_key>")) return std::nullopt;
  }
  return parameters.call();
}

// Qwen's coders and Llama: name>, then a JSON object or <parameter=k>v</parameter> for each.
std::optional<WrittenCall> call_of_function(std::string_view inside, Tools tools) {
  std::string_view rest = inside;
  auto name = until(rest, ">");
  const DeclaredTool* tool = name ? tool_named(tools, trim(*name)) : nullptr;
  if (!tool) return std::nullopt;
  if (trim(rest).starts_with('{')) return call_of(tools, tool->name, rest);
  Parameters parameters(*tool);
  while (!trim(rest).empty()) {
    if (!take(rest, "<parameter=")) return std::nullopt;
    auto key = until(rest, ">");
    auto value = until(rest, "</parameter>");
    if (!key || !value || !parameters.add(trim(*key), without_line_breaks(*value))) return std::nullopt;
  }
  return parameters.call();
}

Calls one(std::optional<WrittenCall> call) {
  if (!call) return std::nullopt;
  std::vector<WrittenCall> calls;
  calls.push_back(std::move(*call));
  return calls;
}

Calls read_function(std::string_view inside, Tools tools) { return one(call_of_function(inside, tools)); }

// <tool_call>: JSON as Hermes and Qwen write it, or one of the forms with tags inside.
Calls read_tagged(std::string_view inside, Tools tools) {
  inside = trim(inside);
  if (auto document = json::Document::parse(inside); document) return one(call_of(tools, document->root()));
  if (std::string_view rest = inside; take(rest, "<function=")) {
    auto body = until(rest, "</function>");
    return body && trim(rest).empty() ? one(call_of_function(*body, tools)) : std::nullopt;
  }
  return one(call_by_keys(inside, tools));
}

// Mistral: a list of calls, or name{…} for each.
Calls read_list(std::string_view inside, Tools tools) {
  inside = trim(inside);
  std::vector<WrittenCall> calls;
  if (auto document = json::Document::parse(inside); document) {
    json::Value root = document->root();
    if (root.size() == 0 || !root.is(json::Type::array)) return std::nullopt;
    for (json::Value element : root) {
      auto call = call_of(tools, element);
      if (!call) return std::nullopt;
      calls.push_back(std::move(*call));
    }
    return calls;
  }
  std::size_t brace = inside.find('{');
  if (brace == std::string_view::npos) return std::nullopt;
  return one(call_of(tools, trim(inside.substr(0, brace)), inside.substr(brace)));
}

// Llama: a JSON object behind its tag.
Calls read_object(std::string_view inside, Tools tools) {
  auto document = json::Document::parse(trim(inside));
  return document ? one(call_of(tools, document->root())) : std::nullopt;
}

// Kimi: functions.NAME:N and the arguments, each between tags.
Calls read_sections(std::string_view inside, Tools tools) {
  std::vector<WrittenCall> calls;
  while (!trim(inside).empty()) {
    if (!take(inside, "<|tool_call_begin|>")) return std::nullopt;
    auto id = until(inside, "<|tool_call_argument_begin|>");
    auto arguments = until(inside, "<|tool_call_end|>");
    if (!id || !arguments) return std::nullopt;
    std::string_view name = trim(*id);
    if (name.starts_with("functions.")) name.remove_prefix(10);
    name = name.substr(0, name.rfind(':'));
    auto call = call_of(tools, name, *arguments);
    if (!call) return std::nullopt;
    calls.push_back(std::move(*call));
  }
  if (calls.empty()) return std::nullopt;
  return calls;
}

// DeepSeek: function, a separator, the name, and the arguments in a fence or bare.
Calls read_fenced(std::string_view inside, Tools tools) {
  std::vector<WrittenCall> calls;
  while (!trim(inside).empty()) {
    if (!take(inside, "<｜tool▁call▁begin｜>")) return std::nullopt;
    auto body = until(inside, "<｜tool▁call▁end｜>");
    if (!body) return std::nullopt;
    auto kind = until(*body, "<｜tool▁sep｜>");
    if (!kind) return std::nullopt;
    std::string_view name = trim(*kind), arguments = *body;
    if (name == "function") {
      auto line = until(arguments, "\n");
      if (!line) return std::nullopt;
      name = trim(*line);
    }
    arguments = trim(arguments);
    if (arguments.starts_with("```json") && arguments.ends_with("```") && arguments.size() >= 10)
      arguments = arguments.substr(7, arguments.size() - 10);
    auto call = call_of(tools, name, arguments);
    if (!call) return std::nullopt;
    calls.push_back(std::move(*call));
  }
  if (calls.empty()) return std::nullopt;
  return calls;
}

constexpr std::array<CallForm, 6> kForms = {{
    {"<tool_call>", "</tool_call>", read_tagged},
    {"<function=", "</function>", read_function},
    {"[TOOL_CALLS]", "", read_list},
    {"<|python_tag|>", "", read_object},
    {"<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", read_sections},
    {"<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", read_fenced},
}};

}  // namespace

std::span<const CallForm> call_forms() { return kForms; }

std::vector<DeclaredTool> declared_tools(json::Value root) {
  std::vector<DeclaredTool> tools;
  if (root["tool_choice"].equals("none") || root["function_call"].equals("none")) return tools;
  auto add = [&](json::Value function) {
    if (!has_text(function["name"])) return;
    json::Value parameters = function["parameters"];
    tools.push_back({text_of(function["name"]), parameters.given() ? std::string(parameters.raw()) : std::string()});
  };
  if (json::Value list = root["tools"]; list.is(json::Type::array)) {
    for (json::Value tool : list) add(tool["function"]);
  }
  if (json::Value list = root["functions"]; list.is(json::Type::array)) {
    for (json::Value function : list) add(function);
  }
  return tools;
}

}  // namespace freeway::dialect::openai

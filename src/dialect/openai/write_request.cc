#include <algorithm>

#include "chat/bound.h"
#include "dialect/openai/history.h"
#include "dialect/openai/members.h"
#include "dialect/openai/openai.h"
#include "dialect/openai/parameters.h"
#include "json/edit.h"
#include "json/writer.h"

namespace freeway::dialect::openai {

namespace {
// What json_object asks for, said as a schema.
constexpr std::string_view kAnyObject =
    R"({"type":"json_schema","json_schema":{"name":"object","schema":{"type":"object","properties":{}}}})";

// The members of a request beside its messages, edited for one provider.
class ParameterRepair {
 public:
  ParameterRepair(const chat::Request& request, const catalog::Quirks& quirks, const catalog::Model& model,
                  const chat::ImageData& images, bool takes_reasoning)
      : request_(request),
        quirks_(quirks),
        model_(model),
        images_(images),
        takes_reasoning_(takes_reasoning),
        root_(request.document.root()),
        edits_(request.document) {}

  void run(Outgoing& out);

 private:
  void member(json::Value member);
  bool dropped(json::Value member);
  bool renamed(json::Value member);
  void known(json::Value member);
  void stream_options(json::Value options);
  void tools(json::Value list);
  void functions(json::Value list);
  void function_choice(json::Value choice);
  void translated(json::Value member);
  void drop_reasoning(json::Value messages);
  void strict(json::Value holder, std::string_view name);
  void response_format(json::Value format);
  bool rejects(std::string_view name) const;
  void report(std::string_view name);

  const chat::Request& request_;
  const catalog::Quirks& quirks_;
  const catalog::Model& model_;
  const chat::ImageData& images_;
  bool takes_reasoning_;
  json::Value root_;
  json::Edits edits_;
  std::vector<std::string> reported_;
};

void ParameterRepair::report(std::string_view name) {
  if (std::find(reported_.begin(), reported_.end(), name) == reported_.end()) reported_.emplace_back(name);
}

bool ParameterRepair::rejects(std::string_view name) const {
  return std::find(quirks_.drop.begin(), quirks_.drop.end(), name) != quirks_.drop.end() ||
         (name == "stream_options" && !quirks_.stream_options) ||
         (name == "parallel_tool_calls" && !quirks_.parallel_tool_calls);
}

bool ParameterRepair::dropped(json::Value member) {
  if (quirks_.drop.empty() && quirks_.stream_options && quirks_.parallel_tool_calls) return false;
  std::string name = json::unescape(member.key());
  // The old form travels under the new names.
  std::string_view sent = name == "functions" ? "tools" : name == "function_call" ? "tool_choice" : std::string_view(name);
  if (!rejects(name) && !rejects(sent)) return false;
  edits_.remove(member);
  // Asking for usage is answered by us; nothing is lost.
  bool only_usage = name == "stream_options" && (member.size() == 0 || (member.size() == 1 && member["include_usage"]));
  if (!only_usage) report(name);
  return true;
}

bool ParameterRepair::renamed(json::Value member) {
  for (const auto& [from, to] : quirks_.rename) {
    if (!member.key_equals(from)) continue;
    if (root_[to].given()) {
      edits_.remove(member);
      report(from);
    } else {
      edits_.rename(member, to);
    }
    return true;
  }
  return false;
}

void ParameterRepair::stream_options(json::Value options) {
  if (!request_.stream) return remove_nulls(edits_, options);
  json::Value usage = options["include_usage"];
  if (!usage.boolean().value_or(false)) set_json(edits_, options, "include_usage", "true");
}

void ParameterRepair::strict(json::Value holder, std::string_view name) {
  if (!holder.is(json::Type::object)) return;
  json::Value member = holder["strict"];
  if (quirks_.strict_schema || !member.given()) return;
  edits_.remove(member);
  report(name);
}

void ParameterRepair::tools(json::Value list) {
  for (json::Value tool : list) {
    remove_nulls(edits_, tool);
    remove_nulls(edits_, tool["function"]);
    strict(tool["function"], "tools[].function.strict");
  }
  prune_schemas(list, quirks_, edits_, reported_);
}

// functions: [f, g] → tools: [{"type":"function","function":f}, …]
void ParameterRepair::functions(json::Value list) {
  std::string tools;
  for (json::Value function : list) {
    if (!tools.empty()) tools.push_back(',');
    tools.append("{\"type\":\"function\",\"function\":").append(function.raw()).push_back('}');
  }
  json::Value present = root_["tools"];
  if (list.size() == 0) {
    edits_.remove(list);
  } else if (present.given()) {
    edits_.append_element(present, tools);
    edits_.remove(list);
  } else {
    edits_.rename(list, "tools");
    edits_.replace(list, "[" + tools + "]");
  }
}

// function_call: "auto" | "none" | {"name":n} → tool_choice
void ParameterRepair::function_choice(json::Value choice) {
  if (root_["tool_choice"].given()) {
    edits_.remove(choice);
    report("function_call");
    return;
  }
  edits_.rename(choice, "tool_choice");
  if (!choice.is(json::Type::object)) return;
  edits_.replace(choice, "{\"type\":\"function\",\"function\":" + std::string(choice.raw()) + "}");
}

void ParameterRepair::response_format(json::Value format) {
  if (!quirks_.json_object && format["type"].equals("json_object")) return edits_.replace(format, std::string(kAnyObject));
  remove_nulls(edits_, format);
  remove_nulls(edits_, format["json_schema"]);
  strict(format["json_schema"], "response_format.json_schema.strict");
}

// What another surface's words were made into goes as far as this model is known to take it.
void ParameterRepair::translated(json::Value member) {
  if (member.key_equals("reasoning_effort") && !model_.reasoning.value_or(true)) {
    edits_.remove(member);
    return report("reasoning_effort");
  }
  auto most = chat::longest_answer(request_, model_.max_output, model_.context);
  if (!member.key_equals("max_tokens") || most == request_.max_tokens) return;
  edits_.replace(member, std::to_string(*most));
  report("max_tokens");
}

// Reasoning that no client put here: most providers refuse it or read it as something else.
void ParameterRepair::drop_reasoning(json::Value messages) {
  for (json::Value message : messages) {
    json::Value reasoning = message["reasoning_content"];
    if (!reasoning) continue;
    edits_.remove(reasoning);
    report("messages[].reasoning_content");
  }
}

void ParameterRepair::known(json::Value member) {
  if (member.key_equals("messages")) {
    if (request_.translated && !takes_reasoning_) drop_reasoning(member);
    return repair_history(member, quirks_, images_, edits_, reported_);
  }
  if (member.key_equals("stream_options")) return stream_options(member);
  if (member.key_equals("tools")) return tools(member);
  if (member.key_equals("functions")) return functions(member);
  if (member.key_equals("function_call")) return function_choice(member);
  if (member.key_equals("response_format")) return response_format(member);
}

void ParameterRepair::member(json::Value member) {
  if (member.key_equals("model")) {
    if (!member.equals(model_.id)) edits_.replace(member, json::quote(model_.id));
  } else if (member.type() == json::Type::null) {
    edits_.remove(member);
  } else if (!dropped(member)) {
    if (request_.translated) translated(member);
    if (!renamed(member)) known(member);
  }
}

void ParameterRepair::run(Outgoing& out) {
  for (json::Value one : root_) member(one);
  if (!root_["model"]) edits_.append_member(root_, "model", json::quote(model_.id));
  if (!quirks_.parameters.empty()) apply_rules(root_, quirks_, edits_, reported_);
  bool ask_usage = request_.stream && !rejects("stream_options") && !root_["stream_options"].given();
  if (ask_usage) edits_.append_member(root_, "stream_options", "{\"include_usage\":true}");
  out.body = edits_.apply();
  out.dropped = std::move(reported_);
}

// The one message becomes the prompt of an infill, which such a model answers like a chat.
std::string as_infill(const std::string& chat, std::string_view suffix) {
  auto document = json::Document::parse(chat);
  if (!document) return chat;
  json::Value root = document->root();
  json::Value messages = root["messages"];
  json::Edits edits(*document);
  edits.rename(messages, "prompt");
  edits.replace(messages, std::string(messages.first()["content"].raw()));
  edits.append_member(root, "suffix", json::quote(suffix));
  return edits.apply();
}
}  // namespace

Outgoing repair_request(const chat::Request& request, const catalog::Provider& provider, const catalog::Model& model,
                        bool takes_reasoning) {
  static const chat::ImageData kNone;
  Outgoing out;
  const chat::ImageData& images = catalog::takes_image_addresses(provider, model) ? kNone : request.image_data;
  ParameterRepair(request, provider.quirks, model, images, takes_reasoning).run(out);
  return out;
}

Result<Outgoing> OpenAi::write_request(const chat::Request& request, const catalog::Provider& provider,
                                       const catalog::Model& model) const {
  Outgoing out;
  out.path = provider.chat_path.empty() ? "/chat/completions" : provider.chat_path;
  out.fields.add("content-type", "application/json");
  out.fields.add("accept", request.stream ? "text/event-stream" : "application/json");
  for (const auto& [name, value] : provider.headers) out.fields.set(name, value);
  Outgoing repaired = repair_request(request, provider, model, provider.quirks.reasoning_back);
  out.body = std::move(repaired.body);
  out.dropped = std::move(repaired.dropped);
  if (request.suffix.empty()) return out;
  if (model.infill.empty()) return fail(ErrorKind::unsupported, "this model can't fill in between a prompt and a suffix");
  out.path = model.infill;
  out.body = as_infill(out.body, request.suffix);
  return out;
}

}  // namespace freeway::dialect::openai

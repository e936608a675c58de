// What Cohere makes of a v2/chat request.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "farm/shape.h"
#include "farm/wire_cohere.h"

namespace freeway::farm {
namespace {

std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorKind::invalid, fmt::format("invalid request: {}", message));
}

constexpr std::array<std::string_view, 1> kFunctionType{"function"};
constexpr Member kDefinitionMembers[] = {{"name"}, {"description"}, {"parameters", Kind::object}};
constexpr Shape kDefinition{kDefinitionMembers};
constexpr Member kToolMembers[] = {{"type", Kind::text, false, nullptr, kFunctionType},
                                   {"function", Kind::shape, false, &kDefinition}};
constexpr Shape kTool{kToolMembers};
constexpr std::array<std::string_view, 2> kChoices{"REQUIRED", "NONE"};
constexpr std::array<std::string_view, 2> kFormats{"text", "json_object"};
constexpr Member kFormatMembers[] = {{"type", Kind::text, false, nullptr, kFormats}, {"json_schema", Kind::object}};
constexpr Shape kFormat{kFormatMembers};
constexpr std::array<std::string_view, 3> kModes{"CONTEXTUAL", "STRICT", "OFF"};
constexpr std::array<std::string_view, 2> kSwitch{"enabled", "disabled"};
constexpr Member kThinkingMembers[] = {{"type", Kind::text, false, nullptr, kSwitch}, {"token_budget", Kind::whole}};
constexpr Shape kThinking{kThinkingMembers};

constexpr Member kRequestMembers[] = {
    {"model"},
    {"messages", Kind::object, true},
    {"stream", Kind::flag},
    {"tools", Kind::shape, true, &kTool},
    {"strict_tools", Kind::flag},
    {"tool_choice", Kind::text, false, nullptr, kChoices},
    {"documents", Kind::any},
    {"response_format", Kind::shape, false, &kFormat},
    {"max_tokens", Kind::whole},
    {"temperature", Kind::number},
    {"p", Kind::number},
    {"k", Kind::whole},
    {"stop_sequences", Kind::text, true},
    {"seed", Kind::whole},
    {"frequency_penalty", Kind::number},
    {"presence_penalty", Kind::number},
    {"logprobs", Kind::flag},
    {"safety_mode", Kind::text, false, nullptr, kModes},
    {"thinking", Kind::shape, false, &kThinking},
};
constexpr Shape kRequest{kRequestMembers};

// Content may be a text or a list of parts, which is looked at apart.
constexpr Member kSaidMembers[] = {{"role"}, {"content", Kind::any}};
constexpr Shape kSaid{kSaidMembers};
constexpr Member kCalledMembers[] = {{"name"}, {"arguments"}};
constexpr Shape kCalled{kCalledMembers};
constexpr Member kCallMembers[] = {
    {"id"}, {"type", Kind::text, false, nullptr, kFunctionType}, {"function", Kind::shape, false, &kCalled}};
constexpr Shape kCall{kCallMembers};
constexpr Member kAssistantMembers[] = {
    {"role"}, {"content", Kind::any}, {"tool_plan"}, {"tool_calls", Kind::shape, true, &kCall}, {"citations", Kind::any}};
constexpr Shape kAssistant{kAssistantMembers};
constexpr Member kToolMessageMembers[] = {{"role"}, {"tool_call_id"}, {"content", Kind::any}};
constexpr Shape kToolMessage{kToolMessageMembers};

constexpr Member kImageMembers[] = {{"url"}, {"detail"}};
constexpr Shape kImage{kImageMembers};
constexpr Member kDocumentMembers[] = {{"data", Kind::any}, {"id"}};
constexpr Shape kDocument{kDocumentMembers};
constexpr Member kTextPartMembers[] = {{"type"}, {"text"}};
constexpr Member kThinkingPartMembers[] = {{"type"}, {"thinking"}};
constexpr Member kImagePartMembers[] = {{"type"}, {"image_url", Kind::shape, false, &kImage}};
constexpr Member kDocumentPartMembers[] = {{"type"}, {"document", Kind::shape, false, &kDocument}};

struct PartKind {
  std::string_view type;
  std::string_view holds;
  Shape shape;
};
constexpr PartKind kText{"text", "text", {kTextPartMembers}};
constexpr PartKind kThought{"thinking", "thinking", {kThinkingPartMembers}};
constexpr PartKind kPicture{"image_url", "image_url", {kImagePartMembers}};
constexpr PartKind kFound{"document", "document", {kDocumentPartMembers}};

struct Role {
  std::string_view name;
  const Shape& shape;
  std::array<const PartKind*, 2> parts;  // that its content may have; null: none
};
constexpr Role kRoles[] = {
    {"system", kSaid, {&kText, nullptr}},
    {"user", kSaid, {&kText, &kPicture}},
    {"assistant", kAssistant, {&kText, &kThought}},
    {"tool", kToolMessage, {&kText, &kFound}},
};

std::string in_words(const Misfit& misfit) {
  const auto name = misfit.place.empty() ? misfit.name : fmt::format("{}.{}", misfit.place, misfit.name);
  switch (misfit.what) {
    case Misfit::What::unknown: return fmt::format("unknown field: parameter '{}' is not a valid field", name);
    case Misfit::What::wrong_word:
      return fmt::format("{} must be one of the following values: {}", name, fmt::join(misfit.member->words, ", "));
    default: return fmt::format("parameter '{}' is of the wrong type", name);
  }
}

Result<void> check(json::Value value, const Shape& shape, std::string_view place) {
  auto found = misfit(value, shape);
  if (!found) return {};
  if (!place.empty()) found->place = found->place.empty() ? std::string(place) : fmt::format("{}.{}", place, found->place);
  return invalid(in_words(*found));
}

Result<void> check_content(json::Value content, const Role& role, std::string_view place) {
  if (!content.given() || content.is(json::Type::string)) return {};
  if (!content.is(json::Type::array)) return invalid(fmt::format("{}.content must be a string or a list", place));
  std::size_t index = 0;
  for (auto part : content) {
    const auto here = fmt::format("{}.content[{}]", place, index++);
    const auto kind = std::find_if(role.parts.begin(), role.parts.end(),
                                   [&](const PartKind* one) { return one != nullptr && part["type"].equals(one->type); });
    if (kind == role.parts.end()) {
      return invalid(fmt::format("{} has a type that a {} message cannot hold", here, role.name));
    }
    if (auto checked = check(part, (*kind)->shape, here); !checked) return checked;
    if (!part[(*kind)->holds].given()) return invalid(fmt::format("{} must have a {}", here, (*kind)->holds));
  }
  return {};
}

Result<void> check_message(json::Value message, std::string_view place) {
  const auto role =
      std::find_if(std::begin(kRoles), std::end(kRoles), [&](const Role& one) { return message["role"].equals(one.name); });
  if (role == std::end(kRoles)) {
    return invalid(fmt::format("{}.role must be one of the following values: system, user, assistant, tool", place));
  }
  if (auto checked = check(message, role->shape, place); !checked) return checked;
  if (auto checked = check_content(message["content"], *role, place); !checked) return checked;
  if (role->name == "tool" && message["tool_call_id"].escaped().empty()) {
    return invalid(fmt::format("{}.tool_call_id must be provided for a tool message", place));
  }
  const bool calls = role->name == "assistant" && message["tool_calls"].size() > 0;
  if (!calls && !message["content"].given()) return invalid(fmt::format("{} must have content", place));
  for (auto call : message["tool_calls"]) {
    for (const auto needed : {call["id"], call["function"]["name"], call["function"]["arguments"]}) {
      if (!needed.given()) return invalid(fmt::format("{}.tool_calls must have an id, a name and arguments each", place));
    }
  }
  return {};
}

Result<void> check_request(json::Value root) {
  if (!root.is(json::Type::object)) return invalid("the body must be an object");
  if (auto checked = check(root, kRequest, ""); !checked) return checked;
  if (root["model"].escaped().empty()) return invalid("model is required");
  const auto messages = root["messages"];
  if (messages.size() == 0) return invalid("messages must have at least one message");
  std::size_t index = 0;
  for (auto message : messages) {
    if (auto checked = check_message(message, fmt::format("messages[{}]", index++)); !checked) return checked;
  }
  for (auto tool : root["tools"]) {
    if (tool["function"]["name"].escaped().empty()) return invalid("each of tools must have a function with a name");
  }
  const auto format = root["response_format"];
  if (!format["type"].equals("json_object")) return {};
  if (root["tools"].size() > 0) return invalid("response_format is not supported with tools");
  const auto schema = format["json_schema"];
  if (schema.given() && !schema["type"].equals("object")) return invalid("json_schema must be an object at its top level");
  return {};
}

void read_messages(json::Value root, Ask& ask) {
  const auto messages = root["messages"];
  std::size_t bytes = 0;
  for (auto message : messages) {
    bytes += text_bytes(message["content"]) + message["tool_plan"].escaped().size();
    for (auto part : message["content"]) bytes += part["document"].raw().size();
    for (auto call : message["tool_calls"]) bytes += call.raw().size();
    if (message["role"].equals("user")) ask.last_user = text_of(message["content"]);
    ask.after_tool = message["role"].equals("tool");
  }
  ask.prompt_tokens = prompt_tokens(bytes, messages.size(), root["tools"]);
}

}  // namespace

Result<void> check_cohere(json::Value value, const Shape& shape, std::string_view place) {
  return check(value, shape, place);
}

Result<Ask> read_cohere(std::string_view body) {
  const auto document = json::Document::parse(body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  if (auto checked = check_request(root); !checked) return std::unexpected(checked.error());
  Ask ask;
  ask.model = root["model"].string().value_or("");
  ask.stream = root["stream"].boolean().value_or(false);
  if (const auto most = root["max_tokens"].integer(); most && *most > 0) ask.max_tokens = static_cast<std::uint64_t>(*most);
  ask.thinking_counts = true;
  if (root["thinking"]["type"].equals("disabled")) ask.thinking = Thinking::off;
  ask.structured = root["response_format"]["type"].equals("json_object");
  if (!root["tool_choice"].equals("NONE")) ask.first_tool = root["tools"].first()["function"]["name"].string().value_or("");
  read_messages(root, ask);
  return ask;
}

}  // namespace freeway::farm

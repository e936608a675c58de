// A request's parameters: carried under their name in chat completions, kept for the answer, refused, or left out and told.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "dialect/openai/members.h"
#include "dialect/responses/conversation.h"
#include "dialect/responses/plan.h"
#include "json/writer.h"

namespace freeway::dialect::responses {

using openai::expect;
using openai::expect_count;
using openai::text_of;
using openai::wrong;

namespace {

// Travel under the same name.
constexpr std::string_view kSame[] = {"temperature",
                                      "top_p",
                                      "parallel_tool_calls",
                                      "user",
                                      "safety_identifier",
                                      "prompt_cache_key",
                                      "frequency_penalty",
                                      "logit_bias",
                                      "presence_penalty",
                                      "seed",
                                      "stop",
                                      "top_k",
                                      "min_p",
                                      "prompt_cache_retention"};
// Have a place of their own below.
constexpr std::string_view kRead[] = {
    "model",        "input",        "instructions", "stream",         "store",
    "background",   "conversation", "prompt",       "include",        "max_output_tokens",
    "tools",        "tool_choice",  "text",         "reasoning",      "metadata",
    "top_logprobs", "truncation",   "service_tier", "stream_options", "previous_response_id"};
// What these include comes with items that no answer here has, or is there anyway.
constexpr std::string_view kIncluded[] = {"file_search_call.results",
                                          "web_search_call.results",
                                          "web_search_call.action.sources",
                                          "message.input_image.image_url",
                                          "computer_call_output.output.image_url",
                                          "code_interpreter_call.outputs"};

template <std::size_t N>
bool one_of(json::Value member, const std::string_view (&names)[N]) {
  for (std::string_view name : names)
    if (member.key_equals(name)) return true;
  return false;
}

Refusal check_types(json::Value root) {
  using json::Type;
  struct Wanted {
    std::string_view name;
    Type type;
    std::string_view wanted;
  };
  static constexpr Wanted kWanted[] = {{"model", Type::string, "a string"},
                                       {"instructions", Type::string, "a string"},
                                       {"stream", Type::boolean, "a boolean"},
                                       {"store", Type::boolean, "a boolean"},
                                       {"background", Type::boolean, "a boolean"},
                                       {"text", Type::object, "an object"},
                                       {"reasoning", Type::object, "an object"},
                                       {"metadata", Type::object, "an object"},
                                       {"include", Type::array, "an array"},
                                       {"stream_options", Type::object, "an object"},
                                       {"truncation", Type::string, "a string"},
                                       {"service_tier", Type::string, "a string"},
                                       {"temperature", Type::number, "a number"},
                                       {"top_p", Type::number, "a number"},
                                       {"previous_response_id", Type::string, "a string"},
                                       {"parallel_tool_calls", Type::boolean, "a boolean"}};
  for (const auto& one : kWanted) {
    if (auto refusal = expect(root[one.name], one.name, one.type, one.wanted)) return refusal;
  }
  constexpr std::int64_t kAnyCount = std::int64_t{1} << 40;
  return expect_count(root["max_output_tokens"], "max_output_tokens", kAnyCount);
}

Refusal refuse_unbuilt(json::Value root) {
  if (root["background"].boolean().value_or(false))
    return wrong("background", "can't be true: freeway answers while the client waits; leave it out");
  if (root["conversation"].given())
    return wrong("conversation", "is not supported: freeway keeps no conversations; use `previous_response_id`");
  if (root["prompt"].given())
    return wrong("prompt", "is not supported: freeway keeps no prompt templates; send `instructions` and `input`");
  return std::nullopt;
}

class Decoder {
 public:
  Decoder(json::Value root, Plan& plan) : root_(root), plan_(plan) {}

  // Writes the chat completions document.
  Refusal run(std::string& text);
  std::vector<std::string> dropped() { return dropped_.take(); }

 private:
  Refusal messages(json::Writer& out);
  Refusal tools(json::Writer& out);
  Refusal includes();
  Refusal format(json::Writer& out);
  Refusal logprobs(json::Writer& out);
  void rest(json::Writer& out);
  void tell_left_out();
  std::string echo() const;

  json::Value root_;
  Plan& plan_;
  Dropped dropped_;
};

Refusal Decoder::messages(json::Writer& out) {
  json::Value input = root_["input"], before = root_["previous_response_id"];
  const Context& context = plan_.context;
  if (input.given() && !input.is(json::Type::string) && !input.is(json::Type::array))
    return wrong("input", fmt::format("must be a string or an array of items, not {}", openai::type_name(input)));
  Conversation conversation(plan_.tools, Archive{context.store, context.client, context.now}, dropped_);
  if (!text_of(root_["instructions"]).empty()) conversation.instruct(root_["instructions"]);
  if (before.given()) {
    std::string id = text_of(before);
    if (context.store) plan_.previous = context.store->find(context.client, id, context.now);
    if (!plan_.previous) {
      RequestError unknown;
      unknown.status = 404;
      unknown.quoted = fmt::format("'{}'", id.substr(0, 100));
      unknown.message = fmt::format("Previous response with id {} not found.", unknown.quoted);
      unknown.param = "previous_response_id";
      unknown.code = "previous_response_not_found";
      return unknown;
    }
    if (auto refusal = conversation.recall(*plan_.previous)) return refusal;
  }
  if (input.is(json::Type::string)) conversation.say(input);
  if (auto refusal = conversation.add(input, "input")) return refusal;
  std::string list = conversation.take();
  if (list == "[]") return wrong("input", "is required: a text, or an array with at least one item");
  out.member_raw("messages", list);
  return std::nullopt;
}

Refusal Decoder::tools(json::Writer& out) {
  if (auto refusal = plan_.tools.choose(root_["tool_choice"])) return refusal;
  std::string declared = plan_.tools.declared_json();
  if (declared.empty()) return std::nullopt;
  out.member_raw("tools", declared);
  if (!plan_.tools.choice_json().empty()) out.member_raw("tool_choice", plan_.tools.choice_json());
  return std::nullopt;
}

Refusal Decoder::includes() {
  std::size_t at = 0;
  for (json::Value one : root_["include"]) {
    if (one.equals("reasoning.encrypted_content")) {
      plan_.seal = true;
    } else if (one.equals("message.output_text.logprobs")) {
      plan_.logprobs = true;
    } else {
      bool known = false;
      for (std::string_view name : kIncluded) known = known || one.equals(name);
      if (!known) return wrong(fmt::format("include[{}]", at), "is nothing that can be included");
    }
    ++at;
  }
  return std::nullopt;
}

Refusal Decoder::format(json::Writer& out) {
  json::Value text = root_["text"], format = text["format"];
  if (text["verbosity"].given()) out.member_raw("verbosity", text["verbosity"].raw());
  if (auto refusal = expect(format, "text.format", json::Type::object, "an object")) return refusal;
  json::Value type = format["type"];
  if (!format.given() || type.equals("text")) return std::nullopt;
  if (type.equals("json_object")) {
    out.member_raw("response_format", R"({"type":"json_object"})");
    return std::nullopt;
  }
  if (!type.equals("json_schema")) return wrong("text.format.type", "must be \"text\", \"json_object\" or \"json_schema\"");
  if (auto refusal = openai::require_text(format["name"], "text.format.name", "what the format is called")) return refusal;
  if (!format["schema"].is(json::Type::object)) return wrong("text.format.schema", "is required and must be an object");
  out.key("response_format").begin_object().member("type", "json_schema");
  out.member_raw("json_schema", openai::copy_without(format, {"type"})).end_object();
  return std::nullopt;
}

Refusal Decoder::logprobs(json::Writer& out) {
  json::Value top = root_["top_logprobs"];
  constexpr std::int64_t kMost = 20;
  auto count = top.integer();
  if (top.given() && (!count || *count < 0 || *count > kMost))
    return wrong("top_logprobs", fmt::format("must be a whole number from 0 to {}", kMost));
  plan_.logprobs = plan_.logprobs || count.value_or(0) > 0;
  if (plan_.logprobs) out.member_bool("logprobs", true);
  if (count.value_or(0) > 0) out.member_raw("top_logprobs", top.raw());
  return std::nullopt;
}

void Decoder::rest(json::Writer& out) {
  for (std::string_view name : kSame)
    if (root_[name].given()) out.member_raw(name, root_[name].raw());
  json::Value tier = root_["service_tier"];
  if (tier.given() && !tier.equals("auto") && !tier.equals("default")) out.member_raw("service_tier", tier.raw());
  if (root_["max_output_tokens"].given()) out.member_raw("max_tokens", root_["max_output_tokens"].raw());
  json::Value reasoning = root_["reasoning"], summary = reasoning["summary"];
  if (!summary.given()) summary = reasoning["generate_summary"];
  plan_.summarize = summary.given() && !summary.equals("none");
  if (reasoning["effort"].given()) out.member_raw("reasoning_effort", reasoning["effort"].raw());
}

void Decoder::tell_left_out() {
  json::Value truncation = root_["truncation"];
  if (truncation.given() && !truncation.equals("disabled")) dropped_.add("truncation");
  if (root_["stream_options"]["include_obfuscation"].boolean().value_or(false))
    dropped_.add("stream_options.include_obfuscation");
  for (json::Value member : root_["reasoning"]) {
    bool known = member.key_equals("effort") || member.key_equals("summary") || member.key_equals("generate_summary");
    if (member.given() && !known) dropped_.add("reasoning." + json::unescape(member.key()));
  }
  for (json::Value member : root_["text"]) {
    bool known = member.key_equals("format") || member.key_equals("verbosity");
    if (member.given() && !known) dropped_.add("text." + json::unescape(member.key()));
  }
  for (json::Value member : root_)
    if (member.given() && !one_of(member, kSame) && !one_of(member, kRead)) dropped_.add(json::unescape(member.key()));
}

std::string Decoder::echo() const {
  std::string made;
  json::Writer out(made);
  auto repeat = [&](std::string_view name, std::string_view otherwise) {
    out.member_raw(name, root_[name].given() ? root_[name].raw() : otherwise);
  };
  out.begin_object().member_bool("background", false);
  for (std::string_view name : {"instructions", "max_output_tokens", "max_tool_calls"}) repeat(name, "null");
  repeat("metadata", "{}");
  repeat("parallel_tool_calls", "true");
  for (std::string_view name : {"previous_response_id", "prompt_cache_key"}) repeat(name, "null");
  auto or_null = [](json::Value value) { return value.given() ? value.raw() : std::string_view("null"); };
  json::Value reasoning = root_["reasoning"], text = root_["text"];
  out.key("reasoning").begin_object().member_raw("effort", or_null(reasoning["effort"]));
  out.member_raw("summary", or_null(reasoning["summary"])).end_object();
  for (std::string_view name : {"safety_identifier", "service_tier"}) repeat(name, "null");
  out.member_bool("store", plan_.keep);
  repeat("temperature", "null");
  out.key("text").begin_object();
  out.member_raw("format", text["format"].given() ? text["format"].raw() : R"({"type":"text"})");
  if (text["verbosity"].given()) out.member_raw("verbosity", text["verbosity"].raw());
  out.end_object();
  repeat("tool_choice", R"("auto")");
  repeat("tools", "[]");
  repeat("top_logprobs", "0");
  repeat("top_p", "null");
  repeat("truncation", R"("disabled")");
  repeat("user", "null");
  out.end_object();
  return made.substr(1, made.size() - 2);
}

Refusal Decoder::run(std::string& text) {
  if (auto refusal = check_types(root_)) return refusal;
  if (auto refusal = refuse_unbuilt(root_)) return refusal;
  if (auto refusal = plan_.tools.read(root_["tools"], dropped_)) return refusal;
  if (auto refusal = includes()) return refusal;
  json::Writer out(text);
  out.begin_object();
  if (root_["model"].given()) out.member_raw("model", root_["model"].raw());
  if (auto refusal = messages(out)) return refusal;
  if (auto refusal = tools(out)) return refusal;
  if (auto refusal = format(out)) return refusal;
  if (auto refusal = logprobs(out)) return refusal;
  rest(out);
  if (root_["stream"].boolean().value_or(false))
    out.member_bool("stream", true).member_raw("stream_options", R"({"include_usage":true})");
  out.end_object();
  tell_left_out();
  plan_.keep = root_["store"].boolean().value_or(true);
  plan_.echo = echo();
  if (plan_.keep) plan_.input = list_input(plan_.context, root_["input"], plan_.item_ids);
  return std::nullopt;
}

}  // namespace

std::expected<Asked, RequestError> decode_request(std::string text, Context context) {
  auto came = openai::open_request(std::move(text));
  if (!came) return std::unexpected(std::move(came.error()));
  auto plan = std::make_shared<Plan>();
  plan->context = std::move(context);
  Decoder decoder((*came)->document.root(), *plan);
  std::string chat;
  if (auto refusal = decoder.run(chat)) return std::unexpected(std::move(*refusal));
  auto request = openai::decode_request(std::move(chat));
  if (!request) return std::unexpected(std::move(request.error()));
  Asked asked;
  asked.request = std::move(*request);
  asked.request->dropped = decoder.dropped();
  asked.surface = make_surface(std::move(plan));
  return asked;
}

}  // namespace freeway::dialect::responses

#include "dialect/anthropic/told.h"

#include <algorithm>

#include "dialect/openai/digest.h"
#include "dialect/openai/members.h"

namespace freeway::dialect::anthropic {

using openai::has_text;
using openai::text_of;

std::string message_id(std::string_view document) { return "msg_" + openai::Digest().add(document).letters(24); }

void Ending::read(json::Value choice, const std::vector<std::string>& stops) {
  if (has_text(choice["finish_reason"])) reason = text_of(choice["finish_reason"]);
  for (std::string_view name : {"stop_sequence", "stop_reason", "matched_stop"}) {
    json::Value told = choice[name];
    if (!has_text(told)) continue;
    std::string text = text_of(told);
    if (std::find(stops.begin(), stops.end(), text) != stops.end()) stop = std::move(text);
  }
  if (stop.empty() && reason == "stop_sequence" && stops.size() == 1) stop = stops.front();
}

std::string_view Ending::stop_reason() const {
  if (refused || reason == "content_filter") return "refusal";
  if (!stop.empty() || reason == "stop_sequence") return "stop_sequence";
  if (reason == "length") return "max_tokens";
  if (reason == "tool_calls" || reason == "function_call") return "tool_use";
  return "end_turn";
}

void write_ending(json::Writer& out, const Ending& ending) {
  std::string_view reason = ending.stop_reason();
  out.member("stop_reason", reason).key("stop_sequence");
  if (reason == "stop_sequence" && !ending.stop.empty()) {
    out.string(ending.stop);
  } else {
    out.null();
  }
  out.key("stop_details");
  if (reason != "refusal") {
    out.null();
    return;
  }
  out.begin_object().member("type", "refusal").key("category").null().key("explanation").null().end_object();
}

Cost::Cost(const chat::Usage& usage) : input(usage.prompt_tokens), output(usage.completion_tokens) {}

void Cost::read(json::Value usage) {
  auto count = [](json::Value value) -> std::uint64_t {
    auto number = value.integer();
    return number && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
  };
  cached = std::max(count(usage["prompt_tokens_details"]["cached_tokens"]), count(usage["prompt_cache_hit_tokens"]));
  thinking = count(usage["completion_tokens_details"]["reasoning_tokens"]);
}

void write_usage(json::Writer& out, const Cost& cost) {
  std::uint64_t cached = std::min(cost.cached, cost.input);
  out.begin_object().member("input_tokens", cost.input - cached).member("cache_creation_input_tokens", 0);
  out.member("cache_read_input_tokens", cached).member("output_tokens", cost.output);
  if (cost.thinking > 0)
    out.key("output_tokens_details").begin_object().member("thinking_tokens", cost.thinking).end_object();
  out.end_object();
}

std::string signature_of(std::string_view thinking) { return "freeway-" + openai::Digest().add(thinking).letters(32); }

json::Value reasoning_of(json::Value message) {
  json::Value first = message["reasoning_content"];
  return has_text(first) ? first : message["reasoning"];
}

std::string call_id(std::string_view answer) { return "toolu_" + openai::Digest().add(answer).letters(24); }

}  // namespace freeway::dialect::anthropic

#include "dialect/anthropic/history.h"
#include "dialect/anthropic/manner.h"
#include "dialect/anthropic/surface.h"
#include "dialect/anthropic/tools.h"
#include "dialect/openai/check.h"
#include "dialect/openai/members.h"
#include "dialect/openai/surface.h"

namespace freeway::dialect::anthropic {

namespace {

using openai::has_text;
using openai::wrong;

// Most that providers take; the others are minded here.
constexpr std::size_t kStopsSent = 4;
// Budgets of thinking, in tokens, from which on an effort is said.
constexpr std::int64_t kMediumBudget = 4096, kHighBudget = 16384;

std::unexpected<RequestError> refused(std::string param, std::string_view what) {
  return std::unexpected(wrong(std::move(param), what));
}

class Decoder {
 public:
  Decoder(json::Value root, bool counting) : root_(root), counting_(counting) {}

  Checked run();
  std::string take_document() { return std::move(text_); }
  std::vector<std::string> take_dropped() { return dropped_.take(); }
  Manner take_manner() { return std::move(manner_); }

 private:
  Checked conversation();
  Checked member(json::Value member);
  Checked limits();
  Checked stops(json::Value list);
  Checked thinking(json::Value config);
  Checked output(json::Value config);
  Checked format(json::Value format, std::string_view name);
  Checked metadata(json::Value metadata);

  json::Value root_;
  bool counting_;
  Dropped dropped_;
  Manner manner_;
  std::string text_;
  json::Writer out_{text_};
  std::string_view effort_;        // by the budget of thinking
  std::string_view wished_;        // in so many words
  bool thinking_settled_ = false;  // there is a budget, or is to be no thinking
};

Checked Decoder::conversation() {
  json::Value messages = root_["messages"];
  if (!messages.given()) return refused("messages", "is required: the conversation, as an array of messages");
  if (!messages.is(json::Type::array))
    return refused("messages", fmt::format("must be an array, not {}", openai::type_name(messages)));
  if (messages.size() == 0) return refused("messages", "must hold at least one message; the array is empty");
  out_.key("messages").begin_array();
  History history(out_, dropped_);
  const Place root("");
  if (auto read = history.system(root_["system"], Place("system")); !read) return read;
  std::size_t at = 0;
  for (json::Value message : messages) {
    if (auto read = history.add(message, root.element("messages", at++)); !read) return read;
  }
  history.end();
  out_.end_array();
  return {};
}

Checked Decoder::limits() {
  json::Value most = root_["max_tokens"];
  if (!most.given() && !counting_) return refused("max_tokens", "is required: the most tokens that the answer may have");
  constexpr std::int64_t kAnyCount = std::int64_t{1} << 40;
  if (auto refusal = openai::expect_count(most, "max_tokens", kAnyCount)) return std::unexpected(std::move(*refusal));
  if (most.given()) out_.member("max_tokens", *most.integer());
  return {};
}

Checked Decoder::stops(json::Value list) {
  if (!list.is(json::Type::array)) return refused("stop_sequences", "must be an array of strings");
  for (json::Value one : list) {
    if (!has_text(one)) return refused("stop_sequences", "must hold strings that are not empty");
    manner_.stops.push_back(openai::text_of(one));
  }
  if (manner_.stops.empty()) return {};
  out_.key("stop").begin_array();
  for (std::size_t i = 0; i < manner_.stops.size() && i < kStopsSent; ++i) out_.string(manner_.stops[i]);
  out_.end_array();
  return {};
}

Checked Decoder::thinking(json::Value config) {
  json::Value type = config["type"];
  if (config["display"].equals("omitted")) manner_.thinking = Manner::Thinking::omitted;
  if (type.equals("disabled")) {
    manner_.thinking = Manner::Thinking::hidden;
    thinking_settled_ = true;
    return {};
  }
  if (type.equals("adaptive") || type.equals("between_tools")) return {};
  if (!type.equals("enabled"))
    return refused("thinking.type", "must be \"enabled\", \"adaptive\", \"between_tools\" or \"disabled\"");
  auto budget = config["budget_tokens"].integer();
  if (!budget || *budget < 1) return refused("thinking.budget_tokens", "is required and must be a whole number of tokens");
  thinking_settled_ = true;
  effort_ = *budget < kMediumBudget ? "low" : *budget < kHighBudget ? "medium" : "high";
  return {};
}

Checked Decoder::format(json::Value format, std::string_view name) {
  if (!format.given()) return {};
  if (!format["type"].equals("json_schema")) return refused(fmt::format("{}.type", name), "must be \"json_schema\"");
  json::Value schema = format["schema"];
  if (!schema.is(json::Type::object)) return refused(fmt::format("{}.schema", name), "is required and must be an object");
  out_.key("response_format").begin_object().member("type", "json_schema").key("json_schema").begin_object();
  out_.member("name", "output").member_raw("schema", schema.raw()).end_object().end_object();
  return {};
}

Checked Decoder::output(json::Value config) {
  if (!config.is(json::Type::object)) return refused("output_config", "must be an object");
  for (json::Value member : config) {
    if (!member.given()) continue;
    if (member.key_equals("format")) {
      if (auto written = format(member, "output_config.format"); !written) return written;
    } else if (!member.key_equals("effort")) {
      dropped_.add("output_config." + json::unescape(member.key()));
    } else if (member.equals("low") || member.equals("medium")) {
      wished_ = member.equals("low") ? "low" : "medium";
    } else if (member.equals("high") || member.equals("xhigh") || member.equals("max")) {
      wished_ = "high";
    } else {
      return refused("output_config.effort", "must be \"low\", \"medium\", \"high\", \"xhigh\" or \"max\"");
    }
  }
  return {};
}

Checked Decoder::metadata(json::Value metadata) {
  if (!metadata.is(json::Type::object)) return refused("metadata", "must be an object");
  for (json::Value member : metadata) {
    if (!member.given()) continue;
    if (member.key_equals("user_id") && has_text(member)) {
      out_.member_raw("user", member.raw());
    } else {
      dropped_.add("metadata." + json::unescape(member.key()));
    }
  }
  return {};
}

// Members that stand on their own.
Checked Decoder::member(json::Value member) {
  if (!member.given()) return {};
  const std::string name = json::unescape(member.key());
  for (std::string_view placed : {"model", "messages", "system", "max_tokens", "stream", "tools", "tool_choice"}) {
    if (name == placed) return {};
  }
  for (std::string_view number : {"temperature", "top_p", "top_k"}) {
    if (name != number) continue;
    if (!member.is(json::Type::number)) return refused(name, "must be a number");
    out_.member_raw(name, member.raw());
    return {};
  }
  if (name == "stop_sequences") return stops(member);
  if (name == "thinking") return thinking(member);
  if (name == "output_config") return output(member);
  if (name == "output_format") return format(member, name);
  if (name == "metadata") return metadata(member);
  // There is one tier and one speed here, and it is the standard one.
  if (name == "service_tier" || (name == "speed" && member.equals("standard"))) return {};
  if (name == "inference_geo") {
    if (member.equals("global")) return {};
    return refused(name, "can't be kept: freeway does not know where providers run their models");
  }
  if (name == "mcp_servers" && member.size() == 0) return {};
  if (name == "mcp_servers" || name == "container")
    return refused(name, "needs a service of Anthropic's that no provider here has; leave it out");
  dropped_.add(name);
  return {};
}

Checked Decoder::run() {
  if (root_["thread"].given()) {
    RequestError error = wrong("thread", "can't be used: freeway keeps no conversations; send all messages without it");
    error.code = "thread_unsupported_request";
    return std::unexpected(std::move(error));
  }
  json::Value model = root_["model"];
  if (model.given() && !model.is(json::Type::string)) return refused("model", "must be a string");
  json::Value stream = root_["stream"];
  if (stream.given() && !stream.is(json::Type::boolean)) return refused("stream", "must be a boolean");
  out_.begin_object();
  if (model.given()) out_.member_raw("model", model.raw());
  if (auto read = conversation(); !read) return read;
  if (auto written = limits(); !written) return written;
  if (stream.boolean().value_or(false) && !counting_) {
    out_.member("stream", true).key("stream_options").begin_object().member("include_usage", true).end_object();
  }
  if (auto written = write_tools(out_, root_["tools"], root_["tool_choice"], dropped_); !written) return written;
  for (json::Value one : root_) {
    if (auto written = member(one); !written) return written;
  }
  if (!thinking_settled_) effort_ = wished_;
  if (effort_ != wished_ && !wished_.empty()) dropped_.add("output_config.effort");
  if (!effort_.empty()) out_.member("reasoning_effort", effort_);
  out_.end_object();
  return {};
}

std::expected<Asked, RequestError> decode(std::string text, bool counting) {
  auto opened = openai::open_request(std::move(text));
  if (!opened) return std::unexpected(std::move(opened.error()));
  Decoder decoder((*opened)->document.root(), counting);
  if (auto done = decoder.run(); !done) return std::unexpected(std::move(done.error()));
  auto request = openai::decode_request(decoder.take_document());
  if (!request) return std::unexpected(std::move(request.error()));
  Asked asked;
  asked.request = std::move(*request);
  asked.request->translated = true;
  asked.request->dropped = decoder.take_dropped();
  asked.surface = surface_for(decoder.take_manner());
  return asked;
}

}  // namespace

std::expected<Asked, RequestError> decode_messages(std::string text) { return decode(std::move(text), false); }

std::expected<Asked, RequestError> decode_count(std::string text) { return decode(std::move(text), true); }

}  // namespace freeway::dialect::anthropic

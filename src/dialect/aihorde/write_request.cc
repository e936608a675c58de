#include <algorithm>
#include <array>

#include "dialect/aihorde/aihorde.h"
#include "dialect/aihorde/prompt.h"
#include "json/writer.h"

namespace freeway::dialect::aihorde {

namespace {

// What the protocol allows of an answer's length, and what is asked for where nobody says.
constexpr std::uint64_t kLeastLength = 16, kMostLength = 1024, kUsualLength = 512;
// Machines say how long a text they take: the less is asked for, the more of them can answer. In steps, at least one.
constexpr std::uint64_t kContextStep = 2048;
// Everybody's key, which waits for all others.
constexpr std::string_view kAnonymous = "0000000000";

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kParameters = {{
    {"temperature", "temperature"},
    {"top_p", "top_p"},
    {"top_k", "top_k"},
    {"repetition_penalty", "rep_pen"},
    {"rep_pen", "rep_pen"},
}};

class Writer {
 public:
  explicit Writer(Translation& translation) : translation_(translation) {}
  Result<void> run();

 private:
  Result<void> refuse() const;
  void parameters();
  void member(json::Value member);
  void stops(json::Value list);
  void messages(json::Value list);
  std::uint64_t context(std::uint64_t length) const;
  void drop(std::string name) { translation_.out.drop(std::move(name)); }

  Translation& translation_;
  std::string body_;
  json::Writer out_{body_};
  Parameters parameters_{kParameters};
};

Result<void> Writer::refuse() const {
  json::Value root = translation_.root;
  if (root["tools"].size() > 0) return fail(ErrorKind::unsupported, "this provider has no tools");
  json::Value type = root["response_format"]["type"];
  if (type.given() && !type.equals("text"))
    return fail(ErrorKind::unsupported, "this provider can't be held to a structure");
  return {};
}

// A prompt that is longer than was guessed would be cut without a word.
std::uint64_t Writer::context(std::uint64_t length) const {
  std::uint64_t needed = translation_.request.prompt_tokens * 5 / 4 + length;
  std::uint64_t asked = (needed + kContextStep - 1) / kContextStep * kContextStep;
  return std::min(asked, translation_.model.context.value_or(asked));
}

void Writer::stops(json::Value list) {
  out_.key("stop_sequence").begin_array();
  for (std::string_view label : kLabels) out_.string(label);
  if (list.is(json::Type::string)) out_.raw(list.raw());
  for (json::Value one : list)
    if (one.is(json::Type::string)) out_.raw(one.raw());
  out_.end_array();
}

void Writer::member(json::Value member) {
  if (has_its_own_place(member) || parameters_.write(member, out_)) return;
  for (std::string_view known : {"n", "stop", "max_tokens", "max_completion_tokens", "response_format"})
    if (member.key_equals(known)) return;
  if (!member.key_equals("parallel_tool_calls")) drop(json::unescape(member.key()));
}

void Writer::parameters() {
  const auto& request = translation_.request;
  std::uint64_t length = length_of(request, translation_.model);
  if (request.max_tokens && *request.max_tokens != length)
    drop(translation_.root["max_completion_tokens"].given() ? "max_completion_tokens" : "max_tokens");
  out_.key("params").begin_object();
  if (request.choices > 1) out_.member("n", request.choices);
  out_.member("max_length", length).member("max_context_length", context(length));
  for (json::Value one : translation_.root) member(one);
  stops(translation_.root["stop"]);
  out_.end_object();
}

// Of a message nothing but its role and its text has a place.
void Writer::messages(json::Value list) {
  for (json::Value message : list) {
    translation_.out.drop_unknown("messages[].", message, {"role", "content"});
    for (json::Value part : message["content"])
      translation_.out.drop_unknown("messages[].content[].", part, {"type", "text"});
  }
}

Result<void> Writer::run() {
  if (auto able = refuse(); !able) return able;
  json::Value list = translation_.root["messages"];
  auto prompt = write_prompt(list);
  if (!prompt) return std::unexpected(prompt.error());
  messages(list);
  out_.begin_object().member("prompt", *prompt);
  parameters();
  out_.key("models").begin_array().string(translation_.model.id).end_array().end_object();
  Outgoing& out = translation_.out;
  out.path = translation_.provider.chat_path.empty() ? "/generate/text/async" : translation_.provider.chat_path;
  out.body = std::move(body_);
  introduce(out, translation_.provider);
  return {};
}

}  // namespace

std::uint64_t length_of(const chat::Request& request, const catalog::Model& model) {
  std::uint64_t most = std::clamp(model.max_output.value_or(kMostLength), kLeastLength, kMostLength);
  return std::clamp(request.max_tokens.value_or(std::min(kUsualLength, most)), kLeastLength, most);
}

void introduce(Outgoing& out, const catalog::Provider& provider) {
  out.fields.set("accept", "application/json");
  out.fields.set("Client-Agent", "freeway:" FREEWAY_VERSION ":self-hosted");
  out.fields.set("apikey", std::string(kAnonymous));
  for (const auto& [name, value] : provider.headers) out.fields.set(name, value);
}

Result<void> AiHorde::translate_request(Translation& translation) const { return Writer(translation).run(); }

}  // namespace freeway::dialect::aihorde

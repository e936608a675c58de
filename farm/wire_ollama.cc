// Ollama's own chat.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "farm/sha256.h"
#include "farm/shape.h"
#include "farm/wire.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

constexpr std::uint64_t kNsAToken = 5'000'000;  // as the counters have it; nothing waits for it

constexpr std::array<std::string_view, 4> kRoles{"system", "user", "assistant", "tool"};
constexpr Member kCalledMembers[] = {{"name"}, {"arguments", Kind::object}};
constexpr Shape kCalled{kCalledMembers, true};
constexpr Member kCallMembers[] = {{"function", Kind::shape, false, &kCalled}};
constexpr Shape kCall{kCallMembers, true};
constexpr Member kMessageMembers[] = {
    {"role", Kind::text, false, nullptr, kRoles}, {"content"}, {"thinking"}, {"images", Kind::base64, true}, {"tool_name"},
    {"tool_calls", Kind::shape, true, &kCall},
};
constexpr Shape kMessage{kMessageMembers, true};
constexpr Member kDefinitionMembers[] = {{"name"}, {"description"}, {"parameters", Kind::object}};
constexpr Shape kDefinition{kDefinitionMembers, true};
constexpr Member kToolMembers[] = {{"type"}, {"function", Kind::shape, false, &kDefinition}};
constexpr Shape kTool{kToolMembers, true};
constexpr Member kOptionMembers[] = {
    {"num_predict", Kind::whole}, {"temperature", Kind::number}, {"top_p", Kind::number},  {"top_k", Kind::whole},
    {"seed", Kind::whole},        {"stop", Kind::text, true},    {"num_ctx", Kind::whole},
};
constexpr Shape kOptions{kOptionMembers, true};
constexpr Member kRequestMembers[] = {
    {"model"},
    {"messages", Kind::shape, true, &kMessage},
    {"tools", Kind::shape, true, &kTool},
    {"stream", Kind::flag},
    {"options", Kind::shape, false, &kOptions},
};
constexpr Shape kRequest{kRequestMembers, true};

std::unexpected<Error> invalid(std::string message) { return fail(ErrorKind::invalid, std::move(message)); }

// As a Go program complains.
std::string in_words(const Misfit& misfit) {
  const auto name = misfit.place.empty() ? misfit.name : fmt::format("{}.{}", misfit.place, misfit.name);
  if (misfit.member == nullptr) return "json: cannot unmarshal the body into Go value of type api.ChatRequest";
  if (misfit.what == Misfit::What::wrong_word) {
    return fmt::format("invalid {}: {}, must be one of {}", name, misfit.value.string().value_or(""),
                       fmt::join(misfit.member->words, ", "));
  }
  if (misfit.member->kind == Kind::base64 && misfit.value.is(json::Type::string))
    return "illegal base64 data at input byte 4";
  return fmt::format("json: cannot unmarshal {} into Go struct field ChatRequest.{}", misfit.value.raw().substr(0, 20),
                     name);
}

Result<void> check(json::Value root) {
  if (const auto found = misfit(root, kRequest)) return invalid(in_words(*found));
  if (root["model"].escaped().empty()) return invalid("model is required");
  for (auto message : root["messages"]) {
    if (!message["role"].given()) return invalid("invalid role: , must be one of system, user, assistant, tool");
  }
  const auto think = root["think"];
  if (think.given() && !think.boolean() && !think.equals("low") && !think.equals("medium") && !think.equals("high")) {
    return invalid(fmt::format(R"(invalid think value: {} (must be "high", "medium", "low", true, or false))", think.raw()));
  }
  const auto format = root["format"];
  if (format.given() && !format.equals("json") && !format.equals("") && !format.is(json::Type::object)) {
    return invalid(fmt::format(R"(invalid format: {}; expected "json" or a valid JSON Schema object)", format.raw()));
  }
  return {};
}

Result<Ask> read_ollama(std::string_view body) {
  const auto document = json::Document::parse(body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  if (auto checked = check(root); !checked) return std::unexpected(checked.error());
  Ask ask;
  ask.model = root["model"].string().value_or("");
  ask.stream = root["stream"].boolean().value_or(true);
  if (const auto most = root["options"]["num_predict"].integer(); most && *most > 0) {
    ask.max_tokens = static_cast<std::uint64_t>(*most);
  }
  ask.thinking_counts = true;
  if (root["think"].boolean() == false && !ask.model.starts_with("gpt-oss")) ask.thinking = Thinking::off;
  const auto format = root["format"];
  ask.structured = format.equals("json") || format.is(json::Type::object);
  const auto tools = root["tools"];
  ask.first_tool = tools.first()["function"]["name"].string().value_or("");
  std::size_t bytes = 0;
  for (auto message : root["messages"]) {
    bytes += message["content"].escaped().size() + message["thinking"].escaped().size();
    for (auto call : message["tool_calls"]) bytes += call.raw().size();
    if (message["role"].equals("user")) ask.last_user = message["content"].string().value_or("");
    ask.after_tool = message["role"].equals("tool");
  }
  ask.prompt_tokens = prompt_tokens(bytes, root["messages"].size(), tools);
  return ask;
}

std::string_view ollama_word(std::string_view finish) {
  return finish == "tool_calls" || finish == "content_filter" ? "stop" : finish;
}

void open_document(json::Writer& out, const Answer& answer) {
  const std::chrono::sys_seconds at{std::chrono::seconds(answer.created)};
  out.begin_object().member("model", answer.model).member("created_at", fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", at));
}

// Arguments are an object; those that are none come as text.
void write_call(json::Writer& out, const ToolCall& call) {
  out.begin_object().key("function").begin_object().member("name", call.name).key("arguments");
  is_object(call.arguments) ? out.raw(call.arguments) : out.string(call.arguments);
  out.end_object().end_object();
}

// The members of a last document behind its message.
void write_end(json::Writer& out, const Answer& answer) {
  out.member("done", !answer.finish.empty());
  if (!answer.finish.empty()) out.member("done_reason", ollama_word(answer.finish));
  if (answer.usage == UsageMode::none) return;
  const auto prompt = answer.prompt_tokens * kNsAToken;
  const auto said = answer.completion_tokens * kNsAToken;
  out.member("total_duration", kNsAToken + prompt + said).member("load_duration", kNsAToken);
  out.member("prompt_eval_count", answer.prompt_tokens).member("prompt_eval_duration", prompt);
  out.member("eval_count", answer.completion_tokens).member("eval_duration", said);
}

class OllamaFrames final : public Frames {
 public:
  explicit OllamaFrames(const Answer& answer) : answer_(answer) {}
  void open(const Emit&) override {}
  void delta(const Piece& piece, const Emit& emit) override;
  void finish(const Emit& emit) override;

 private:
  const Answer& answer_;
  std::string json_;
};

void OllamaFrames::delta(const Piece& piece, const Emit& emit) {
  json_.clear();
  json::Writer out(json_);
  open_document(out, answer_);
  out.key("message").begin_object().member("role", "assistant");
  out.member("content", piece.kind == Piece::Kind::content ? piece.text : std::string_view());
  if (piece.kind == Piece::Kind::reasoning) out.member("thinking", piece.text);
  if (piece.kind == Piece::Kind::tool_open) {
    out.key("tool_calls").begin_array();
    write_call(out, answer_.calls[piece.call]);
    out.end_array();
  }
  out.end_object().member("done", false);
  write_extra(json_, answer_);
  out.end_object();
  emit("", json_);
}

void OllamaFrames::finish(const Emit& emit) {
  json_.clear();
  json::Writer out(json_);
  open_document(out, answer_);
  out.key("message").begin_object().member("role", "assistant").member("content", "").end_object();
  write_end(out, answer_);
  write_extra(json_, answer_);
  out.end_object();
  emit("", json_);
}

class Ollama final : public Wire {
 public:
  std::string_view name() const override { return "ollama"; }
  std::string_view base() const override { return ""; }
  std::string_view usual_style() const override { return "ollama"; }
  bool whole_calls() const override { return true; }

  Route route(std::string_view method, std::string_view path, std::string_view) const override {
    return {call_at(method, path, "/api/chat", "/api/tags"), "", false, Framing::lines};
  }

  Result<Ask> read(const Route&, std::string_view body) const override { return read_ollama(body); }

  void write_models(std::string& out, std::span<const Listed> models, std::string_view, std::string_view) const override {
    json::Writer list(out);
    list.begin_object().key("models").begin_array();
    for (const auto& model : models) {
      list.begin_object().member("name", model.id).member("model", model.id).member("size", 0);
      list.member("digest", sha256_hex(model.id)).key("details").begin_object().end_object().end_object();
    }
    list.end_array().end_object();
  }

  void write(std::string& out, const Answer& answer) const override {
    json::Writer writer(out);
    open_document(writer, answer);
    writer.key("message").begin_object().member("role", "assistant").member("content", answer.content());
    if (!answer.reasoning.empty()) writer.member("thinking", answer.reasoning);
    if (!answer.calls.empty()) {
      writer.key("tool_calls").begin_array();
      for (const auto& call : answer.calls) write_call(writer, call);
      writer.end_array();
    }
    writer.end_object();
    write_end(writer, answer);
    write_extra(out, answer);
    writer.end_object();
  }

  std::unique_ptr<Frames> frames(const Answer& answer) const override { return std::make_unique<OllamaFrames>(answer); }
};

}  // namespace

const Wire& ollama_wire() {
  static const Ollama wire;
  return wire;
}

}  // namespace freeway::farm

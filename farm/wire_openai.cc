// OpenAI's chat completions, and where its other endpoints are.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "farm/job_hosts.h"
#include "farm/wire.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

constexpr auto quoted = write_quoted;

Result<void> read_messages(json::Value messages, json::Value tools, Ask& ask) {
  if (!messages.is(json::Type::array) || messages.size() == 0) {
    return fail(ErrorKind::invalid, "'messages' must be an array with at least one message");
  }
  std::size_t bytes = 0;
  json::Value last_user;
  for (auto message : messages) {
    if (!message.is(json::Type::object)) return fail(ErrorKind::invalid, "each of 'messages' must be an object");
    bytes += text_bytes(message["content"]);
    for (auto call : message["tool_calls"]) bytes += call.raw().size();
    if (message["role"].equals("user")) last_user = message["content"];
    ask.after_tool = message["role"].equals("tool");
  }
  if (last_user) ask.last_user = text_of(last_user);
  ask.prompt_tokens = prompt_tokens(bytes, messages.size(), tools);
  return {};
}

Result<Ask> read_ask(std::string_view body) {
  auto document = json::Document::parse(body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  Ask ask;
  const auto model = root["model"].string();
  if (!model) return fail(ErrorKind::invalid, "you must provide a model parameter");
  ask.model = *model;
  const auto tools = root["tools"];
  if (auto read = read_messages(root["messages"], tools, ask); !read) return std::unexpected(read.error());
  const auto stream = root["stream"];
  if (stream.given() && !stream.boolean()) return fail(ErrorKind::invalid, "'stream' must be a boolean");
  ask.stream = stream.boolean().value_or(false);
  ask.include_usage = root["stream_options"]["include_usage"].boolean().value_or(false);
  ask.n = static_cast<unsigned>(std::clamp<std::int64_t>(root["n"].integer().value_or(1), 1, 16));
  for (const char* name : {"max_tokens", "max_completion_tokens"}) {
    if (const auto most = root[name].integer(); most && *most > 0) ask.max_tokens = static_cast<std::uint64_t>(*most);
  }
  ask.first_tool = tools.first()["function"]["name"].string().value_or("");
  const auto format = root["response_format"]["type"];
  ask.structured = format.equals("json_schema") || format.equals("json_object");
  return ask;
}

// `"usage":{…}`
void write_usage(std::string& out, const Answer& answer) {
  fmt::format_to(std::back_inserter(out), R"("usage":{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}})",
                 answer.prompt_tokens, answer.completion_tokens, answer.prompt_tokens + answer.completion_tokens);
}

void write_call(std::string& out, const Answer& answer, const ToolCall& call) {
  out += '{';
  if (!answer.spec->omit_ids) {
    out += "\"id\":";
    quoted(out, call.id);
    out += ',';
  }
  out += R"("type":"function","function":{"name":)";
  quoted(out, call.name);
  out += ",\"arguments\":";
  if (answer.spec->arguments_object) {
    out += call.arguments;
  } else {
    quoted(out, call.arguments);
  }
  out += "}}";
}

void write_message(std::string& out, const Answer& answer, unsigned choice) {
  out += R"({"role":"assistant","content":)";
  if (answer.content().empty() && !answer.calls.empty()) {
    out += "null";
  } else {
    out += '"';
    if (choice > 0) out += fmt::format("#{} ", choice);
    json::append_escaped(out, answer.content());
    out += '"';
  }
  if (!answer.reasoning.empty()) {
    out += ",\"" + answer.spec->reasoning_field + "\":";
    quoted(out, answer.reasoning);
  }
  if (!answer.calls.empty()) {
    out += ",\"tool_calls\":[";
    for (std::size_t i = 0; i < answer.calls.size(); ++i) {
      if (i > 0) out += ',';
      write_call(out, answer, answer.calls[i]);
    }
    out += ']';
  } else if (answer.spec->nulls) {
    out += ",\"tool_calls\":null";
  }
  if (answer.spec->nulls) out += R"(,"refusal":null,"function_call":null)";
  out += '}';
}

void write_completion(std::string& out, const Answer& answer) {
  out += "{\"id\":";
  quoted(out, answer.id);
  fmt::format_to(std::back_inserter(out), R"(,"object":"chat.completion","created":{},"model":)", answer.created);
  quoted(out, answer.model);
  out += ",\"choices\":[";
  for (unsigned choice = 0; choice < answer.n; ++choice) {
    if (choice > 0) out += ',';
    out += fmt::format(R"({{"index":{},"message":)", choice);
    write_message(out, answer, choice);
    out += ",\"logprobs\":null,\"finish_reason\":";
    answer.finish.empty() ? void(out += "null") : quoted(out, answer.finish);
    out += '}';
  }
  out += ']';
  if (answer.usage != UsageMode::none) {
    out += ',';
    write_usage(out, answer);
  }
  write_extra(out, answer);
  out += '}';
}

class OpenAiFrames final : public Frames {
 public:
  explicit OpenAiFrames(const Answer& answer);
  void open(const Emit& emit) override;
  void delta(const Piece& piece, const Emit& emit) override;
  void finish(const Emit& emit) override;
  void done(const Emit& emit) override { emit("", "[DONE]"); }

 private:
  bool tells_usage_apart() const;
  void begin(unsigned choice);
  void close();
  void close_with_usage();
  void write_delta(const Piece& piece);

  const Answer& answer_;
  std::string prefix_;
  std::string suffix_;
  std::string json_;  // of the event at hand
};

OpenAiFrames::OpenAiFrames(const Answer& answer) : answer_(answer) {
  prefix_ = "{\"id\":";
  quoted(prefix_, answer.id);
  fmt::format_to(std::back_inserter(prefix_), R"(,"object":"chat.completion.chunk","created":{},"model":)", answer.created);
  quoted(prefix_, answer.model);
  prefix_ += ",\"choices\":[";
  suffix_ = "]";
  if (tells_usage_apart()) suffix_ += ",\"usage\":null";
  write_extra(suffix_, answer);
  suffix_ += '}';
}

bool OpenAiFrames::tells_usage_apart() const {
  return answer_.usage == UsageMode::separate || (answer_.usage == UsageMode::asked && answer_.include_usage);
}

void OpenAiFrames::begin(unsigned choice) {
  json_ = prefix_;
  json_ += "{\"index\":";
  json_ += std::to_string(choice);
  json_ += ",\"delta\":{";
}

void OpenAiFrames::close() {
  json_ += "},\"finish_reason\":null}";
  json_ += suffix_;
}

void OpenAiFrames::close_with_usage() {
  json_ += "],";
  write_usage(json_, answer_);
  write_extra(json_, answer_);
  json_ += '}';
}

void OpenAiFrames::open(const Emit& emit) {
  for (unsigned choice = 0; choice < answer_.n; ++choice) {
    begin(choice);
    json_ += R"("role":"assistant","content":"")";
    close();
    emit("", json_);
  }
}

void OpenAiFrames::write_delta(const Piece& piece) {
  switch (piece.kind) {
    case Piece::Kind::reasoning:
      json_ += '"' + answer_.spec->reasoning_field + "\":";
      quoted(json_, piece.text);
      break;
    case Piece::Kind::content:
      json_ += "\"content\":\"";
      if (piece.first && piece.choice > 0) json_ += fmt::format("#{} ", piece.choice);
      json::append_escaped(json_, piece.text);
      json_ += '"';
      break;
    case Piece::Kind::tool_open: {
      const auto& call = answer_.calls[piece.call];
      json_ += fmt::format("\"tool_calls\":[{{\"index\":{},", piece.call);
      if (!answer_.spec->omit_ids) {
        json_ += "\"id\":";
        quoted(json_, call.id);
        json_ += ',';
      }
      json_ += R"("type":"function","function":{"name":)";
      quoted(json_, call.name);
      json_ += ",\"arguments\":\"\"}}]";
      break;
    }
    case Piece::Kind::tool_arguments:
      json_ += fmt::format(R"("tool_calls":[{{"index":{},"function":{{"arguments":)", piece.call);
      quoted(json_, piece.text);
      json_ += "}}]";
      break;
  }
}

void OpenAiFrames::delta(const Piece& piece, const Emit& emit) {
  begin(piece.choice);
  write_delta(piece);
  close();
  emit("", json_);
}

void OpenAiFrames::finish(const Emit& emit) {
  for (unsigned choice = 0; choice < answer_.n; ++choice) {
    begin(choice);
    json_ += "},\"finish_reason\":";
    quoted(json_, answer_.finish);
    json_ += '}';
    const bool bundle = answer_.usage == UsageMode::bundled && choice + 1 == answer_.n;
    bundle ? close_with_usage() : void(json_ += suffix_);
    emit("", json_);
  }
  if (!tells_usage_apart()) return;
  json_ = prefix_;
  close_with_usage();
  emit("", json_);
}

class OpenAi final : public Wire {
 public:
  std::string_view name() const override { return "openai"; }
  std::string_view base() const override { return "/v1"; }
  std::string_view usual_style() const override { return "openai"; }

  Route route(std::string_view method, std::string_view path, std::string_view) const override {
    if (auto own = host_route(method, percent_decode(path)); own.call != Call::nothing) return own;
    if (path.starts_with("/ai/v1/")) path.remove_prefix(3);
    if (path.starts_with("/v1/")) path.remove_prefix(3);
    Route route;
    route.call = call_at(method, path, "/chat/completions", "/models");
    return route.call == Call::nothing ? job_at(method, openai_endpoint(path)) : route;
  }

  Result<Ask> read(const Route&, std::string_view body) const override { return read_ask(body); }

  void write_models(std::string& out, std::span<const Listed> models, std::string_view owner,
                    std::string_view) const override {
    json::Writer list(out);
    list.begin_object().member("object", "list").key("data").begin_array();
    for (const auto& model : models) {
      list.begin_object().member("id", model.id).member("object", "model");
      list.member("created", 1'700'000'000).member("owned_by", owner).end_object();
    }
    list.end_array().end_object();
  }

  void write(std::string& out, const Answer& answer) const override { write_completion(out, answer); }
  std::unique_ptr<Frames> frames(const Answer& answer) const override { return std::make_unique<OpenAiFrames>(answer); }
};

}  // namespace

const Wire& openai_wire() {
  static const OpenAi wire;
  return wire;
}

}  // namespace freeway::farm

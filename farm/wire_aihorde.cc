// AI Horde's own protocol for texts: a prompt is taken up, and its answer fetched later.
#include <fmt/format.h>

#include <algorithm>

#include "farm/shape.h"
#include "farm/wire.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

constexpr std::string_view kStatus = "/api/v2/generate/text/status/";
constexpr std::int64_t kLeastLength = 16;

constexpr Member kParameterMembers[] = {
    {"n", Kind::whole},
    {"max_length", Kind::whole},
    {"max_context_length", Kind::whole},
    {"temperature", Kind::number},
    {"top_p", Kind::number},
    {"top_k", Kind::whole},
    {"rep_pen", Kind::number},
    {"stop_sequence", Kind::text, true},
};
constexpr Shape kParameters{kParameterMembers};
constexpr Member kRequestMembers[] = {
    {"prompt"},
    {"params", Kind::shape, false, &kParameters},
    {"models", Kind::text, true},
    {"trusted_workers", Kind::flag},
    {"slow_workers", Kind::flag},
};
constexpr Shape kRequest{kRequestMembers};

std::unexpected<Error> invalid(std::string message) { return fail(ErrorKind::invalid, std::move(message)); }

Result<Ask> read_aihorde(std::string_view body) {
  const auto document = json::Document::parse(body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  if (const auto found = misfit(root, kRequest))
    return invalid(fmt::format("Input payload validation failed: {}", found->name));
  const auto params = root["params"];
  const auto length = params["max_length"].integer();
  if (length && *length < kLeastLength) return invalid(fmt::format("max_length is less than {}", kLeastLength));
  const auto context = params["max_context_length"].integer();
  if (length && context && *context < *length) return invalid("max_context_length is less than max_length");
  Ask ask;
  ask.last_user = root["prompt"].string().value_or("");
  if (ask.last_user.empty()) return invalid("You cannot specify an empty prompt.");
  ask.model = root["models"].first().string().value_or("");
  ask.n = static_cast<unsigned>(std::clamp<std::int64_t>(params["n"].integer().value_or(1), 1, 20));
  if (length) ask.max_tokens = static_cast<std::uint64_t>(*length);
  ask.prompt_tokens = tokens_in(ask.last_user.size());
  return ask;
}

std::int64_t whole_seconds(Duration time) { return std::chrono::ceil<std::chrono::seconds>(time).count(); }

void write_generations(json::Writer& out, const Progress& progress) {
  using State = Progress::State;
  out.key("generations").begin_array();
  const bool told = progress.state == State::done && progress.fate != FaultKind::faulted;
  for (unsigned i = 0; told && i < progress.answer.n; ++i) {
    const bool censored = progress.fate == FaultKind::censored;
    auto text = censored ? "This was censored." : std::string(progress.answer.content());
    if (i > 0) text = fmt::format("#{} {}", i, text);
    out.begin_object().member("text", text).member("model", progress.answer.model);
    out.member("worker_id", "0000cafe").member("worker_name", "farm hand").member("seed", 0);
    out.member("state", censored ? "censored" : "ok").key("gen_metadata").begin_array().end_array().end_object();
  }
  out.end_array();
}

class AiHorde final : public Wire {
 public:
  std::string_view name() const override { return "aihorde"; }
  std::string_view base() const override { return "/api/v2"; }
  std::string_view usual_style() const override { return "aihorde"; }
  bool puts_off() const override { return true; }

  Route route(std::string_view method, std::string_view path, std::string_view) const override {
    Route route;
    if (path.starts_with(kStatus)) {
      route.deferred = path.substr(kStatus.size());
      route.call = method == "GET" ? Call::fetch : method == "DELETE" ? Call::drop : Call::wrong_method;
    } else {
      route.call = call_at(method, path, "/api/v2/generate/text/async", "/api/v2/status/models");
    }
    return route;
  }

  std::optional<std::string> key(const http::RequestHead& head) const override {
    const auto value = head.fields.find("apikey");
    return value ? std::optional<std::string>(*value) : std::nullopt;
  }

  Result<Ask> read(const Route&, std::string_view body) const override { return read_aihorde(body); }

  void write_models(std::string& out, std::span<const Listed> models, std::string_view, std::string_view) const override {
    json::Writer list(out);
    list.begin_array();
    for (const auto& model : models) {
      list.begin_object()
          .member("name", model.id)
          .member("count", 1)
          .member("queued", 0)
          .member("type", "text")
          .end_object();
    }
    list.end_array();
  }

  void write(std::string& out, const Answer& answer) const override {
    Progress progress{.id = answer.id, .state = Progress::State::done, .answer = answer};
    write_progress(out, progress);
  }
  // There are no streams.
  std::unique_ptr<Frames> frames(const Answer&) const override { return nullptr; }

  void write_accepted(std::string& out, std::string_view id) const override {
    json::Writer(out).begin_object().member("id", id).member("kudos", 10).end_object();
  }

  void write_progress(std::string& out, const Progress& progress) const override {
    using State = Progress::State;
    const auto all = static_cast<unsigned>(progress.answer.n);
    const auto state = progress.state;
    const bool faulted = state == State::done && progress.fate == FaultKind::faulted;
    const bool impossible = progress.fate == FaultKind::impossible;
    const bool done = state == State::done || state == State::dropped;
    json::Writer writer(out);
    writer.begin_object().member("finished", state == State::done && !faulted ? all : 0U);
    writer.member("processing", state == State::processing && !impossible ? all : 0U).member("restarted", 0);
    writer.member("waiting", state == State::waiting || (impossible && !done) ? all : 0U);
    writer.member("done", done && !faulted).member("faulted", faulted);
    writer.member("wait_time", whole_seconds(progress.left));
    writer.member("queue_position", state == State::waiting ? progress.ahead + 1 : 0);
    writer.member("kudos", 10).member("is_possible", !impossible);
    write_generations(writer, progress);
    writer.end_object();
  }
};

}  // namespace

const Wire& aihorde_wire() {
  static const AiHorde wire;
  return wire;
}

}  // namespace freeway::farm

#include "relay/attempt.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.h"
#include "base/text.h"

namespace freeway::relay {

namespace {

constexpr std::size_t kRefusalBytes = 64 * 1024;
// What is taken at once from a stream that the provider sends faster than the client reads.
constexpr std::size_t kPieceBytes = 6 * 1024;
constexpr Duration kRefusalTime = std::chrono::seconds(5);
constexpr Duration kDrainTime = std::chrono::milliseconds(100);
// So much of a stream is held while it has no content; an answer that goes on without any is none.
constexpr std::size_t kHeldBytes = 1024 * 1024;

bool event_stream(const http::ResponseHead& head) {
  auto type = head.fields.find("content-type");
  return type && istarts_with(*type, "text/event-stream");
}

}  // namespace

Attempt::Attempt(Context context, catalog::RouteId route, ledger::Reservation& reservation)
    : context_(context),
      route_(route),
      reservation_(reservation),
      provider_(context.snapshot.catalog->provider(route)),
      model_(context.snapshot.catalog->model(route)),
      dialect_(dialect::find(provider_.dialect)) {}

Attempted Attempt::failure() const { return Attempted{route_, verdict_, evidence_, fault_}; }

ledger::Outcome Attempt::spent() const {
  ledger::Outcome outcome;
  outcome.success = usage_.has_value() || committed_;
  outcome.usage = usage_;
  // A refusal with a status generated nothing; what a call that died without one has cost, nobody knows.
  if (!usage_ && mode_ == Mode::refusal) outcome.usage = chat::Usage{};
  if (!usage_ && reader_ && committed_) outcome.usage = reader_->usage();
  return outcome;
}

Duration Attempt::limit_of(std::optional<Duration> catalog::Timeouts::* field, Duration fallback) const {
  return (model_.timeouts.*field).value_or((provider_.timeouts.*field).value_or(fallback));
}

std::optional<Error> Attempt::start() {
  started_ = last_content_ = context_.delivery.now();
  if (!dialect_) return Error{ErrorKind::unsupported, fmt::format("no dialect is called '{}'", provider_.dialect)};
  auto outgoing = dialect_->write_request(context_.request, provider_, model_);
  if (!outgoing) return outgoing.error();
  auto origin = http::Url::parse(provider_.base_url);
  if (!origin) return origin.error();

  dropped_ = std::move(outgoing->dropped);
  upstream::Call call;
  call.head.method = std::move(outgoing->method);
  call.head.target = origin->path + outgoing->path;
  call.head.fields = std::move(outgoing->fields);
  if (context_.request.stream) call.head.fields.set("accept-encoding", "identity");
  dialect_->authorize(call.head.fields, context_.snapshot.catalog->key(route_));
  call.origin = std::move(*origin);
  call.body = std::move(outgoing->body);
  call.connect_deadline = started_ + limit_of(&catalog::Timeouts::connect, context_.options.connect);
  call.may_resend = [this] { return hold_again(); };
  exchange_ = context_.client.start(std::move(call), context_.delivery.wakeup());
  return std::nullopt;
}

net::Task<Attempt::End> Attempt::run() {
  context_.delivery.restart();
  auto problem = start();
  if (problem) {
    failed_by(*problem);
    co_return End::failed;
  }
  for (;;) {
    note_dispatch();
    if (context_.delivery.gone()) co_return End::client_gone;
    Step step = co_await advance();
    if (step == Step::answered) co_return End::answered;
    if (step == Step::failed) co_return End::failed;
    if (step == Step::broken) co_return End::broken;
    if (step == Step::client_gone) co_return End::client_gone;
    Instant until = limit();
    bool rang = co_await context_.delivery.sleep(until);
    if (rang || context_.delivery.now() < until) continue;
    note_dispatch();
    step = timed_out();
    if (step == Step::broken) step = co_await stream_failed();
    if (step == Step::client_gone) co_return End::client_gone;
    if (step == Step::broken) co_return End::broken;
    co_return End::failed;
  }
}

// The call got lost on a stale connection. The provider may have counted it, so another one needs a place of its own.
bool Attempt::hold_again() {
  note_dispatch();
  no_place_left_ = !context_.ledger.again(reservation_, {context_.delivery.now(), context_.clock.wall()});
  if (!no_place_left_) dispatched_at_.reset();
  return !no_place_left_;
}

void Attempt::note_dispatch() {
  if (dispatched_at_) return;
  dispatched_at_ = exchange_->dispatched_at();
  if (!dispatched_at_) return;
  // Both clocks as of then: this may be noticed later.
  ledger::Moment moment;
  moment.now = *dispatched_at_;
  moment.wall = context_.clock.wall() - (context_.delivery.now() - *dispatched_at_);
  context_.ledger.dispatched(reservation_, moment);
}

Instant Attempt::limit() const {
  if (mode_ == Mode::refusal) return refusal_limit_;
  if (committed_) return last_content_ + limit_of(&catalog::Timeouts::idle, context_.options.idle);
  if (!context_.request.stream) {
    // Only the last attempt may run on past the deadline.
    Instant own = started_ + limit_of(&catalog::Timeouts::answer, context_.options.answer);
    return context_.last ? own : std::min(own, context_.deadline);
  }
  return std::min(context_.deadline, started_ + limit_of(&catalog::Timeouts::first_token, context_.options.first_token));
}

Attempt::Step Attempt::timed_out() {
  if (mode_ == Mode::refusal) return take_refusal();
  std::string_view what = committed_                ? "stopped in the middle of its answer"
                          : context_.request.stream ? "sent no content in time"
                                                    : "did not finish its answer in time";
  Error late{ErrorKind::timeout,
             fmt::format("the provider {} ({})", what, format_duration(context_.delivery.now() - last_content_))};
  Step step = failed_by(late);
  cut_short_ = !context_.request.stream && !context_.last && context_.delivery.now() >= context_.deadline;
  // The request ran out of time, not the provider: that says nothing about it.
  if (!committed_ && context_.request.stream && context_.delivery.now() >= context_.deadline &&
      context_.deadline < started_ + limit_of(&catalog::Timeouts::first_token, context_.options.first_token)) {
    verdict_.bench.reset();
    verdict_.blame = router::Blame::client;
  }
  return step;
}

void Attempt::on_head() {
  const auto& head = *exchange_->head();
  if (head.status < 200 || head.status > 299) {
    mode_ = Mode::refusal;
    refusal_limit_ = context_.delivery.now() + kRefusalTime;
    exchange_->collect();
    return;
  }
  accepted_ = true;
  if (!context_.request.stream) {
    mode_ = Mode::whole;
    exchange_->collect();
  } else if (event_stream(head)) {
    mode_ = Mode::stream;
    reader_ = dialect_->read_stream(context_.request, model_);
  } else {
    mode_ = Mode::replay;
    exchange_->collect();
  }
}

net::Task<Attempt::Step> Attempt::settled(Step step) { co_return step; }

// No coroutine of its own: it is on the path of every piece of a stream.
net::Task<Attempt::Step> Attempt::advance() {
  if (mode_ == Mode::waiting && exchange_->head()) on_head();
  switch (mode_) {
    case Mode::waiting: return settled(exchange_->failure() ? failed_by(*exchange_->failure()) : Step::wait);
    case Mode::refusal: {
      bool told = exchange_->complete() || exchange_->failure() || exchange_->body().size() > kRefusalBytes;
      return settled(told ? take_refusal() : Step::wait);
    }
    case Mode::whole: return take_whole();
    case Mode::replay: return take_replay();
    case Mode::stream: break;
  }
  return take_stream();
}

Attempt::Step Attempt::take_refusal() {
  mode_ = Mode::refusal;
  const auto& head = *exchange_->head();
  return failed_by_fault(
      dialect_->read_fault(head.status, head.fields, exchange_->body().substr(0, kRefusalBytes), context_.clock.wall()));
}

net::Task<Attempt::Step> Attempt::take_whole() {
  if (exchange_->failure()) co_return failed_by(*exchange_->failure());
  if (!exchange_->complete()) co_return Step::wait;
  auto type = exchange_->head()->fields.find("content-type").value_or(std::string_view());
  std::string body(exchange_->body());
  std::optional<chat::Fault> fault;
  auto answer = dialect_->read_answer(context_.request, model_, type, std::move(body), fault);
  if (fault) co_return failed_by_fault(std::move(*fault));
  if (!answer) co_return failed_by(answer.error());
  usage_ = answer->usage;
  context_.delivery.set_route(context_.snapshot.catalog->model_name(route_), context_.trail, *context_.snapshot.catalog,
                              dropped_);
  bool estimated = answer->usage.estimated;
  std::string bytes = std::move(answer->body);
  bool sent = co_await context_.delivery.send_whole(std::move(bytes), estimated);
  if (!sent) co_return Step::client_gone;
  co_return Step::answered;
}

net::Task<Attempt::Step> Attempt::take_replay() {
  if (exchange_->failure()) co_return failed_by(*exchange_->failure());
  if (!exchange_->complete()) co_return Step::wait;
  reader_ = dialect_->replay(context_.request, model_);
  auto fed = reader_->feed(exchange_->body());
  if (!fed) co_return failed_by(fed.error());
  co_return co_await end_stream();
}

net::Task<Attempt::Step> Attempt::take_stream() {
  while (!exchange_->body().empty()) {
    std::string_view bytes = exchange_->body().substr(0, kPieceBytes);
    auto fed = reader_->feed(bytes);
    exchange_->consume(bytes.size());
    if (!fed) {
      failed_by(fed.error());
      co_return co_await stream_failed();
    }
    bool finished = false;
    Step step = co_await pass_events(finished);
    if (step != Step::wait) co_return step;
    if (finished) co_return co_await end_stream();
    note_dispatch();
  }
  if (exchange_->complete()) co_return co_await end_stream();
  if (exchange_->failure()) {
    // What came before the cut may be a whole answer: then the cut does no harm.
    if (reader_->finished()) co_return co_await end_stream();
    failed_by(*exchange_->failure());
    co_return co_await stream_failed();
  }
  co_return Step::wait;
}

net::Task<Attempt::Step> Attempt::pass_events(bool& finished) {
  chat::Event event;
  for (;;) {
    auto got = reader_->next(event);
    if (!got) {
      failed_by(got.error());
      co_return co_await stream_failed();
    }
    if (!*got) break;
    if (event.kind == chat::Event::Kind::error) {
      failed_by_fault(std::move(event.fault));
      co_return co_await stream_failed();
    }
    if (event.kind == chat::Event::Kind::done) {
      finished = true;
      break;
    }
    if (event.content) {
      last_content_ = context_.delivery.now();
      if (!committed_) {
        committed_ = true;
        // Others that wait for this probe need not wait for a long answer's end.
        context_.benches.succeeded(*context_.snapshot.catalog, route_, last_content_);
        context_.delivery.set_route(context_.snapshot.catalog->model_name(route_), context_.trail,
                                    *context_.snapshot.catalog, dropped_);
      }
    }
    context_.delivery.add(event);
    if (!committed_ && context_.delivery.gathered() > kHeldBytes) {
      Error endless{ErrorKind::protocol, "the provider's stream goes on and on without any content"};
      co_return failed_by(endless);
    }
  }
  // The last pieces leave together with the end mark.
  if (committed_ && !finished) {
    bool sent = co_await context_.delivery.flush();
    if (!sent) co_return Step::client_gone;
  }
  co_return Step::wait;
}

net::Task<Attempt::Step> Attempt::end_stream() {
  auto ended = reader_->finish();
  if (!ended) {
    failed_by(ended.error());
    co_return co_await stream_failed();
  }
  bool finished = true;  // so that nothing leaves before the end mark, but with it
  Step step = co_await pass_events(finished);
  if (step != Step::wait) co_return step;
  if (!committed_) {
    Error empty{ErrorKind::closed, "the provider ended its stream without any content"};
    co_return failed_by(empty);
  }
  usage_ = reader_->usage();
  bool sent = co_await context_.delivery.finish(*usage_);
  if (!sent) co_return Step::client_gone;
  co_await drain();
  co_return Step::answered;
}

// The client has its answer; the connection to the provider may be used again if its last bytes come at once.
net::Task<> Attempt::drain() {
  Instant until = context_.delivery.now() + kDrainTime;
  while (!exchange_->complete() && !exchange_->failure() && !context_.delivery.gone()) {
    exchange_->consume(exchange_->body().size());
    bool rang = co_await context_.delivery.wakeup().wait(until);
    if (!rang) break;
  }
}

net::Task<Attempt::Step> Attempt::stream_failed() {
  if (!committed_) co_return Step::failed;
  std::string message = fmt::format("The provider's stream broke before its end: {}", evidence_);
  bool schema = verdict_.reason == router::Reason::schema_violation;
  std::string_view code = schema ? "schema_violation" : "upstream_stream_error";
  std::string_view type = "server_error";
  std::string_view text = message;
  bool sent = co_await context_.delivery.break_off(text, type, code);
  if (!sent) co_return Step::client_gone;
  co_return Step::broken;
}

Attempt::Step Attempt::failed_by(const Error& error) {
  evidence_ = error.message;
  if (accepted_ && error.kind == ErrorKind::invalid) {
    verdict_ = router::Verdict{};
    verdict_.reason = router::Reason::schema_violation;
    verdict_.blame = router::Blame::client;
  } else if (!exchange_) {
    verdict_ = router::Verdict{};
    verdict_.reason = router::Reason::bad_request;
    verdict_.blame = router::Blame::client;
  } else if (no_place_left_) {
    verdict_ = router::Verdict{};
    verdict_.reason = router::Reason::rate_limited;
    evidence_ = "a kept connection had closed, and no allowance is left to ask once more";
  } else if (accepted_ && error.kind != ErrorKind::timeout) {
    verdict_ = router::judge_bad_answer();
  } else {
    verdict_ = router::judge(error);
  }
  return committed_ ? Step::broken : Step::failed;
}

// Some providers repeat the key that they refuse.
void Attempt::hide_key(std::string& text) const {
  std::string_view secret = context_.snapshot.catalog->key(route_).secret.reveal();
  if (secret.size() < 4) return;
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at))
    text.replace(at, secret.size(), "[key]");
}

Attempt::Step Attempt::failed_by_fault(chat::Fault fault) {
  verdict_ = router::judge(fault);
  for (std::string* said : {&fault.type, &fault.code, &fault.param}) hide_key(*said);
  hide_key(fault.message);
  hide_key(fault.body);
  if (!fault.message.empty()) {
    evidence_ = fault.status ? fmt::format("{} {}", fault.status, fault.message) : fault.message;
  } else {
    evidence_ = fmt::format("status {}", fault.status);
  }
  fault_ = std::move(fault);
  return committed_ ? Step::broken : Step::failed;
}

}  // namespace freeway::relay

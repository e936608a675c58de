#include "relay/attempt.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.h"
#include "dialect/clipping.h"
#include "dialect/redacting_writer.h"
#include "relay/way.h"

namespace freeway::relay {

namespace {

constexpr std::size_t kRefusalBytes = 64 * 1024;
constexpr Duration kRefusalTime = std::chrono::seconds(5);

}  // namespace

Attempt::Attempt(const Context& context, Taken&& taken)
    : context_(context),
      taken_(std::move(taken)),
      provider_(context.snapshot.catalog->provider(taken_.route)),
      model_(context.snapshot.catalog->model(taken_.route)),
      dialect_(dialect::find(catalog::dialect_of(provider_, model_))),
      space_(context.stream_space) {}

Duration Attempt::limit_of(std::optional<Duration> catalog::Timeouts::* field, Duration fallback) const {
  return (model_.timeouts.*field).value_or((provider_.timeouts.*field).value_or(fallback));
}

void Attempt::start() {
  auto problem = send();
  if (problem) failed_by(*problem);
}

std::optional<Error> Attempt::send() {
  started_ = last_content_ = now();
  if (!dialect_)
    return Error{ErrorKind::unsupported, fmt::format("no dialect is called '{}'", catalog::dialect_of(provider_, model_))};
  if (context_.request.kind != chat::Kind::chat) {
    codec_ = dialect_->codec(context_.request.kind);
    if (!codec_) return Error{ErrorKind::unsupported, "freeway can't ask this provider for that kind of answer"};
  }
  auto outgoing = codec_ ? codec_->write_request(context_.request, provider_, model_)
                         : dialect_->write_request(context_.request, provider_, model_);
  if (!outgoing) return outgoing.error();
  const Result<http::Url>& origin = context_.snapshot.catalog->base(taken_.route);
  if (!origin) return origin.error();
  dropped_ = std::move(outgoing->dropped);
  auto call = call_for(std::move(*outgoing), *origin);
  if (!call) return call.error();
  call->may_resend = [this] { return hold_again(); };
  call->dispatched = [this] { note_dispatch(); };
  exchange_ = context_.client.start(std::move(*call), context_.wakeup);
  return std::nullopt;
}

// With the key, and by its way.
Result<upstream::Call> Attempt::call_for(dialect::Outgoing&& outgoing, const http::Url& origin) const {
  const catalog::Key& key = context_.snapshot.catalog->key(taken_.route);
  auto proxy = proxy_of(provider_, key);
  if (!proxy) return std::unexpected(proxy.error());
  dialect::authorize(outgoing, provider_.auth, key);
  Result<upstream::Call> made(std::in_place);
  upstream::Call& call = *made;
  call.head.method = std::move(outgoing.method);
  call.head.target = origin.path + outgoing.path;
  call.head.fields = std::move(outgoing.fields);
  if (context_.request.stream) call.head.fields.set("accept-encoding", "identity");
  call.origin = origin;
  call.body = std::move(outgoing.body);
  call.pieces = std::move(outgoing.pieces);
  call.proxy = std::move(*proxy);
  call.connect_deadline = now() + limit_of(&catalog::Timeouts::connect, context_.options.connect);
  return made;
}

Attempt::State Attempt::look() {
  if (failed_) return State::failed;
  if (let_go_.done) return State::waiting;
  if (mode_ == Mode::put_off && now() >= ask_at_) ask_again();
  if (mode_ == Mode::waiting && exchange_->head()) on_head();
  switch (mode_) {
    case Mode::put_off: break;
    case Mode::waiting:
      if (exchange_->failure()) broke();
      break;
    case Mode::refusal:
      if (exchange_->complete() || exchange_->failure() || exchange_->body().size() > kRefusalBytes) take_refusal();
      break;
    case Mode::whole: take_whole(); break;
    case Mode::replay: take_replay(); break;
    case Mode::stream:
      while (!committed_ && !failed_ && take_piece()) continue;
      break;
  }
  if (committed_ || whole_) return State::ready;
  if (!failed_ && now() >= limit()) time_out();
  return failed_ ? State::failed : State::waiting;
}

// The call got lost on a stale connection. The provider may have counted it, so another one needs a place of its own.
bool Attempt::hold_again() {
  no_place_left_ = !context_.ledger.again(taken_.reservation, {now(), wall()});
  if (!no_place_left_) dispatched_at_.reset();
  return !no_place_left_;
}

void Attempt::note_dispatch() {
  dispatched_at_ = now();
  context_.ledger.dispatched(taken_.reservation, {*dispatched_at_, wall()});
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

void Attempt::time_out() {
  if (mode_ == Mode::refusal) return take_refusal();
  std::string_view what = !touched()                ? "took no connection in time"
                          : committed_              ? "stopped in the middle of its answer"
                          : context_.request.stream ? "sent no content in time"
                                                    : "did not finish its answer in time";
  failed_by({ErrorKind::timeout, fmt::format("the provider {} ({})", what, format_duration(now() - last_content_))});
  cut_short_ = !context_.request.stream && !context_.last && now() >= context_.deadline;
  if (!committed_ && now() >= context_.deadline && came_late()) {
    verdict_.bench.reset();
    verdict_.blame = router::Blame::client;
  }
}

// So late that at the deadline the request has run out of time and not the provider: that says nothing about it. A whole
// answer's own limit lies mostly beyond the deadline; who had half of what a request has can be said to be silent.
bool Attempt::came_late() const {
  if (context_.request.stream)
    return context_.deadline < started_ + limit_of(&catalog::Timeouts::first_token, context_.options.first_token);
  Duration most = std::min(context_.options.deadline, limit_of(&catalog::Timeouts::answer, context_.options.answer));
  return cut_short_ && context_.deadline - started_ < most / 2;
}

// What the provider says of its limits holds from now on, not from the end of a long answer.
void Attempt::hear_limits() {
  auto told = catalog::read_told(provider_.limit_fields, exchange_->head()->fields, wall());
  if (told.empty()) return;
  context_.ledger.heard(*context_.snapshot.bindings, *context_.snapshot.catalog, route(), taken_.reservation, told,
                        {now(), wall()});
}

void Attempt::on_head() {
  const auto& head = *exchange_->head();
  if (!follow_up_) hear_limits();
  if (head.status < 200 || head.status > 299) {
    mode_ = Mode::refusal;
    refusal_limit_ = now() + kRefusalTime;
    exchange_->collect();
    return;
  }
  accepted_ = true;
  if (!context_.request.stream) {
    mode_ = Mode::whole;
    exchange_->collect();
  } else if (dialect_->streams(head.fields.find("content-type").value_or(std::string_view()))) {
    mode_ = Mode::stream;
    reader_ = dialect_->read_stream(context_.request, model_);
    writer_ = dialect::hide_secrets(context_.surface.stream(context_.request), context_.options.secrets);
  } else {
    mode_ = Mode::replay;
    exchange_->collect();
  }
}

void Attempt::take_refusal() {
  if (follow_up_ && exchange_->complete() && put_off()) return;
  mode_ = Mode::refusal;
  const auto& head = *exchange_->head();
  failed_by_fault(dialect_->read_fault(head.status, head.fields, exchange_->body().substr(0, kRefusalBytes), wall()));
}

void Attempt::take_whole() {
  if (whole_) return;
  if (exchange_->failure()) return broke();
  if (!exchange_->complete() || put_off()) return;
  auto type = exchange_->head()->fields.find("content-type").value_or(std::string_view());
  std::optional<chat::Fault> fault;
  std::string body(exchange_->body());
  auto answer = codec_ ? codec_->read_answer(context_.request, model_, type, std::move(body), fault)
                       : dialect_->read_answer(context_.request, model_, type, std::move(body), fault);
  if (!answer) hear_usage();
  if (fault) return failed_by_fault(std::move(*fault));
  if (!answer) return failed_by(answer.error());
  whole_ = std::move(*answer);
  usage_ = whole_->usage;
  if (auto why = clipping()) {
    whole_.reset();
    return failed_by(*why);
  }
  for (auto& name : whole_->mended.dropped) dropped_.push_back(std::move(name));
  good_ = true;
  ended_ = now();
  follow_up_.reset();
}

void Attempt::take_replay() {
  if (exchange_->failure()) return broke();
  fit_into_space(exchange_->body().size());
  if (failed_) return;
  if (!exchange_->complete() || put_off()) return;
  reader_ = dialect_->replay(context_.request, model_);
  writer_ = dialect::hide_secrets(context_.surface.stream(context_.request), context_.options.secrets);
  auto fed = reader_->feed(exchange_->body());
  if (!fed) {
    failed_by(fed.error());
  } else {
    end_stream();
  }
  if (failed_) return hear_usage();
  exchange_->consume(exchange_->body().size());
  fit_into_space(0);
}

// Whatever the model made of a part of the prompt is no answer to the whole.
std::optional<Error> Attempt::clipping() const {
  auto why = codec_ ? std::nullopt : dialect::clipped(context_.request, model_, *usage_);
  if (!why) return std::nullopt;
  return Error{ErrorKind::malformed, std::move(*why)};
}

// Of a whole answer that is not good enough: it has cost what it says all the same.
void Attempt::hear_usage() {
  std::string_view body = exchange_->body();
  usage_ =
      codec_ ? codec_->told_usage(context_.request, model_, body) : dialect_->told_usage(context_.request, model_, body);
}

}  // namespace freeway::relay

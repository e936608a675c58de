// A streamed answer: taken piece by piece, and given to the client as it comes.
#include <fmt/format.h>

#include <utility>

#include "base/scratch.h"
#include "relay/attempt.h"

namespace freeway::relay {

namespace {

// What is taken at once from a stream that the provider sends faster than the client reads.
constexpr std::size_t kPieceBytes = 6 * 1024;
constexpr Duration kDrainTime = std::chrono::milliseconds(100);
// What is held beyond this is looked at more closely: most streams never hold so much.
constexpr std::size_t kLargeBytes = 16 * 1024;
// So much of a stream is held while it has no content; an answer that goes on without any is none.
constexpr std::size_t kHeldBytes = 1024 * 1024;

std::string_view code_of_break(router::Reason reason) {
  switch (reason) {
    case router::Reason::schema_violation: return "schema_violation";
    case router::Reason::overloaded: return "overloaded";
    default: return "upstream_stream_error";
  }
}

}  // namespace

// False: nothing has come that was not taken.
bool Attempt::take_piece() {
  std::string_view bytes = exchange_->body().substr(0, kPieceBytes);
  if (!bytes.empty()) {
    auto fed = reader_->feed(bytes);
    exchange_->consume(bytes.size());
    if (fed) {
      gather();
    } else {
      failed_by(fed.error());
    }
    fit_into_space(0);
    return true;
  }
  if (exchange_->complete()) {
    end_stream();
    return true;
  }
  if (!exchange_->failure()) return false;
  // What came before the cut may be a whole answer: then the cut does no harm.
  if (reader_->finished()) {
    end_stream();
  } else {
    failed_by(*exchange_->failure());
  }
  return true;
}

// The events of what was fed.
void Attempt::gather() {
  chat::Event event;
  for (;;) {
    auto got = reader_->next(event);
    if (!got) return failed_by(got.error());
    if (!*got) return;
    if (event.kind == chat::Event::Kind::error) return failed_by_fault(std::move(event.fault));
    if (event.kind == chat::Event::Kind::done) {
      if (!over_) end_stream();
      return;
    }
    if (event.content) {
      last_content_ = now();
      if (!committed_) first_content_ = last_content_;
      committed_ = true;
    }
    writer_->write(gathered_, event);
    if (!committed_ && gathered_.size() > kHeldBytes)
      return failed_by({ErrorKind::protocol, "the provider's stream goes on and on without any content"});
  }
}

// What the client has not got yet goes; before it got anything, another route may still answer.
void Attempt::give_up_space() {
  no_space_left_ = true;
  if (committed_) usage_ = reader_->usage();
  if (!delivering_) committed_ = false;
  reader_.reset();
  if (!delivering_ || gathered_.size() > kLargeBytes) std::string().swap(gathered_);
  space_.hold_anyway(gathered_.size());
}

// What the stream holds counts in the space that all streams share. `waiting`: what it holds beside, of an answer that is
// not read yet.
void Attempt::fit_into_space(std::size_t waiting) {
  std::size_t held = waiting + gathered_.size();
  if (reader_) held += reader_->held() + writer_->held();
  if (held > kLargeBytes && reader_) {
    reader_->shrink();
    writer_->shrink();
    held = waiting + gathered_.size() + reader_->held() + writer_->held();
  }
  // An answer that is all there is not given up for it.
  if (over_ || failed_) return space_.hold_anyway(held);
  if (space_.hold(held)) return;
  give_up_space();
  failed_by(
      {ErrorKind::exhausted,
       fmt::format("freeway has no memory left for what this stream has to say: all streams together may hold {} MiB of "
                   "their answers (server.stream_space); ask again in a moment",
                   context_.stream_space.most() >> 20)});
}

void Attempt::end_stream() {
  auto ended = reader_->finish();
  if (!ended) return failed_by(ended.error());
  over_ = true;
  gather();
  if (failed_) return;
  if (!committed_) return failed_by({ErrorKind::closed, "the provider ended its stream without any content"});
  usage_ = reader_->usage();
  if (auto why = clipping()) return failed_by(*why);
  ended_ = last_content_;
  follow_up_.reset();
}

net::Task<Attempt::End> Attempt::deliver(Delivery& delivery, const Trail& trail) {
  const auto& catalog = *context_.snapshot.catalog;
  delivering_ = true;
  if (committed_) {
    // Others that wait for this probe need not wait for a long answer's end.
    context_.benches.succeeded(catalog, route(), *first_content_);
    if (context_.snapshot.rankings) context_.measures.proved(context_.snapshot.rankings->bound(), route());
  }
  delivery.set_route(catalog.model_name(route()), trail, catalog, dropped_);
  if (!whole_) co_return co_await pass_on(delivery);
  bool sent = co_await delivery.send_whole(std::move(*whole_));
  co_return sent ? End::answered : End::client_gone;
}

// The last pieces leave together with the end mark.
net::Task<Attempt::End> Attempt::pass_on(Delivery& delivery) {
  for (;;) {
    if (failed_) co_return co_await break_off(delivery);
    if (over_) break;
    bool sent = co_await flush(delivery);
    if (!sent) co_return End::client_gone;
    if (delivery.called_off()) co_return End::interrupted;
    if (take_piece()) continue;
    if (delivery.gone()) co_return End::client_gone;
    if (delivery.ending()) co_return End::interrupted;
    Instant until = limit();
    bool rang = co_await delivery.sleep(until);
    if (!rang && now() >= until) time_out();
  }
  writer_->finish(gathered_, *usage_);
  fit_into_space(0);
  dialect::Mended mended = reader_->mended();
  bool sent = co_await delivery.finish(gathered_, *usage_, mended);
  if (!sent) co_return End::client_gone;
  gathered_.clear();
  shrink_scratch(gathered_);
  fit_into_space(0);
  co_await drain(delivery);
  co_return End::answered;
}

net::Task<bool> Attempt::flush(Delivery& delivery) {
  Duration before = delivery.stalled();
  bool sent = co_await delivery.flush(gathered_);
  shrink_scratch(gathered_);
  if (space_.held() > 0) fit_into_space(0);
  Duration stood = delivery.stalled() - before;
  held_up_ += stood;
  last_content_ += stood;  // the provider was not asked for more meanwhile
  co_return sent;
}

// The client has its answer; the connection to the provider may be used again if its last bytes come at once.
net::Task<> Attempt::drain(Delivery& delivery) {
  Instant until = now() + kDrainTime;
  while (!let_go_.done && !exchange_->complete() && !exchange_->failure() && !delivery.gone()) {
    exchange_->consume(exchange_->body().size());
    bool rang = co_await context_.wakeup.wait(until);
    if (!rang) break;
  }
}

Failure Attempt::breakage() const {
  Failure failure;
  failure.quoted = fmt::format(": {}", evidence_);
  failure.message =
      (no_space_left_ ? "The stream was broken off" : "The provider's stream broke before its end") + failure.quoted;
  failure.code = code_of_break(verdict_.reason);
  failure.type = "server_error";
  return failure;
}

net::Task<Attempt::End> Attempt::break_off(Delivery& delivery) {
  Failure failure = breakage();
  bool sent = co_await break_off(delivery, failure);
  co_return sent ? End::broken : End::client_gone;
}

net::Task<bool> Attempt::break_off(Delivery& delivery, const Failure& failure) {
  co_return co_await delivery.break_off(gathered_, *writer_, failure);
}

}  // namespace freeway::relay

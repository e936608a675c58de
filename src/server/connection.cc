#include "server/connection.h"

#include <fmt/format.h>

#include "base/duration.h"
#include "base/log.h"

namespace freeway::server {

namespace {

http::ParserLimits parser_limits(const Options& options) {
  http::ParserLimits limits;
  limits.head_bytes = options.head_bytes;
  limits.field_count = options.field_count;
  return limits;
}

// How far a message had come when it failed.
enum class Reached : unsigned char { start_line, head, body };

// The status that tells a client what was wrong with its message.
int status_of(const Error& error, Reached reached) {
  switch (error.kind) {
    case ErrorKind::too_large: return reached == Reached::body ? 413 : 431;
    case ErrorKind::timeout: return 408;
    case ErrorKind::unsupported: return reached == Reached::start_line ? 505 : 501;
    default: return 400;
  }
}

constexpr Duration kLingerTime = std::chrono::seconds(3);
constexpr std::size_t kLingerBytes = 64 * 1024 * 1024;

}  // namespace

Connection::Connection(Shared& shared, std::unique_ptr<net::Stream> stream)
    : shared_(shared),
      stream_(std::move(stream)),
      wakeup_(shared.loop),
      inbox_(*stream_, wakeup_),
      write_timer_(shared.loop, [this] { stream_->abort(); }),
      departure_(shared.loop, net::After::batch, [this] { depart(); }),
      departed_(shared.loop),
      parser_(parser_limits(shared.options)),
      peer_{stream_->peer_address(), stream_->from_owner()} {}

void Connection::drain() {
  if (idle_) stream_->close();
  wakeup_.ring();
}

net::Task<> Connection::run() {
  for (;;) {
    Step step = co_await serve_one();
    if (step != Step::more || !keep_alive_ || broken_) break;
    if (shared_.draining) break;
    parser_.reset();
    // A message that fails early is not to be taken for the one before.
    parser_.head().method.clear();
    parser_.head().target.clear();
    bodiless_ = false;
    minor_version_ = 1;
    body_.clear();
    if (body_.capacity() > 64 * 1024) std::string().swap(body_);
    intake_.reset();
    begun_ = answered_ = body_read_ = chunked_ = false;
    if (inbox_.bytes().empty()) inbox_.release();
  }
  if (unread_ && !broken_ && !inbox_.end()) co_await linger();
  stream_->close();
}

net::Task<Connection::Step> Connection::serve_one() {
  Step step = co_await read_head();
  if (step != Step::done) co_return Step::closed;

  keep_alive_ = parser_.head().keep_alive();
  minor_version_ = parser_.head().minor_version;
  bodiless_ = parser_.head().method == "HEAD";
  takes_trailers_ = parser_.head().fields.has_token("te", "trailers");
  auto refusal = shared_.handler.admit(parser_.head(), peer_);
  if (!refusal) {
    intake_ = shared_.handler.intake(parser_.head(), wakeup_);
    step = co_await read_body();
    if (step != Step::done) co_return Step::closed;
    Incoming incoming;
    incoming.head = std::move(parser_.head());
    incoming.body = std::move(body_);
    incoming.intake = std::move(intake_);
    incoming.peer = peer_;
    body_ = std::string();
    // What a refusal of ours would have to name.
    parser_.head().method = incoming.head.method;
    parser_.head().target = incoming.head.target;
    Reply& reply = *this;
    co_await shared_.handler.handle(incoming, reply);
    if (!answered_ && !begun_ && !gone()) {
      Error error{ErrorKind::closed, "freeway ended this request without an answer; this is a defect, please report it"};
      Answer answer = shared_.handler.refuse(parser_.head(), 500, error);
      co_await send(std::move(answer));
    }
    if (!answered_) broken_ = true;  // a stream that broke off
    co_return Step::more;
  }

  bool no_body = !parser_.chunked() && parser_.content_length().value_or(0) == 0;
  if (no_body) {
    step = co_await read_body();
    if (step != Step::done) co_return Step::closed;
  } else {
    unread_ = true;
    keep_alive_ = false;  // what follows on this connection is a body that nobody reads
  }
  Answer answer = std::move(*refusal);
  co_await send(std::move(answer));
  co_return Step::more;
}

Result<http::Parsed> Connection::parse() {
  auto parsed = parser_.feed(inbox_.bytes(), body_);
  if (parsed) inbox_.consume(parsed->consumed);
  return parsed;
}

net::Task<Connection::Step> Connection::read_head() {
  idle_ = true;
  Instant limit = shared_.loop.now() + shared_.options.idle_time;
  for (;;) {
    if (!inbox_.bytes().empty()) {
      auto parsed = parse();
      if (idle_ && (parser_.started() || !parsed)) {  // empty lines are no beginning
        limit = shared_.loop.now() + shared_.options.head_time;
        idle_ = false;
      }
      if (!parsed) {
        int status = status_of(parsed.error(), parser_.head().method.empty() ? Reached::start_line : Reached::head);
        Error error = std::move(parsed.error());
        co_return co_await refuse(status, std::move(error));
      }
      if (parsed->head_complete) {
        body_read_ = parsed->complete;
        co_return Step::done;
      }
      if (parsed->consumed > 0) continue;
    }
    if (inbox_.end()) co_return Step::closed;
    if (shared_.draining && idle_) co_return Step::closed;
    if (shared_.ending) co_return co_await refuse_at_the_end();
    bool rang = co_await wakeup_.wait(limit);
    if (rang || shared_.loop.now() < limit) continue;
    if (idle_) co_return Step::closed;
    Error slow{ErrorKind::timeout, "the request's head took too long to arrive"};
    co_return co_await refuse(408, std::move(slow));
  }
}

net::Task<Connection::Step> Connection::read_body() {
  if (body_read_) co_return Step::done;
  auto length = parser_.content_length();
  const std::uint64_t most = intake_ ? intake_->limit() : shared_.handler.body_limit();
  const std::string_view rule = intake_ ? "server.upload_limit, by default server.body_limit" : "server.body_limit";
  if (length && *length > most) {
    Error large{ErrorKind::too_large,
                fmt::format("the body has {} bytes; at most {} are accepted ({})", *length, most, rule)};
    co_return co_await refuse(413, std::move(large));
  }
  parser_.set_body_limit(most);
  if (!intake_ && length) body_.reserve(std::min<std::uint64_t>(*length, 256 * 1024));
  if (parser_.expects_continue() && inbox_.bytes().empty()) {
    bool sent = co_await send_continue();
    if (!sent) co_return Step::closed;
  }
  Instant limit = shared_.loop.now() + shared_.options.body_stall;
  for (;;) {
    auto parsed = parse();
    if (!parsed) {
      int status = status_of(parsed.error(), Reached::body);
      Error error = std::move(parsed.error());
      if (status == 413) error.message = fmt::format("the body passes the limit of {} bytes ({})", most, rule);
      co_return co_await refuse(status, std::move(error));
    }
    if (intake_) {
      Step put = co_await put_away();
      if (put != Step::done) co_return put;
    }
    if (parsed->complete) {
      body_read_ = true;
      co_return Step::done;
    }
    if (parsed->consumed > 0) {
      limit = shared_.loop.now() + shared_.options.body_stall;
      if (!inbox_.bytes().empty()) continue;
    }
    if (inbox_.end()) co_return Step::closed;
    if (shared_.ending) co_return co_await refuse_at_the_end();
    bool rang = co_await wakeup_.wait(limit);
    if (rang || shared_.loop.now() < limit) continue;
    Error slow{ErrorKind::timeout, "the request's body stopped arriving"};
    co_return co_await refuse(408, std::move(slow));
  }
}

// While it waits, the inbox fills and the client feels it.
net::Task<Connection::Step> Connection::put_away() {
  intake_->take(body_);
  body_.clear();
  while (!intake_->ready()) {
    if (inbox_.end()) co_return Step::closed;
    if (shared_.ending) co_return co_await refuse_at_the_end();
    co_await wakeup_.wait(kNever);
  }
  co_return Step::done;
}

net::Task<Connection::Step> Connection::refuse_at_the_end() {
  Error over{ErrorKind::closed, "freeway is shutting down and this request had not come whole"};
  return refuse(503, std::move(over));
}

net::Task<Connection::Step> Connection::refuse(int status, Error error) {
  keep_alive_ = false;
  intake_.reset();
  Answer answer = shared_.handler.refuse(parser_.head(), status, error);
  if (status == 503) answer.fields.set("retry-after", "5");
  co_await send(std::move(answer));
  unread_ = true;
  co_return Step::closed;
}

net::Task<bool> Connection::send_continue() {
  std::array<std::string_view, 1> pieces;
  pieces[0] = "HTTP/1.1 100 Continue\r\n\r\n";
  std::span<const std::string_view> all(pieces);
  co_return co_await transmit(all);
}

// A client that still sends would lose our answer to a reset if we closed at once: say that we are done, then swallow what
// comes for a moment.
net::Task<> Connection::linger() {
  stream_->shutdown_write();
  Instant limit = shared_.loop.now() + kLingerTime;
  std::size_t swallowed = 0;
  while (!inbox_.end() && swallowed < kLingerBytes && shared_.loop.now() < limit) {
    swallowed += inbox_.bytes().size();
    inbox_.consume(inbox_.bytes().size());
    co_await wakeup_.wait(limit);
  }
}

net::Task<> Connection::turn_away() {
  keep_alive_ = idle_ = false;
  Error busy{ErrorKind::exhausted, "freeway has as many connections as it accepts; try again in a moment"};
  Answer answer = shared_.handler.refuse(parser_.head(), 503, busy);
  answer.fields.set("retry-after", "1");
  co_await send(std::move(answer));
  if (!broken_) co_await linger();
  stream_->close();
}

}  // namespace freeway::server

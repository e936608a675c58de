#include "farm/connection.h"

#include <array>
#include <utility>

#include "farm/bytes.h"
#include "farm/hub.h"

namespace freeway::farm {
namespace {

constexpr std::size_t kInboxBound = 64 * 1024;
constexpr Duration kBehind = std::chrono::milliseconds(100);  // more than this is not made up for

// "/u1/v1/models" → u1, "/v1/models".
std::pair<std::string_view, std::string_view> split(std::string_view path) {
  path.remove_prefix(path.empty() ? 0 : 1);
  const auto slash = std::min(path.find('/'), path.size());
  return {path.substr(0, slash), path.substr(slash)};
}

}  // namespace

Connection::Connection(Site& site, std::unique_ptr<net::Stream> stream, std::string own)
    : site_(site),
      world_(site.world()),
      stream_(std::move(stream)),
      wakeup_(site.loop()),
      inbox_(*stream_, wakeup_, kInboxBound),
      own_(std::move(own)) {
  site_.add(*this);
  if (!own_.empty()) attribute(world_.find(own_));
}

Connection::~Connection() {
  site_.remove(*this);
  if (counted_at_) world_.connection_closed(*counted_at_);
}

void Connection::attribute(const std::shared_ptr<Provider>& provider) {
  if (counted_at_ || !provider) return;
  counted_at_ = provider;
  world_.connection_opened(*provider);
}

bool Connection::belongs_to(std::string_view provider) const {
  return own_ == provider || (answering_ && exchange_.provider && exchange_.provider->spec().id == provider);
}

void Connection::kill() {
  killed_ = true;
  stream_->abort();
  wakeup_.ring();
}

net::Task<> Connection::live(std::unique_ptr<Connection> connection) {
  for (;;) {
    net::Task<bool> reading = connection->read_request();
    const bool read = co_await std::move(reading);
    if (!read) break;
    net::Task<bool> answering = connection->answer();
    const bool more = co_await std::move(answering);
    if (!more) break;
  }
  connection->stream_->close();
}

// False if the connection ended, or spoke no HTTP.
net::Task<bool> Connection::read_request() {
  parser_.reset();
  body_.clear();
  bool continued = false;
  for (;;) {
    const std::string_view bytes = inbox_.bytes();
    if (!bytes.empty()) {
      const Result<http::Parsed> parsed = parser_.feed(bytes, body_);
      if (!parsed) {
        Plain plain = plain_error(openai_style(), 400, parsed.error().message, "malformed");
        keep_alive_ = false;
        net::Task<bool> telling = tell(std::move(plain));
        co_await std::move(telling);
        co_return false;
      }
      inbox_.consume(parsed->consumed);
      if (parsed->complete) co_return true;
      if (parsed->head_complete && !continued && parser_.expects_continue()) {
        continued = true;
        net::Task<bool> putting = put("HTTP/1.1 100 Continue\r\n\r\n");
        const bool written = co_await std::move(putting);
        if (!written) co_return false;
      }
      if (parsed->consumed > 0) continue;
    }
    if (inbox_.end() || killed_) co_return false;
    net::Task<bool> waiting = wakeup_.wait(kNever);
    co_await std::move(waiting);
  }
}

// True if the connection may carry another request.
net::Task<bool> Connection::answer() {
  http::RequestHead& head = parser_.head();
  keep_alive_ = head.keep_alive();
  const std::string path(head.path());
  if (path.starts_with("/_farm")) {
    Plain plain = site_.control(head.method, path, head.query(), body_);
    net::Task<bool> telling = tell(std::move(plain));
    co_return co_await std::move(telling);
  }
  std::string_view asked = path;
  std::shared_ptr<Provider> provider = world_.find(split(path).first);
  if (provider) {
    asked = split(path).second;
  } else if (!own_.empty()) {
    provider = world_.find(own_);  // on a port of its own "/v1/models" will do
  }
  if (!provider) {
    Plain plain = plain_error(openai_style(), 404, "The farm has no such provider; see /_farm/stats.", "not_found");
    net::Task<bool> telling = tell(std::move(plain));
    co_return co_await std::move(telling);
  }
  attribute(provider);
  if (!world_.is_up(*provider)) co_return false;
  exchange_.provider = provider;
  answering_ = true;
  std::unique_ptr<Play> play = world_.arrive(exchange_, std::move(head), asked, std::move(body_));
  net::Task<bool> performing = perform(std::move(play));
  const bool more = co_await std::move(performing);
  answering_ = false;
  co_return more&& keep_alive_;
}

void Connection::settle_for(Then then) {
  switch (then) {
    case Then::more:
    case Then::hang: return world_.progress(exchange_);
    case Then::complete:
    case Then::depart: return world_.settle(exchange_, Ended::complete);
    case Then::close: return world_.settle(exchange_, Ended::closed);
    case Then::reset: return world_.settle(exchange_, Ended::reset);
  }
}

net::Task<bool> Connection::perform(std::unique_ptr<Play> play) {
  Instant due = site_.loop().clock().now();
  Step step;
  for (;;) {
    play->next(step);
    if (step.pause > Duration::zero()) {
      const Instant now = site_.loop().clock().now();
      if (now - due > kBehind) due = now;
      due += step.pause;
      net::Task<bool> pausing = pause_until(due);
      const bool still_there = co_await std::move(pausing);
      if (!still_there) break;
    } else if (inbox_.end() || killed_) {
      break;
    }
    net::Task<bool> putting = put_step(step);
    const bool written = co_await std::move(putting);
    if (!written) break;
    switch (step.then) {
      case Then::more: continue;
      case Then::complete: co_return true;
      case Then::close: co_return false;
      case Then::reset: stream_->abort(); co_return false;
      case Then::depart:
      case Then::hang: break;
    }
    const Instant end = step.then == Then::depart ? site_.loop().clock().now() + step.between : kNever;
    net::Task<bool> lingering = pause_until(end);
    co_await std::move(lingering);
    if (step.then == Then::depart) co_return false;
    break;
  }
  world_.settle(exchange_, gone());
  co_return false;
}

// False if the client left, or the provider went down, before that.
net::Task<bool> Connection::pause_until(Instant due) {
  for (;;) {
    if (inbox_.end() || killed_) co_return false;
    net::Task<bool> waiting = wakeup_.wait(due);
    const bool rang = co_await std::move(waiting);
    if (!rang) co_return true;
  }
}

net::Task<bool> Connection::put(std::string_view bytes) {
  const std::array<std::string_view, 1> pieces{bytes};
  const std::span<const std::string_view> all(pieces);
  net::Task<Result<void>> writing = stream_->write(all);
  const Result<void> written = co_await std::move(writing);
  co_return written.has_value();
}

// The bytes of a step, in pieces if the fault says so. The exchange is settled just before the last.
net::Task<bool> Connection::put_step(const Step& step) {
  std::string_view rest = step.bytes;
  const std::size_t piece = step.piece > 0 ? step.piece : rest.size();
  Instant due = site_.loop().clock().now();
  do {
    const std::string_view part = rest.substr(0, piece);
    rest.remove_prefix(part.size());
    exchange_.bytes += part.size();
    if (rest.empty()) {
      settle_for(step.then);
    } else {
      world_.progress(exchange_);
    }
    if (!part.empty()) {
      net::Task<bool> putting = put(part);
      const bool written = co_await std::move(putting);
      if (!written) co_return false;
    }
    if (!rest.empty() && step.between > Duration::zero()) {
      due += step.between;
      net::Task<bool> pausing = pause_until(due);
      const bool still_there = co_await std::move(pausing);
      if (!still_there) co_return false;
    }
  } while (!rest.empty());
  co_return true;
}

net::Task<bool> Connection::tell(Plain plain) {
  std::string bytes;
  HeadBytes head;
  head.status = plain.status;
  head.content_type = plain.content_type;
  head.length = plain.body.size();
  head.close = !keep_alive_;
  const std::vector<http::Field> none;
  write_head(bytes, head, plain.headers, none);
  bytes += plain.body;
  net::Task<bool> putting = put(bytes);
  const bool written = co_await std::move(putting);
  co_return written&& keep_alive_;
}

}  // namespace freeway::farm

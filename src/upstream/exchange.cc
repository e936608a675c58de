#include "upstream/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "upstream/state.h"

namespace freeway::upstream {

namespace {

// Consumed bytes at the front of a body that are worth moving the rest for.
constexpr std::size_t kCompactBytes = 64 * 1024;
// Room that an empty body keeps for what comes next.
constexpr std::size_t kKeptBytes = 32 * 1024;
// Of a spool at a time.
constexpr std::size_t kFetchedBytes = 64 * 1024;

// Where bytes of a spool come to.
struct Fetched {
  explicit Fetched(net::Loop& loop) : arrived(loop) {}
  net::Wakeup arrived;
  std::optional<Result<std::string>> bytes;
};

std::array<std::string_view, 2> behind(std::string_view head, std::string_view body, std::size_t sent) {
  if (sent < head.size()) return {head.substr(sent), body};
  return {std::string_view(), body.substr(sent - head.size())};
}

}  // namespace

Exchange::State::State(std::shared_ptr<Client::State> of, Call&& what, net::Wakeup& rung)
    : client(std::move(of)),
      call(std::move(what)),
      wakeup(&rung),
      departure(client->loop, net::After::batch, [this] { send(); }),
      origin(call.origin.origin()) {
  if (call.proxy) origin += " " + call.proxy->identity();
  if (call.guard) origin += " guarded " + call.guard->identity();
}

void Exchange::State::write_head() {
  request_head.reserve(512);
  http::write_request_line(request_head, call.head.method, call.head.target);
  http::write_field(request_head, "Host", call.origin.host_header());
  bool has_agent = false;
  bool has_coding = false;
  for (const http::Field& field : call.head.fields) {
    if (iequals(field.name, "host") || iequals(field.name, "content-length") || iequals(field.name, "connection") ||
        iequals(field.name, "transfer-encoding")) {
      continue;
    }
    has_agent = has_agent || iequals(field.name, "user-agent");
    has_coding = has_coding || iequals(field.name, "accept-encoding");
    http::write_field(request_head, field.name, field.value);
  }
  if (!has_agent) http::write_field(request_head, "User-Agent", client->options.user_agent);
  if (!has_coding) http::write_field(request_head, "Accept-Encoding", "gzip");
  const std::uint64_t length = call.body.size() + http::length_of(call.pieces);
  if (length > 0 || call.head.method == "POST" || call.head.method == "PUT" || call.head.method == "PATCH") {
    http::write_field(request_head, "Content-Length", fmt::format_int(length).str());
  }
  request_head += "\r\n";
}

void Exchange::State::start() {
  write_head();
  if (auto idle = client->pool.take(origin)) {
    adopt(std::move(idle));
    return;
  }
  net::Task<> connecting = connect(shared_from_this());
  client->loop.spawn(std::move(connecting));
}

net::Task<> Exchange::State::connect(std::shared_ptr<State> self) {
  if (self->wakeup == nullptr) co_return;
  net::Endpoint endpoint;
  endpoint.host = self->call.origin.host;
  endpoint.port = self->call.origin.port;
  endpoint.tls = self->call.origin.tls;
  endpoint.proxy = self->call.proxy;
  endpoint.guard = self->call.guard;
  auto ticket = std::make_shared<net::DialTicket>();
  self->ticket = ticket;
  net::Task<Result<std::unique_ptr<net::Stream>>> dialling =
      self->client->dialer.dial(self->client->loop, std::move(endpoint), self->call.connect_deadline, std::move(ticket));
  Result<std::unique_ptr<net::Stream>> stream = co_await std::move(dialling);
  self->ticket.reset();
  if (self->wakeup == nullptr) co_return;
  if (!stream) {
    self->fail_with(std::move(stream.error()));
    co_return;
  }
  self->adopt(std::make_unique<Connection>(self->client->pool, self->origin, std::move(*stream)));
}

void Exchange::State::adopt(std::unique_ptr<Connection> with) {
  connection = std::move(with);
  connection->attach(this);
  parser.reset(call.head.method == "HEAD");
  sent = false;
  departure.set();
  connection->listen();
}

void Exchange::State::send() {
  if (!connection) return;  // it broke meanwhile
  const auto pieces = behind(request_head, call.body, 0);
  const Result<std::size_t> written = connection->stream().write_now(pieces);
  // Of a broken connection the reading side tells, and it may still hold an answer.
  if (!written) return;
  touched = touched || *written > 0;
  if (*written == request_head.size() + call.body.size() && call.pieces.empty()) {
    all_sent();
    return;
  }
  net::Task<> rest = send_rest(shared_from_this(), *written, retried);
  client->loop.spawn(std::move(rest));
}

net::Task<> Exchange::State::send_rest(std::shared_ptr<State> self, std::size_t already, bool on_retry) {
  // By the time this runs the connection may have broken and another one may have taken its place.
  if (!self->sending(on_retry)) co_return;
  const auto rest = behind(self->request_head, self->call.body, already);
  bool going = true;
  if (already < self->request_head.size() + self->call.body.size()) {
    net::Task<bool> first = send_bytes(self, rest, on_retry);
    going = co_await std::move(first);
  }
  for (std::size_t i = 0; going && i < self->call.pieces.size(); ++i) {
    const http::Piece& piece = self->call.pieces[i];
    std::array<std::string_view, 1> text;
    text[0] = piece.text;
    net::Task<bool> next;
    if (piece.spool) {
      next = send_spooled(self, piece, on_retry);
    } else {
      next = send_bytes(self, text, on_retry);
    }
    going = co_await std::move(next);
  }
  if (going) self->all_sent();
}

net::Task<bool> Exchange::State::send_bytes(std::shared_ptr<State> self, std::span<const std::string_view> pieces,
                                            bool on_retry) {
  net::Task<Result<void>> writing = self->connection->stream().write(pieces);
  const Result<void> written = co_await std::move(writing);
  if (!written || !self->sending(on_retry)) co_return false;
  self->touched = true;
  co_return true;
}

// The next bytes are fetched when the provider has taken the last.
net::Task<bool> Exchange::State::send_spooled(std::shared_ptr<State> self, const http::Piece& piece, bool on_retry) {
  auto fetched = std::make_shared<Fetched>(self->client->loop);
  const std::shared_ptr<const Spool> spool = piece.spool;
  const std::uint64_t end = piece.from + piece.count;
  for (std::uint64_t at = piece.from; at < end;) {
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(end - at, kFetchedBytes));
    Spool::Taken taken = [to = std::weak_ptr<Fetched>(fetched)](Result<std::string> bytes) {
      auto waiting = to.lock();
      if (!waiting) return;
      waiting->bytes = std::move(bytes);
      waiting->arrived.ring();
    };
    fetched->bytes.reset();
    spool->fetch(at, count, std::move(taken));
    while (!fetched->bytes) {
      net::Task<bool> waiting = fetched->arrived.wait(kNever);
      co_await std::move(waiting);
    }
    if (!self->sending(on_retry)) co_return false;
    if (!*fetched->bytes) {
      // Ours to answer for, not the provider's.
      self->fail_with({ErrorKind::exhausted, std::move(fetched->bytes->error().message)});
      co_return false;
    }
    std::array<std::string_view, 1> bytes;
    bytes[0] = **fetched->bytes;
    std::span<const std::string_view> all(bytes);
    net::Task<bool> sending = send_bytes(self, all, on_retry);
    const bool going = co_await std::move(sending);
    if (!going) co_return false;
    at += count;
  }
  co_return true;
}

void Exchange::State::all_sent() {
  sent = true;
  dispatched_at = client->loop.now();
  if (call.dispatched) call.dispatched();
}

void Exchange::State::abandon() {
  wakeup = nullptr;
  if (ticket) ticket->abandon();
  if (!connection) return;
  connection->stream().abort();
  connection.reset();
}

void Exchange::State::on_bytes(std::string_view bytes) {
  answered = true;
  if (head_complete) let_go();
  if (taken > 0 && body.size() + bytes.size() > body.capacity()) compact();
  while (!bytes.empty()) {
    if (!take(bytes)) return;
  }
  go_on_reading();
  ring();
}

bool Exchange::State::take(std::string_view& bytes) {
  const Result<http::Parsed> parsed = parser.feed(bytes, inflater ? compressed : body);
  if (!parsed) {
    const bool large = parsed.error().kind == ErrorKind::too_large;
    fail_with({large ? ErrorKind::too_large : ErrorKind::protocol, parsed.error().message});
    return false;
  }
  bytes.remove_prefix(parsed->consumed);
  if (parsed->head_complete && !head_complete) {
    if (gave_up_waiting()) {
      if (!resend()) fail_with({ErrorKind::closed, "the provider gave a kept connection up while it was asked"});
      return false;
    }
    let_go();
    on_head();
  }
  if (failure || !inflate()) return false;
  if (held().size() > client->options.answer_limit) {
    fail_with({ErrorKind::too_large,
               fmt::format("the answer's body is larger than the limit of {} bytes", client->options.answer_limit)});
    return false;
  }
  if (!parsed->complete) return true;
  finish(!bytes.empty());
  return false;
}

// Nothing will be sent again.
void Exchange::State::let_go() {
  if (sent && !call.body.empty()) std::string().swap(call.body);
  if (sent && !call.pieces.empty()) std::vector<http::Piece>().swap(call.pieces);
}

// What it says crossed the request on its way: it is about the time before, and the connection is as good as closed.
bool Exchange::State::gave_up_waiting() const {
  return parser.head().status == 408 && !parser.keep_alive() && connection->reused && !retried;
}

void Exchange::State::on_head() {
  head_complete = true;
  const auto coding = parser.head().fields.find("content-encoding");
  if (!coding || coding->empty() || iequals(*coding, "identity")) return;
  if (!iequals(*coding, "gzip") && !iequals(*coding, "x-gzip") && !iequals(*coding, "deflate")) {
    fail_with({ErrorKind::protocol, fmt::format("the answer is encoded as \"{}\", which nobody asked for", *coding)});
    return;
  }
  decoded_head = parser.head();
  decoded_head->fields.remove("content-encoding");
  decoded_head->fields.remove("content-length");
  inflater.emplace(UINT64_MAX);  // what is held at once is limited, however long the answer
}

bool Exchange::State::inflate() {
  if (!inflater || compressed.empty()) return true;
  compressed_any = true;
  const Result<void> inflated = inflater->feed(compressed, body);
  compressed.clear();
  if (inflated) return true;
  fail_with({ErrorKind::protocol, inflated.error().message});
  return false;
}

void Exchange::State::finish(bool surplus) {
  if (inflater && compressed_any && !inflater->complete()) {
    fail_with({ErrorKind::closed, "the compressed answer ends too early"});
    return;
  }
  complete = true;
  auto used = std::move(connection);
  if (used && sent && !surplus && parser.keep_alive()) client->pool.put(std::move(used));
  ring();
}

void Exchange::State::on_end(const Error& why) {
  const bool stale = !answered && connection->reused && !retried && why.kind != ErrorKind::timeout;
  if (stale && resend()) return;
  if (why.kind != ErrorKind::closed) {
    const bool broken = why.kind == ErrorKind::io || why.kind == ErrorKind::cancelled;
    fail_with({broken ? ErrorKind::closed : why.kind, why.message});
    return;
  }
  const Result<http::Parsed> parsed = parser.finish();
  if (!parsed) {
    fail_with({ErrorKind::closed, parsed.error().message});
    return;
  }
  connection.reset();
  finish(true);
}

// Over a new connection, if that is allowed: the request got lost on a kept one.
bool Exchange::State::resend() {
  if (dispatched_at && call.may_resend && !call.may_resend()) return false;
  retried = true;
  dispatched_at.reset();
  touched = false;
  answered = false;
  body.clear();
  connection.reset();
  net::Task<> connecting = connect(shared_from_this());
  client->loop.spawn(std::move(connecting));
  return true;
}

void Exchange::State::fail_with(Error why) {
  failure = std::move(why);
  if (connection) {
    connection->stream().abort();
    connection.reset();
  }
  ring();
}

void Exchange::State::go_on_reading() {
  if (!connection) return;
  if (collecting || held().size() < client->options.read_ahead) {
    connection->listen();
  } else {
    connection->rest();
  }
}

void Exchange::State::consume(std::size_t n) {
  taken += n;
  if (taken == body.size()) {
    if (body.capacity() > kKeptBytes) std::string().swap(body);
    body.clear();
    taken = 0;
  } else if (taken >= kCompactBytes) {
    compact();
  }
  go_on_reading();
}

void Exchange::State::compact() {
  body.erase(0, taken);
  taken = 0;
}

void Exchange::State::ring() {
  if (wakeup != nullptr) wakeup->ring();
}

Exchange::Exchange(std::shared_ptr<State> state) : state_(std::move(state)) {}

Exchange::~Exchange() { state_->abandon(); }

std::optional<Instant> Exchange::dispatched_at() const { return state_->dispatched_at; }

bool Exchange::touched() const { return state_->touched; }

const http::ResponseHead* Exchange::head() const {
  if (!state_->head_complete) return nullptr;
  return state_->decoded_head ? &*state_->decoded_head : &state_->parser.head();
}

std::string_view Exchange::body() const { return state_->held(); }

void Exchange::consume(std::size_t n) { state_->consume(n); }

void Exchange::collect() {
  state_->collecting = true;
  state_->go_on_reading();
}

bool Exchange::complete() const { return state_->complete; }

const std::optional<Error>& Exchange::failure() const { return state_->failure; }

}  // namespace freeway::upstream

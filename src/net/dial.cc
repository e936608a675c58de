#include "net/dial.h"

#include <fmt/format.h>

#include "net/connect.h"
#include "net/resolve.h"
#include "net/tls.h"

namespace freeway::net {

struct Dialer::State {
  State(Options given, std::shared_ptr<TlsContext> context)
      : resolver(std::move(given.resolve), given.dns_ttl, given.dns_failure_ttl),
        tls(std::move(context)),
        attempt_delay(given.attempt_delay) {}

  Resolver resolver;
  std::shared_ptr<TlsContext> tls;
  Duration attempt_delay;
};

namespace {

// "[::1]:443"
std::string name_of(const Endpoint& endpoint) {
  const bool brackets = endpoint.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", brackets ? "[" : "", endpoint.host, brackets ? "]" : "", endpoint.port);
}

std::unexpected<Error> cannot_connect(const Endpoint& endpoint, const Error& cause) {
  return fail(cause.kind, fmt::format("cannot connect to {}: {}", name_of(endpoint), cause.message));
}

// Both take back what they lent when the dial ends, whichever way.
struct EndLookup {
  std::shared_ptr<Lookup> lookup;
  ~EndLookup() { lookup->wakeup = nullptr; }
};

struct EndRace {
  std::shared_ptr<Race> race;
  ~EndRace() { race->stop(); }
};

// One wait; fails if there is no reason to go on after it.
Task<Result<void>> next_step(Wakeup& wakeup, Instant deadline, const std::shared_ptr<DialTicket>& ticket) {
  Task<bool> woken = wakeup.wait(deadline);
  const bool rang = co_await std::move(woken);
  if (ticket && ticket->abandoned()) co_return fail(ErrorKind::cancelled, "nobody waits for the connection");
  if (!rang) co_return fail(ErrorKind::timeout, "it took too long");
  co_return Result<void>();
}

}  // namespace

void DialTicket::abandon() {
  abandoned_ = true;
  if (dialling_ != nullptr) dialling_->ring();
}

Dialer::Dialer(std::shared_ptr<State> state) : state_(std::move(state)) {}

Dialer::~Dialer() = default;

Result<std::unique_ptr<Dialer>> Dialer::create(Options options) {
  auto context = TlsContext::create(options.tls);
  if (!context) return std::unexpected(std::move(context.error()));
  auto state = std::make_shared<State>(std::move(options), std::move(*context));
  return std::unique_ptr<Dialer>(new Dialer(std::move(state)));
}

Task<Result<std::unique_ptr<Stream>>> Dialer::dial(Loop& loop, Endpoint endpoint, Instant deadline,
                                                   std::shared_ptr<DialTicket> ticket) {
  struct Borrowed {
    DialTicket* ticket;
    ~Borrowed() {
      if (ticket != nullptr) ticket->dialling_ = nullptr;
    }
  };
  const std::shared_ptr<State> state = state_;
  Wakeup wakeup(loop);
  if (ticket) ticket->dialling_ = &wakeup;
  const Borrowed borrowed(ticket.get());

  const EndReadiness trust(endpoint.tls ? state->tls->load_roots(loop, wakeup) : std::make_shared<Readiness>());
  const EndLookup lookup(state->resolver.look_up(loop, endpoint.host, wakeup));
  while (!lookup.lookup->done) {
    Task<Result<void>> step = next_step(wakeup, deadline, ticket);
    const Result<void> go_on = co_await std::move(step);
    if (!go_on) co_return cannot_connect(endpoint, go_on.error());
  }
  if (!lookup.lookup->answer) co_return cannot_connect(endpoint, lookup.lookup->answer.error());

  const EndRace race(std::make_shared<Race>(loop, *lookup.lookup->answer, endpoint.port, state->attempt_delay));
  race.race->start(wakeup);
  while (!race.race->done() || (endpoint.tls && !trust.readiness->ready)) {
    Task<Result<void>> step = next_step(wakeup, deadline, ticket);
    const Result<void> go_on = co_await std::move(step);
    if (!go_on) co_return cannot_connect(endpoint, go_on.error());
  }
  Result<TcpSocket> socket = race.race->take();
  if (!socket) co_return cannot_connect(endpoint, socket.error());
  if (!endpoint.tls) co_return make_tcp_stream(loop, std::move(*socket), race.race->peer());

  const Result<void> roots = state->tls->roots();
  if (!roots) co_return cannot_connect(endpoint, roots.error());
  auto secure = std::make_shared<TlsState>(loop, std::move(*socket), state->tls, endpoint);
  Task<Result<void>> handshake = shake_hands(secure, wakeup, deadline, ticket);
  const Result<void> shaken = co_await std::move(handshake);
  if (!shaken) {
    close_hard(secure->socket);
    co_return cannot_connect(endpoint, shaken.error());
  }
  co_return make_tls_stream(std::move(secure), race.race->peer());
}

}  // namespace freeway::net

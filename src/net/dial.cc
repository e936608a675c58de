#include "net/dial.h"

#include <fmt/format.h>

#include <algorithm>

#include "net/connect.h"
#include "net/resolve.h"
#include "net/tls.h"
#include "net/tunnel.h"

namespace freeway::net {

struct Dialer::State {
  State(Options given, std::shared_ptr<TlsContext> context)
      : resolver(given.resolve, given.dns_ttl, given.dns_failure_ttl),
        strangers(std::move(given.resolve), given.dns_ttl, given.dns_failure_ttl),
        tls(std::move(context)),
        attempt_delay(given.attempt_delay) {}

  Resolver resolver;
  // Of names that somebody else chose: servers that never answer must not hold up the names of providers.
  Resolver strangers;
  std::shared_ptr<TlsContext> tls;
  Duration attempt_delay;
};

namespace {

std::unexpected<Error> cannot_connect(const Endpoint& endpoint, const Error& cause) {
  const std::string way = endpoint.proxy ? fmt::format(" through the proxy {}", endpoint.proxy->name()) : std::string();
  return fail(cause.kind,
              fmt::format("cannot connect to {}{}: {}", authority(endpoint.host, endpoint.port), way, cause.message));
}

// Before the tunnel stands, or instead of a tunnel the connection itself: a proxy's failure is none of the target's.
std::unexpected<Error> cannot_reach(const Endpoint& endpoint, const Error& cause) {
  if (!endpoint.proxy || cause.kind == ErrorKind::cancelled || cause.kind == ErrorKind::exhausted)
    return cannot_connect(endpoint, cause);
  return cannot_connect(endpoint, Error{ErrorKind::proxy, cause.message});
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

// The address as a value.
Address value_of(const asio::ip::address& address) {
  Address value;
  if (address.is_v6()) {
    value.bytes = address.to_v6().to_bytes();
  } else {
    value.bytes = asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes();
  }
  return value;
}

// The one that a proxy is asked for: which of its networks reach IPv6, nobody here knows.
const asio::ip::address& first_of(const Addresses& addresses) {
  auto found = std::find_if(addresses.begin(), addresses.end(), [](const auto& one) { return one.is_v4(); });
  return found == addresses.end() ? addresses.front() : *found;
}

// Those of a host's addresses that may be connected to. Nothing of them is told: names may be somebody's secret.
Result<Addresses> admitted(const Endpoint& endpoint, const Addresses& found) {
  if (!endpoint.guard) return found;
  if (endpoint.guard->trusts(endpoint.host)) return found;
  Addresses good;
  for (const auto& address : found) {
    if (endpoint.guard->allows(value_of(address), endpoint.port)) good.push_back(address);
  }
  if (!good.empty()) return good;
  return fail(ErrorKind::denied, "only public addresses at the ports 80 and 443, and those allowed, may be connected to");
}

// One wait; fails if there is no reason to go on after it.
Task<Result<void>> next_step(Wakeup& wakeup, Instant deadline, const std::shared_ptr<DialTicket>& ticket) {
  Task<bool> woken = wakeup.wait(deadline);
  const bool rang = co_await std::move(woken);
  if (ticket && ticket->abandoned()) co_return fail(ErrorKind::cancelled, "nobody waits for the connection");
  if (!rang) co_return fail(ErrorKind::timeout, "it took too long");
  co_return Result<void>();
}

Task<Result<Addresses>> addresses_of(std::shared_ptr<Lookup> asked, Wakeup& wakeup, Instant deadline,
                                     std::shared_ptr<DialTicket> ticket) {
  const EndLookup lookup(asked);
  while (!asked->done) {
    Task<Result<void>> step = next_step(wakeup, deadline, ticket);
    const Result<void> go_on = co_await std::move(step);
    if (!go_on) co_return std::unexpected(go_on.error());
  }
  co_return asked->answer;
}

// Where to connect to, and whom to ask a proxy for.
struct Way {
  Addresses addresses;
  std::string target;
};

// `strangers`: of names that a guard has to judge.
Task<Result<Way>> find_way(Resolver& strangers, Resolver& ours, Loop& loop, const Endpoint& endpoint, Wakeup& wakeup,
                           Instant deadline, std::shared_ptr<DialTicket> ticket) {
  Way way;
  way.target = endpoint.host;
  // With a proxy, the target's name is the proxy's to resolve; but what it would resolve to, no guard could judge.
  const bool judged = endpoint.guard && !(endpoint.proxy && endpoint.guard->trusts(endpoint.host));
  if (judged || !endpoint.proxy) {
    Resolver& resolver = endpoint.guard ? strangers : ours;
    auto asked = resolver.look_up(loop, endpoint.host, wakeup);
    Task<Result<Addresses>> finding = addresses_of(std::move(asked), wakeup, deadline, ticket);
    const Result<Addresses> found = co_await std::move(finding);
    if (!found) co_return cannot_connect(endpoint, found.error());
    // The very addresses that were judged are connected to; the name is not asked for again.
    Result<Addresses> good = admitted(endpoint, *found);
    if (!good) co_return cannot_connect(endpoint, good.error());
    way.addresses = std::move(*good);
  }
  if (!endpoint.proxy) co_return way;
  if (judged) way.target = first_of(way.addresses).to_string();
  auto asked = ours.look_up(loop, endpoint.proxy->host, wakeup);
  Task<Result<Addresses>> finding = addresses_of(std::move(asked), wakeup, deadline, ticket);
  Result<Addresses> found = co_await std::move(finding);
  if (!found) co_return cannot_reach(endpoint, found.error());
  way.addresses = std::move(*found);
  co_return way;
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
  Task<Result<Way>> finding = find_way(state->strangers, state->resolver, loop, endpoint, wakeup, deadline, ticket);
  const Result<Way> way = co_await std::move(finding);
  if (!way) co_return std::unexpected(way.error());
  const std::uint16_t port = endpoint.proxy ? endpoint.proxy->port : endpoint.port;

  const EndRace race(std::make_shared<Race>(loop, way->addresses, port, state->attempt_delay));
  race.race->start(wakeup);
  while (!race.race->done()) {
    Task<Result<void>> step = next_step(wakeup, deadline, ticket);
    const Result<void> go_on = co_await std::move(step);
    if (!go_on) co_return cannot_reach(endpoint, go_on.error());
  }
  Result<TcpSocket> socket = race.race->take();
  if (!socket) co_return cannot_reach(endpoint, socket.error());
  if (endpoint.proxy) {
    Endpoint target = endpoint;
    target.host = way->target;
    Task<Result<void>> opening = open_tunnel(loop, *socket, target, wakeup, deadline, ticket);
    const Result<void> open = co_await std::move(opening);
    if (!open) {
      close_hard(*socket);
      co_return cannot_reach(endpoint, open.error());
    }
  }
  if (!endpoint.tls) co_return make_tcp_stream(loop, Descriptor(socket->release()), race.race->peer());

  while (!trust.readiness->ready) {
    Task<Result<void>> step = next_step(wakeup, deadline, ticket);
    const Result<void> go_on = co_await std::move(step);
    if (!go_on) co_return cannot_connect(endpoint, go_on.error());
  }
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

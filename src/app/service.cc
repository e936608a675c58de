#include "app/service.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "api/gateway.h"
#include "base/published.h"
#include "upstream/client.h"

namespace freeway::app {

namespace {

upstream::Options upstream_options() {
  upstream::Options options;
  options.user_agent = "freeway/" FREEWAY_VERSION;
  return options;
}

// What one loop owns.
struct Lane {
  Lane(net::Loop& on, net::Dialer& dialer, api::Gate gate, server::Options options)
      : loop(on), client(on, dialer, upstream_options()), gateway(on, client, gate), server(on, gateway, options) {}

  net::Loop& loop;
  upstream::Client client;
  api::Gateway gateway;
  server::Server server;
  std::unique_ptr<net::Listener> listener;
};

std::size_t thread_count(const Config& config) {
  if (config.server.threads > 0) return config.server.threads;
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

struct Service::State {
  State(const Config& config, const Clock& the_clock, Random& the_random)
      : clock(the_clock),
        random(the_random),
        ledger(ledger::Ledger::Options{}),
        benches(router::Benches::Options{}),
        sessions(session_options(config)),
        waiting_room(config.relay.queue_length),
        runtime(thread_count(config), the_clock) {
    ledger.on_release([this] { waiting_room.opened(); });
  }

  static router::Sessions::Options session_options(const Config& config) {
    router::Sessions::Options options;
    options.ttl = config.session_ttl;
    return options;
  }

  relay::Services services() { return {clock, ledger, benches, sessions, waiting_room, answer_sizes}; }

  Result<std::shared_ptr<const api::Settings>> make_settings(const Config& config) {
    auto catalog = catalog::Catalog::build(config.providers);
    if (!catalog) return std::unexpected(catalog.error());
    auto routing = std::make_shared<router::Snapshot>();
    routing->catalog = std::make_shared<catalog::Catalog>(std::move(*catalog));
    routing->bindings = ledger.bind(*routing->catalog);
    routing->policy = config.policy;
    routing->preference = std::make_shared<router::Preference>(router::prefer(*routing->catalog, routing->policy));
    auto next = std::make_shared<api::Settings>();
    next->routing = std::move(routing);
    next->client_keys = config.client_keys;
    next->relay = config.relay;
    next->body_limit = config.server.body_limit;
    next->hosts = config.server.allowed_hosts;
    next->hosts.push_back(host);
    next->cors_origins = config.server.cors_origins;
    return next;
  }

  const Clock& clock;
  Random& random;
  ledger::Ledger ledger;
  router::Benches benches;
  router::Sessions sessions;
  relay::WaitingRoom waiting_room;
  relay::AnswerSizes answer_sizes;
  api::ClientLimits limits;
  std::string host;
  Published<api::Settings> settings;
  std::atomic<bool> draining{false};
  std::unique_ptr<net::Dialer> dialer;
  net::Runtime runtime;
  std::vector<std::unique_ptr<Lane>> lanes;
  bool started = false;
};

Service::Service(std::unique_ptr<State> state) : state_(std::move(state)) {}

Service::~Service() { stop(Duration::zero()); }

net::Runtime& Service::runtime() { return state_->runtime; }

Result<std::unique_ptr<Service>> Service::create(const Config& config, const net::ListenAddress& listen, const Clock& clock,
                                                 Random& random) {
  auto state = std::make_unique<State>(config, clock, random);
  state->host = listen.host;
  auto dialer = net::Dialer::create(net::Dialer::Options{});
  if (!dialer) return std::unexpected(dialer.error());
  state->dialer = std::move(*dialer);
  auto settings = state->make_settings(config);
  if (!settings) return std::unexpected(settings.error());
  state->settings.store(std::move(*settings));

  server::Options options;
  options.body_bytes = config.server.body_limit;
  net::ListenAddress address = listen;
  for (std::size_t i = 0; i < state->runtime.size(); ++i) {
    api::Gate gate{state->settings, state->services(), state->limits, state->random, state->draining};
    auto lane = std::make_unique<Lane>(state->runtime.loop(i), *state->dialer, gate, options);
    Lane* at = lane.get();
    auto accept = [at](std::unique_ptr<net::Stream> stream) { at->server.accept(std::move(stream)); };
    auto listener = net::Listener::open(at->loop, address, std::move(accept), i > 0);
    if (!listener) return std::unexpected(listener.error());
    at->listener = std::move(*listener);
    address.port = at->listener->port();
    state->lanes.push_back(std::move(lane));
  }
  return std::unique_ptr<Service>(new Service(std::move(state)));
}

void Service::start() {
  state_->started = true;
  state_->runtime.start();
}

std::uint16_t Service::port() const { return state_->lanes.front()->listener->port(); }

Result<void> Service::reload(const Config& config) {
  auto settings = state_->make_settings(config);
  if (!settings) return std::unexpected(settings.error());
  state_->settings.store(std::move(*settings));
  state_->waiting_room.opened();
  return {};
}

std::size_t Service::stop(Duration drain) {
  if (!state_ || !state_->started) return 0;
  state_->started = false;
  state_->draining = true;
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t open = state_->lanes.size();
  for (auto& lane : state_->lanes) {
    Lane* at = lane.get();
    at->loop.post([at, &mutex, &changed, &open] {
      at->listener->close();
      at->server.drain([&mutex, &changed, &open] {
        std::lock_guard lock(mutex);
        --open;
        changed.notify_one();
      });
    });
  }
  std::unique_lock lock(mutex);
  std::size_t forced = 0;
  if (!changed.wait_for(lock, drain, [&] { return open == 0; })) {
    lock.unlock();
    for (auto& lane : state_->lanes) {
      std::promise<std::size_t> closed;
      Lane* at = lane.get();
      at->loop.post([at, &closed] {
        std::size_t left = at->server.connections();
        at->server.close_all();
        closed.set_value(left);
      });
      forced += closed.get_future().get();
    }
    lock.lock();
    changed.wait(lock, [&] { return open == 0; });
  }
  lock.unlock();
  state_->runtime.stop();
  state_->runtime.join();
  return forced;
}

}  // namespace freeway::app

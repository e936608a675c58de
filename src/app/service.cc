#include "app/service.h"

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <thread>

#include "api/gateway.h"
#include "app/key_health.h"
#include "app/process.h"
#include "app/ranker.h"
#include "base/log.h"
#include "base/published.h"
#include "journal/journal.h"
#include "net/unix.h"
#include "upstream/client.h"

namespace freeway::app {

namespace {

// How long clients have to take the news that the server ends.
constexpr Duration kLastWords = std::chrono::seconds(3);
// For a provider to say what it thinks of a key.
constexpr Duration kKeyPatience = std::chrono::seconds(5);

upstream::Options upstream_options() {
  upstream::Options options;
  options.user_agent = "freeway/" FREEWAY_VERSION;
  return options;
}

// What one loop owns.
struct Lane {
  Lane(net::Loop& on, std::size_t index, net::Dialer& dialer, const api::Gate& gate, server::Options options)
      : loop(on), client(on, dialer, upstream_options()), gateway(on, client, gate, index), server(on, gateway, options) {}

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
        session_ttl(config.session_ttl),
        ledger(ledger::Ledger::Options{}),
        benches(router::Benches::Options{}),
        sessions(session_options(config.session_ttl)),
        waiting_room(config.relay.queue_length),
        office(thread_count(config)),
        runtime(thread_count(config), the_clock) {
    ledger.on_release([this] { waiting_room.opened(); });
    office.secrets = &configured;
    office.desk = &desk;
    office.errands = &errands;
    office.guard = &guard;
    office.family_guard = &family_guard;
    office.vitals.version = FREEWAY_VERSION;
    office.vitals.started = clock.now();
    office.vitals.started_wall = clock.wall();
    office.vitals.memory = resident_memory;
    office.vitals.connections = [this] {
      std::size_t open = 0;
      for (const auto& lane : lanes) open += lane->server.connections();
      return open;
    };
  }

  static router::Sessions::Options session_options(Duration ttl) {
    router::Sessions::Options options;
    options.ttl = ttl;
    return options;
  }

  // Pools, benches and sessions go on from what the file says, and are kept in it.
  void remember(const std::string& path) {
    using journal::Journal;
    std::vector<Journal::Make> makes = {[] { return ledger::Ledger::replica(ledger::Ledger::Options{}); },
                                        [] { return router::Benches::replica(); },
                                        [this] { return router::Sessions::replica(session_options(session_ttl)); }};
    Journal::Options options;
    options.path = path;
    journal = std::make_unique<Journal>(std::move(options), std::move(makes), journal::Moment{clock.now(), clock.wall()});
    auto told = journal->take();
    ledger.remember(*journal, *told[0]);
    benches.remember(*journal, *told[1]);
    sessions.remember(*journal, *told[2]);
  }

  relay::Services services() {
    return {clock, ledger, benches, sessions, waiting_room, token_counts, measures, hedges, signatures, stream_space};
  }

  Result<std::shared_ptr<const api::Settings>> make_settings(const Config& config) {
    auto catalog = catalog::Catalog::build(config.providers);
    if (!catalog) return std::unexpected(catalog.error());
    auto routing = std::make_shared<router::Snapshot>();
    routing->catalog = std::make_shared<catalog::Catalog>(std::move(*catalog));
    routing->bindings = ledger.bind(*routing->catalog);
    routing->policy = config.policy;
    routing->rankings =
        std::make_shared<router::Rankings>(routing->catalog, routing->policy, measures, measures.bind(*routing->catalog));
    routing->rankings->refresh(ledger, *routing->bindings, {clock.now(), clock.wall()});
    auto next = std::make_shared<api::Settings>();
    next->routing = std::move(routing);
    next->client_keys = config.client_keys;
    next->relay = config.relay;
    next->body_limit = config.server.body_limit;
    next->upload_limit = config.server.upload_limit;
    next->hosts = config.server.allowed_hosts;
    next->hosts.push_back(host);
    next->cors_origins = config.server.cors_origins;
    next->admin_token = config.server.admin_token;
    for (const auto& one : config.server.trusted_proxies) {
      auto network = net::Network::parse(one);
      if (!network) return std::unexpected(network.error());
      next->trusted_proxies.push_back(*network);
    }
    next->hash = config_hash(config);
    next->loaded = clock.wall();
    configured.store(secrets_of(config));
    spools->set_space(config.server.upload_space);
    stream_space.set_most(config.server.stream_space);
    dialect::responses::Store::Options responses;
    responses.keep_for = std::chrono::duration_cast<std::chrono::seconds>(config.responses.keep_for).count();
    responses.max_bytes = config.responses.max_bytes;
    office.responses.configure(responses);
    return next;
  }

  const Clock& clock;
  Random& random;
  std::atomic<Duration> session_ttl;          // the journal's thread reads it
  std::unique_ptr<journal::Journal> journal;  // outlives what writes to it
  ledger::Ledger ledger;
  router::Benches benches;
  router::Sessions sessions;
  router::Measures measures;
  relay::WaitingRoom waiting_room;
  relay::TokenCounts token_counts;
  relay::HedgeBudget hedges;
  chat::Signatures signatures;
  Budget stream_space{0};  // as configured
  api::ClientLimits limits;
  api::Office office;
  Published<SecretSet> configured;  // secrets, for who has no vault
  std::string host;
  Published<api::Settings> settings;
  std::atomic<bool> draining{false};
  std::unique_ptr<net::Dialer> dialer;
  net::Runtime runtime;
  std::vector<std::unique_ptr<Lane>> lanes;
  std::unique_ptr<net::UnixListener> local;  // on the first lane's loop
  // They end before the loops that they post to.
  store::Worker desk{store::Worker::Options{2, 256}};
  store::Worker errands{store::Worker::Options{2, 64}};
  store::Worker guard{store::Worker::Options{1, 32}};
  store::Worker family_guard{store::Worker::Options{1, 32}};
  std::unique_ptr<store::Spools> spools;
  bool started = false;
  std::unique_ptr<Ranker> ranker;
  std::unique_ptr<KeyHealth> key_health;
};

Service::Service(std::unique_ptr<State> state) : state_(std::move(state)) {}

Service::~Service() { stop(Duration::zero()); }

net::Runtime& Service::runtime() { return state_->runtime; }

api::Office& Service::office() { return state_->office; }

void Service::tell_journal(api::admin::Condition& condition) const {
  if (!state_->journal) return;
  bool well = state_->journal->on_disk();
  condition.journal = well ? "ok" : "the disk refuses it, so what is counted now does not outlive the process";
  condition.journal_bytes = state_->journal->size() * sizeof(std::uint64_t);
}

Result<std::unique_ptr<Service>> Service::create(const Config& config, const net::ListenAddress& listen, const Clock& clock,
                                                 Random& random, const std::string& journal, const std::string& uploads) {
  auto state = std::make_unique<State>(config, clock, random);
  store::Spools::Options spooling;
  spooling.folder = uploads.empty() ? std::filesystem::temp_directory_path().string() : uploads;
  state->spools = std::make_unique<store::Spools>(std::move(spooling));
  state->office.spools = state->spools.get();
  if (!journal.empty()) state->remember(journal);
  state->host = listen.host;
  auto dialer = net::Dialer::create(net::Dialer::Options{});
  if (!dialer) return std::unexpected(dialer.error());
  state->dialer = std::move(*dialer);
  auto settings = state->make_settings(config);
  if (!settings) return std::unexpected(settings.error());
  state->settings.store(std::move(*settings));
  auto ask = [&clock](const catalog::Provider& provider, const catalog::Key& key) {
    return probe_key_now(provider, key, clock, kKeyPatience);
  };
  auto secrets = [at = state.get()] { return at->office.secrets->load(); };
  state->key_health = std::make_unique<KeyHealth>(state->settings, state->benches, clock, std::move(ask), std::move(secrets),
                                                  config.check_keys);

  server::Options options;
  net::ListenAddress address = listen;
  for (std::size_t i = 0; i < state->runtime.size(); ++i) {
    api::Gate gate{state->settings, state->services(), state->limits, state->random, state->draining, state->office};
    auto lane = std::make_unique<Lane>(state->runtime.loop(i), i, *state->dialer, gate, options);
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

Result<void> Service::listen_locally(const std::string& path) {
  Lane* first = state_->lanes.front().get();
  auto accept = [first](std::unique_ptr<net::Stream> stream) { first->server.accept(std::move(stream)); };
  auto listener = net::UnixListener::open(first->loop, path, std::move(accept));
  if (!listener) return std::unexpected(listener.error());
  state_->local = std::move(*listener);
  return {};
}

bool Service::responsive(Duration limit) {
  struct Answers {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t missing = 0;
  };
  auto answers = std::make_shared<Answers>();  // loops may answer when nobody waits any more
  answers->missing = state_->lanes.size();
  for (auto& lane : state_->lanes) {
    lane->loop.post([answers] {
      std::lock_guard lock(answers->mutex);
      --answers->missing;
      answers->changed.notify_one();
    });
  }
  std::unique_lock lock(answers->mutex);
  return answers->changed.wait_for(lock, limit, [&] { return answers->missing == 0; });
}

void Service::start() {
  state_->started = true;
  state_->ranker = std::make_unique<Ranker>(state_->settings, state_->ledger, state_->measures, state_->clock);
  state_->key_health->start();
  state_->runtime.start();
}

std::uint16_t Service::port() const { return state_->lanes.front()->listener->port(); }

Result<void> Service::reload(const Config& config) {
  auto settings = state_->make_settings(config);
  if (!settings) return std::unexpected(settings.error());
  state_->settings.store(std::move(*settings));
  state_->key_health->set_every(config.check_keys);
  state_->session_ttl = config.session_ttl;
  state_->sessions.set_ttl(config.session_ttl);
  state_->waiting_room.changed();
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
    at->loop.post([this, at, &mutex, &changed, &open] {
      at->listener->close();
      if (at == state_->lanes.front().get() && state_->local) state_->local->close();
      at->server.drain([&mutex, &changed, &open] {
        std::lock_guard lock(mutex);
        --open;
        changed.notify_one();
      });
    });
  }
  std::unique_lock lock(mutex);
  auto over = [&open] { return open == 0; };
  std::size_t forced = 0;
  bool drained = changed.wait_for(lock, drain, over);
  if (!drained && drain > Duration::zero()) {
    for (auto& lane : state_->lanes) {
      Lane* at = lane.get();
      at->loop.post([at] { at->server.hurry(); });
    }
    drained = changed.wait_for(lock, kLastWords, over);
  }
  if (!drained) {
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
    changed.wait(lock, over);
  }
  // Jobs of requests that ended last are being called off.
  open = state_->lanes.size();
  for (auto& lane : state_->lanes) {
    Lane* at = lane.get();
    at->loop.post([at, &mutex, &changed, &open] {
      at->client.settle([&mutex, &changed, &open] {
        std::lock_guard settling(mutex);
        --open;
        changed.notify_one();
      });
    });
  }
  changed.wait_for(lock, kLastWords, over);
  lock.unlock();
  state_->runtime.stop();
  state_->runtime.join();
  state_->key_health.reset();
  return forced;
}

}  // namespace freeway::app

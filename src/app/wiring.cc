#include "app/wiring.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#include "app/config.h"
#include "app/data_directory.h"
#include "app/greeting.h"
#include "app/service.h"
#include "base/log.h"
#include "crypto/digest.h"

namespace freeway::app {

namespace {

constexpr Duration kDrainTime = std::chrono::seconds(30);

int complain(const Error& error) {
  std::fprintf(stderr, "freeway: %s\n", error.message.c_str());
  return 1;
}

// Blocked in every thread, so that the main thread alone takes them, by waiting.
sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

// A stream takes two descriptors, and many systems allow no more than 1,024 unless asked.
void allow_many_connections() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Adds the key that freeway made for itself, where the configuration names none. A key made just now is printed before
// anything else can go wrong: only its digest is kept.
Result<void> add_generated_key(Config& config, const DataDirectory& data) {
  if (!config.client_keys.empty()) return {};
  auto generated = data.client_key();
  if (!generated) return std::unexpected(generated.error());
  config.client_keys.push_back(generated->client);
  if (!generated->fresh) return {};
  std::fputs(fresh_key_text(*generated->fresh, data.path()).c_str(), stdout);
  if (std::fflush(stdout) == 0) return {};
  return fail(ErrorKind::io,
              fmt::format("the new client key could not be printed and nobody knows it; delete {}/client_keys.json "
                          "and start again",
                          data.path()));
}

// What stays as it was at the start is said, so that nobody waits for it.
void warn_of_fixed(const Config& config, const ServerConfig& started) {
  if (config.server.threads != started.threads) log::warn("server.threads applies from the next start");
  if (config.server.body_limit != started.body_limit) log::warn("server.body_limit applies from the next start");
}

void reload(Service& service, const ServeOptions& options, const ServerConfig& started, const Outside& outside,
            const DataDirectory& data) {
  Loaded loaded = load_config(options.config_path, options.config_path_explicit, outside);
  print_mistakes(loaded.mistakes);
  if (!loaded.config) {
    log::error("{} has mistakes; the running configuration stays in place", options.config_path);
    return;
  }
  auto done = add_generated_key(*loaded.config, data);
  if (done) done = service.reload(*loaded.config);
  if (done) {
    log::info("reloaded {}", options.config_path);
    warn_of_fixed(*loaded.config, started);
  } else {
    log::error("{}; the running configuration stays in place", done.error().message);
  }
}

std::uint64_t seed() {
  std::uint64_t value = 0;
  for (char c : crypto::random_token(11)) value = value * 62 + static_cast<unsigned char>(c);
  return value;
}

}  // namespace

int serve(const ServeOptions& options) {
  signal(SIGPIPE, SIG_IGN);
  allow_many_connections();
  sigset_t signals = watched_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  log::configure(log::Level::info, isatty(STDERR_FILENO) == 0);
  Outside outside = real_outside();
  Loaded loaded = load_config(options.config_path, options.config_path_explicit, outside);
  print_mistakes(loaded.mistakes);
  if (!loaded.config) return 1;
  Config config = std::move(*loaded.config);
  if (options.listen) config.server.listen = *options.listen;

  auto data = DataDirectory::open(options.data_directory);
  if (!data) return complain(data.error());
  bool generated = config.client_keys.empty();
  auto keyed = add_generated_key(config, *data);
  if (!keyed) return complain(keyed.error());
  auto address = net::ListenAddress::parse(config.server.listen);
  if (!address) return complain(address.error());

  SystemClock clock;
  SeededRandom random(seed());
  auto service = Service::create(config, *address, clock, random);
  if (!service) return complain(service.error());
  (*service)->start();

  GreetingFacts facts;
  std::string host = address->host.find(':') == std::string::npos ? address->host : "[" + address->host + "]";
  facts.address = fmt::format("{}:{}", host, (*service)->port());
  facts.config_path = options.config_path;
  facts.data_directory = data->path();
  facts.generated_key = generated;
  if (isatty(STDERR_FILENO)) {
    std::fputs(greeting(config, facts).c_str(), stderr);
  } else {
    log::info("freeway listens on http://{}", facts.address);
    if (!is_loopback(facts.address)) log::warn("{} can be reached by other machines, without TLS", facts.address);
  }

  for (;;) {
    int got = 0;
    sigwait(&signals, &got);
    if (got != SIGHUP) break;
    reload(**service, options, config.server, outside, *data);
  }
  log::info("draining: open answers may finish for {} s", kDrainTime / std::chrono::seconds(1));
  // A second signal ends at once.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  std::size_t forced = (*service)->stop(kDrainTime);
  if (forced > 0) log::warn("{} connections were closed before their answers ended", forced);
  return 0;
}

}  // namespace freeway::app

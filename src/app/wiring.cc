#include "app/wiring.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#include "app/config.h"
#include "app/control_client.h"
#include "app/greeting.h"
#include "app/notify.h"
#include "app/running.h"
#include "app/service.h"
#include "base/log.h"
#include "crypto/digest.h"

namespace freeway::app {

namespace {

constexpr Duration kDrainTime = std::chrono::seconds(30);

// JSON unless a person reads it. The level is FREEWAY_LOG_LEVEL's.
void start_log(const Outside& outside) {
  log::Options options;
  options.json = isatty(STDERR_FILENO) == 0;
  options.colours = outside.variable("NO_COLOR").value_or("").empty();
  auto wanted = outside.variable("FREEWAY_LOG_LEVEL");
  auto level = log::parse_level(wanted.value_or("info"));
  options.level = level.value_or(log::Level::info);
  log::configure(options);
  if (!level) log::warn("FREEWAY_LOG_LEVEL is no level; expected debug, info, warn, error or off");
}

// Waits for the next one, with signs of life to the service manager meanwhile.
int next_signal(const sigset_t& signals, Service& service, Notify& notify) {
  auto period = notify.watchdog();
  for (int got = 0; !period;) {
    if (sigwait(&signals, &got) == 0) return got;
  }
  auto seconds = std::chrono::floor<std::chrono::seconds>(*period);
  timespec wait{};
  wait.tv_sec = seconds.count();
  wait.tv_nsec = std::chrono::nanoseconds(*period - seconds).count();
  for (;;) {
    int got = sigtimedwait(&signals, nullptr, &wait);
    if (got > 0) return got;
    if (service.responsive(*period)) {
      notify.alive();
    } else {
      log::error("a loop does not answer");
    }
  }
}

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

  Outside outside = real_outside();
  start_log(outside);
  SystemClock clock;
  SeededRandom random(seed());
  auto running = Running::open(options, outside, clock);
  if (!running) return complain(running.error());
  const Config& config = (*running)->config();
  auto address = net::ListenAddress::parse(config.server.listen);
  if (!address) return complain(address.error());
  const std::string& data = (*running)->data_directory();
  auto service = Service::create(config, *address, clock, random, data + "/journal", data);
  if (!service) return complain(service.error());
  (*running)->attach(**service);
  // Under the data directory's lock, so a socket that is left there is nobody's.
  auto local = (*service)->listen_locally(control_socket((*running)->data_directory()));
  if (!local) log::warn("commands cannot reach this server: {}", local.error().message);
  (*service)->start();

  std::string host = address->host.find(':') == std::string::npos ? address->host : "[" + address->host + "]";
  GreetingFacts facts = (*running)->greeting_facts(fmt::format("{}:{}", host, (*service)->port()));
  if (isatty(STDERR_FILENO) != 0) {
    std::fputs(greeting(config, facts).c_str(), stderr);
  } else {
    log::info("freeway listens on http://{}", facts.address);
    for (const std::string& note : start_notes(config, facts)) log::announce(log::Level::warn, note);
  }

  Notify notify(outside);
  std::string standing = fmt::format("listens on {}", facts.address);
  notify.ready(standing);
  while (next_signal(signals, **service, notify) == SIGHUP) {
    notify.reloading();
    (*running)->reload();
    notify.ready(standing);
  }
  notify.stopping();
  log::info("draining: open answers may finish for {} s", kDrainTime / std::chrono::seconds(1));
  // A second signal ends at once.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  std::size_t forced = (*service)->stop(kDrainTime);
  if (forced > 0) log::warn("{} connections were closed before their answers ended", forced);
  return 0;
}

}  // namespace freeway::app

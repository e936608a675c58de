// freeway-farm: plays the providers of a scenario on one port.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "base/log.h"
#include "farm/hub.h"

namespace {

using namespace freeway;

void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int complain(const std::string& text, int code) {
  fmt::print(stderr, "freeway-farm: {}\n", text);
  return code;
}

// SIGTERM and SIGINT are taken by `wait_for_end` alone, on the first thread.
sigset_t hold_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return set;
}

Result<farm::Scenario> read_scenario(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(ErrorKind::not_found, fmt::format("cannot read {}", file));
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  return farm::parse_scenario(text, file);
}

int run(farm::Scenario scenario, const net::ListenAddress& address, std::optional<std::uint64_t> seed, std::size_t threads) {
  const auto signals = hold_signals();
  raise_file_limit();
  const SystemClock clock;
  farm::World world(clock, std::move(scenario), seed);
  farm::Hub hub(world);
  net::Runtime runtime(threads, clock);
  if (auto opened = hub.open(runtime, address); !opened) {
    hub.close();
    return complain(opened.error().message, 1);
  }
  runtime.start();
  fmt::print("{}\n", hub.addresses());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  runtime.stop();
  runtime.join();
  hub.close();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Simulates OpenAI-shaped providers from a scenario file; see farm/README.md", "freeway-farm");
  std::string file;
  std::string listen = "127.0.0.1:0";
  std::optional<std::uint64_t> seed;
  std::size_t threads = 1;
  bool only_check = false;
  app.add_option("--scenario", file, "TOML file that names the providers")->required();
  app.add_option("--listen", listen, "address and port; port 0 lets the system choose")->capture_default_str();
  app.add_option("--seed", seed, "overrides the scenario's seed");
  app.add_option("--threads", threads, "event loops")->capture_default_str()->check(CLI::Range(1, 64));
  app.add_flag("--check", only_check, "says what is wrong with the scenario, and ends");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  freeway::log::configure(freeway::log::Level::warn, false);
  const auto address = freeway::net::ListenAddress::parse(listen);
  if (!address) return complain(address.error().message, 2);
  auto scenario = read_scenario(file);
  if (!scenario) return complain(scenario.error().message, 1);
  return only_check ? 0 : run(std::move(*scenario), *address, seed, threads);
}

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "app/doctor.h"
#include "app/holdings.h"
#include "base/duration.h"
#include "http/url.h"
#include "net/dial.h"
#include "net/listen.h"
#include "upstream/client.h"

namespace freeway::app {

namespace {

constexpr Duration kPatience = std::chrono::seconds(5);

void look_at_file(const std::string& path, MachineFacts& facts) {
  struct stat seen{};
  if (::stat(path.c_str(), &seen) != 0) return;
  facts.files.push_back({path, seen.st_mode & 07777U, seen.st_uid == ::geteuid()});
}

// One dial or one question at a time, on a loop that lives for it.
struct Look {
  Look(net::Loop& on, net::Dialer& with) : loop(on), dialer(with) {}
  net::Loop& loop;
  net::Dialer& dialer;
  std::string trouble;
  std::optional<WallTime> told;
};

net::Task<> try_proxy(Look& look, std::string host, std::uint16_t port) {
  net::Endpoint endpoint;
  endpoint.host = std::move(host);
  endpoint.port = port;
  Instant until = look.loop.now() + kPatience;
  std::shared_ptr<net::DialTicket> ticket;
  net::Task<Result<std::unique_ptr<net::Stream>>> dialling =
      look.dialer.dial(look.loop, std::move(endpoint), until, std::move(ticket));
  Result<std::unique_ptr<net::Stream>> stream = co_await std::move(dialling);
  if (!stream) look.trouble = stream.error().message;
  stream = std::unexpected(Error{});
  look.loop.stop();
}

net::Task<> ask_time(Look& look, http::Url url, std::shared_ptr<const net::ProxyAddress> proxy) {
  {
    upstream::Client client(look.loop, look.dialer, upstream::Options{});
    upstream::Call call;
    call.head.method = "HEAD";
    call.head.target = url.path.empty() ? "/" : url.path;
    call.origin = std::move(url);
    call.proxy = std::move(proxy);
    Instant until = look.loop.now() + kPatience;
    call.connect_deadline = until;
    net::Wakeup wakeup(look.loop);
    std::unique_ptr<upstream::Exchange> exchange = client.start(std::move(call), wakeup);
    while (exchange->head() == nullptr && !exchange->failure()) {
      net::Task<bool> waiting = wakeup.wait(until);
      bool rang = co_await std::move(waiting);
      if (!rang) break;
    }
    if (exchange->head() != nullptr) {
      std::optional<std::string_view> date = exchange->head()->fields.find("date");
      if (date) look.told = parse_http_date(*date);
    }
  }
  look.loop.stop();
}

void look_at_proxies(const Situation& situation, const Clock& clock, MachineFacts& facts) {
  std::set<std::string> seen;
  for (const catalog::Provider& provider : situation.config.providers) {
    std::vector<std::string> proxies = {provider.proxy};
    for (const catalog::Key& key : provider.keys) proxies.push_back(key.proxy);
    for (const std::string& text : proxies) {
      if (text.empty()) continue;
      auto proxy = net::ProxyAddress::parse(text);
      if (!proxy || !seen.insert(proxy->name()).second) continue;
      auto dialer = net::Dialer::create(net::Dialer::Options{});
      if (!dialer) return;
      net::Loop loop(clock);
      Look look(loop, **dialer);
      net::Task<> task = try_proxy(look, proxy->host, proxy->port);
      loop.spawn(std::move(task));
      loop.run();
      if (!look.trouble.empty())
        facts.unreachable_proxies.push_back(fmt::format("{} does not answer: {}", proxy->name(), look.trouble));
    }
  }
}

// Of the first provider in use that answers with its time; two are asked at most.
void look_at_clock(const Situation& situation, const Clock& clock, MachineFacts& facts) {
  int asked = 0;
  for (const catalog::Provider& provider : situation.config.providers) {
    auto url = http::Url::parse(provider.base_url);
    if (!url || asked == 2) continue;
    ++asked;
    std::shared_ptr<const net::ProxyAddress> proxy;
    if (!provider.proxy.empty()) {
      auto parsed = net::ProxyAddress::parse(provider.proxy);
      if (!parsed) continue;
      proxy = std::make_shared<const net::ProxyAddress>(std::move(*parsed));
    }
    auto dialer = net::Dialer::create(net::Dialer::Options{});
    if (!dialer) return;
    net::Loop loop(clock);
    Look look(loop, **dialer);
    net::Task<> task = ask_time(look, std::move(*url), std::move(proxy));
    loop.spawn(std::move(task));
    loop.run();
    if (look.told) {
      facts.clock_ahead = clock.wall() - *look.told;
      return;
    }
  }
}

}  // namespace

MachineFacts look_at_machine(const std::string& data_directory, const std::string& config_path, const Situation* situation,
                             bool running, const Clock& clock) {
  MachineFacts facts;
  look_at_file(data_directory, facts);
  look_at_file(data_directory + "/master.key", facts);
  look_at_file(database_path(data_directory), facts);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) facts.descriptors = limit.rlim_max;
  std::error_code unknown;
  auto disk = std::filesystem::space(data_directory, unknown);
  if (!unknown) {
    facts.free_bytes = disk.available;
    facts.disk_bytes = disk.capacity;
  }
  if (situation == nullptr) return facts;
  bool holds_keys = false;
  for (const KeyOrigin& origin : situation->set.keys)
    holds_keys = holds_keys || origin.source == KeyOrigin::Source::configuration;
  for (const api::ClientKey& client : situation->config.client_keys) holds_keys = holds_keys || !client.key.empty();
  if (holds_keys || !situation->config.server.admin_token.empty()) look_at_file(config_path, facts);
  if (!running) {
    auto address = net::ListenAddress::parse(situation->config.server.listen);
    if (address && address->port != 0) {
      net::Loop loop(clock);
      auto listener = net::Listener::open(loop, *address, [](std::unique_ptr<net::Stream>) {});
      facts.port_taken = !listener && listener.error().message.find("in use") != std::string::npos;
    }
  }
  look_at_proxies(*situation, clock, facts);
  look_at_clock(*situation, clock, facts);
  return facts;
}

}  // namespace freeway::app

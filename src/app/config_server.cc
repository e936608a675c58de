#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "app/config_parts.h"
#include "http/url.h"
#include "net/listen.h"

namespace freeway::app {

namespace {

constexpr std::uint64_t kLargestBody = 0xFFFF'FFFEULL;  // what a JSON document can index
constexpr std::uint64_t kMostThreads = 1024;

bool is_network(const std::string& text) {
  std::size_t slash = text.find('/');
  std::string address = text.substr(0, slash);
  unsigned char bytes[sizeof(in6_addr)];
  int bits = 0;
  if (inet_pton(AF_INET, address.c_str(), bytes) == 1) bits = 32;
  if (inet_pton(AF_INET6, address.c_str(), bytes) == 1) bits = 128;
  if (bits == 0) return false;
  if (slash == std::string::npos) return true;
  int prefix = -1;
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data() + slash + 1, end, prefix);
  return error == std::errc() && stop == end && prefix >= 0 && prefix <= bits;
}

bool is_host(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return c <= ' ' || c == 0x7f || c == '/' || c == '@' || c == '*'; });
}

bool is_origin(const std::string& text) {
  if (text == "*") return true;
  auto url = http::Url::parse(text);
  return url && url->path.empty() && !text.ends_with('/');
}

template <class Accepts>
std::vector<std::string> checked_list(Section& section, std::string_view key, std::string_view expected, Accepts accepts) {
  std::vector<std::string> found;
  for (Listed& item : section.texts(key)) {
    if (!accepts(item.text)) {
      section.report().error(fmt::format("{}.{}", section.path(), key), item.place,
                             fmt::format("expected {}, found \"{}\"", expected, item.text));
    } else {
      found.push_back(std::move(item.text));
    }
  }
  return found;
}

}  // namespace

void read_server(Section section, ServerConfig& server) {
  if (auto listen = section.text("listen")) {
    auto address = net::ListenAddress::parse(*listen);
    if (!address) {
      section.error("listen", fmt::format("expected an address and a port such as \"127.0.0.1:8420\", found \"{}\" ({})",
                                          *listen, address.error().message));
    }
    server.listen = std::move(*listen);
  }
  if (auto token = section.text("admin_token")) {
    std::string reason = unsendable(*token);
    if (!reason.empty()) section.error("admin_token", "the token " + reason);
    if (token->size() < kShortSecret) {
      section.warn("admin_token", fmt::format("is short; {} characters or more are hard to guess", kShortSecret));
    }
    server.admin_token = Secret(std::move(*token));
  }
  if (auto threads = section.whole("threads", 0, kMostThreads)) server.threads = static_cast<std::uint32_t>(*threads);
  if (auto limit = section.size("body_limit", kLargestBody)) server.body_limit = *limit;
  server.allowed_hosts = checked_list(section, "allowed_hosts", "a host name without scheme or path", is_host);
  server.cors_origins =
      checked_list(section, "cors_origins", "an origin such as \"https://app.example\", or \"*\"", is_origin);
  server.trusted_proxies =
      checked_list(section, "trusted_proxies", "an address, or a network such as \"10.0.0.0/8\"", is_network);
  section.finish();
}

void read_timeout_defaults(Section section, relay::Options& relay) {
  catalog::Timeouts timeouts = read_timeouts(std::move(section));
  if (timeouts.connect) relay.connect = *timeouts.connect;
  if (timeouts.first_token) relay.first_token = *timeouts.first_token;
  if (timeouts.answer) relay.answer = *timeouts.answer;
  if (timeouts.idle) relay.idle = *timeouts.idle;
}

catalog::Timeouts read_timeouts(Section section) {
  catalog::Timeouts timeouts;
  timeouts.connect = section.duration("connect");
  timeouts.first_token = section.duration("first_token");
  timeouts.answer = section.duration("answer");
  timeouts.idle = section.duration("idle");
  section.finish();
  return timeouts;
}

}  // namespace freeway::app

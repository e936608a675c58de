#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "app/config_parts.h"
#include "catalog/read_provider.h"
#include "http/url.h"
#include "net/listen.h"

namespace freeway::app {

namespace {

constexpr std::uint64_t kLargestBody = 0xFFFF'FFFEULL;  // what a JSON document can index
constexpr std::uint64_t kMostThreads = 1024;
constexpr std::uint64_t kMostImageBytes = 48ULL * 1024 * 1024;  // what one answer may hold, with room to spare
constexpr std::uint64_t kMostImages = 100;
constexpr std::uint64_t kSmallestLog = 1024 * 1024;  // below it, keys and usage alone would fill the database

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

// One upload of the largest size must fit.
void read_upload_space(Section& section, ServerConfig& server) {
  auto space = section.size("upload_space", Section::kMost);
  if (space && *space < server.upload_limit)
    section.error("upload_space",
                  fmt::format("expected {} bytes or more, which one upload may have (upload_limit), found {}",
                              server.upload_limit, *space));
  server.upload_space = space.value_or(std::max(server.upload_space, server.upload_limit));
}

// A large event must fit beside others.
void read_stream_space(Section& section, ServerConfig& server) {
  constexpr std::uint64_t kLeast = 32ULL << 20;
  auto space = section.size("stream_space", Section::kMost);
  if (space && *space < kLeast)
    section.error("stream_space",
                  fmt::format("expected {} bytes or more, so that one large event fits, found {}", kLeast, *space));
  server.stream_space = space.value_or(server.stream_space);
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
  server.upload_limit = section.size("upload_limit", kLargestBody).value_or(server.body_limit);
  read_upload_space(section, server);
  read_stream_space(section, server);
  server.allowed_hosts = checked_list(section, "allowed_hosts", "a host name without scheme or path", is_host);
  server.cors_origins =
      checked_list(section, "cors_origins", "an origin such as \"https://app.example\", or \"*\"", is_origin);
  server.trusted_proxies =
      checked_list(section, "trusted_proxies", "an address, or a network such as \"10.0.0.0/8\"", is_network);
  section.finish();
}

void read_keys(Section section, Config& config) {
  if (auto every = section.duration("check_every", true)) config.check_keys = *every;
  section.finish();
}

void read_log(Section section, LogConfig& log) {
  if (auto keep = section.duration("keep")) log.keep = *keep;
  if (auto size = section.size("max_size", Section::kMost)) {
    if (*size < kSmallestLog) section.error("max_size", "expected 1MiB or more");
    log.max_size = *size;
  }
  section.finish();
}

void read_images(Section section, relay::ImageOptions& images) {
  if (auto fetch = section.flag("fetch")) images.fetch = *fetch;
  if (auto size = section.size("max_size", kMostImageBytes)) images.bytes = *size;
  if (auto count = section.whole("max_count", 1, kMostImages)) images.count = *count;
  if (auto timeout = section.duration("timeout")) images.patience = *timeout;
  auto good = [](const std::string& text) { return net::Guard::create({text}).has_value(); };
  auto allowed = checked_list(section, "allow", "a network such as \"10.0.0.0/8\", an address or a host's name", good);
  if (auto guard = net::Guard::create(allowed)) images.guard = std::make_shared<const net::Guard>(std::move(*guard));
  section.finish();
}

void read_responses(Section section, ResponsesConfig& responses) {
  if (auto keep = section.duration("keep_for")) responses.keep_for = *keep;
  if (auto size = section.size("max_bytes", Section::kMost)) responses.max_bytes = *size;
  section.finish();
}

void read_timeout_defaults(Section section, relay::Options& relay) {
  catalog::Timeouts timeouts = catalog::read_timeouts(std::move(section));
  if (timeouts.connect) relay.connect = *timeouts.connect;
  if (timeouts.first_token) relay.first_token = *timeouts.first_token;
  if (timeouts.answer) relay.answer = *timeouts.answer;
  if (timeouts.idle) relay.idle = *timeouts.idle;
}

}  // namespace freeway::app

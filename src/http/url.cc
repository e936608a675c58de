#include "http/url.h"

#include <fmt/format.h>

#include "base/text.h"
#include "http/grammar.h"

namespace freeway::http {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

std::string bracketed(const std::string& host) { return host.contains(':') ? '[' + host + ']' : host; }

// Shows as much of the text as cannot hold a credential.
std::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  auto safe = text.contains('@') ? std::string_view("(hidden)") : text.substr(0, text.find_first_of("?#"));
  return fail(ErrorKind::invalid, fmt::format("{} is not a usable address: {}", header_safe(safe), why));
}

// Splits a checked "host:port" or "[v6]:port".
Result<void> take_authority(std::string_view authority, Url& url) {
  auto close = authority.find(']');
  auto colon = authority.find(':', close == std::string_view::npos ? 0 : close);
  std::string_view host = authority.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  url.host = host;
  for (char& c : url.host) c = ascii_lower(c);
  if (colon == std::string_view::npos) return {};
  auto port = grammar::parse_length(authority.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535) return fail(ErrorKind::invalid, "the port must lie between 1 and 65535");
  url.port = static_cast<std::uint16_t>(*port);
  return {};
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  const std::string_view whole = text;
  Url url;
  if (istarts_with(text, "https://")) {
    url.tls = true;
    text.remove_prefix(8);
  } else if (istarts_with(text, "http://")) {
    text.remove_prefix(7);
  } else {
    return refuse(whole, "it must begin with http:// or https://");
  }
  url.port = url.tls ? kHttpsPort : kHttpPort;

  auto path_at = text.find_first_of("/?#");
  const std::string_view authority = text.substr(0, path_at);
  std::string_view path = path_at == std::string_view::npos ? std::string_view() : text.substr(path_at);
  if (authority.contains('@')) return refuse(whole, "it must not hold a user name or password");
  if (authority.empty()) return refuse(whole, "the host is missing");
  if (!grammar::is_host(authority)) return refuse(whole, "the host or port is malformed");
  if (auto taken = take_authority(authority, url); !taken) return refuse(whole, taken.error().message);
  if (path.contains('?')) return refuse(whole, "a query does not belong there");
  if (path.contains('#')) return refuse(whole, "a fragment does not belong there");
  if (!path.empty() && !grammar::is_target(path))
    return refuse(whole, "the path holds characters that must be percent-encoded");
  while (path.ends_with('/')) path.remove_suffix(1);
  url.path = path;
  return url;
}

std::string Url::host_header() const {
  if (port == (tls ? kHttpsPort : kHttpPort)) return bracketed(host);
  return bracketed(host) + ':' + fmt::format_int(port).c_str();
}

std::string Url::origin() const {
  std::string out = tls ? "https://" : "http://";
  out += bracketed(host);
  out += ':';
  out += fmt::format_int(port).c_str();
  return out;
}

}  // namespace freeway::http

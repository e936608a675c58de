// The client's side of CONNECT (RFC 9110, section 9.3.6) and of SOCKS 5 (RFC 1928, RFC 1929).
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "net/proxy.h"

namespace freeway::net {

namespace {

constexpr std::size_t kLongestLine = 256;        // a status line
constexpr std::size_t kLongestHead = 16 * 1024;  // all that may come before the tunnel
constexpr std::size_t kLongestName = 255;

constexpr char kSocks = 5;
constexpr char kNoCredentials = 0;
constexpr char kUserAndPassword = 2;
constexpr char kCredentialsVersion = 1;
constexpr char kConnect = 1;
constexpr char kIpv4 = 1;
constexpr char kName = 3;
constexpr char kIpv6 = 4;
constexpr std::size_t kReplyHead = 5;  // with the first byte of the address, which is its length where it is a name

std::unexpected<Error> broken(std::string why) { return fail(ErrorKind::proxy, std::move(why)); }

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) out.push_back(j <= count ? kDigits[group >> (18 - 6 * j) & 63] : '=');
  }
  return out;
}

// RFC 1928, section 6.
std::string_view reply_text(char code) {
  switch (code) {
    case 1: return "could not reach the provider (general failure)";
    case 2: return "does not allow connections to the provider";
    case 3: return "says that the provider's network is unreachable";
    case 4: return "says that the provider's host is unreachable or its name does not resolve";
    case 5: return "says that the provider refused the connection";
    case 6: return "says that the way to the provider is too long";
    case 7: return "does not support connecting";
    case 8: return "does not support this type of address";
    default: return "answered with an unknown failure";
  }
}

// The three digits of "HTTP/1.1 200 Established"; 0 if it is no such line.
int status_of(std::string_view line) {
  constexpr std::string_view kStart = "HTTP/1.";
  constexpr std::size_t kDigits = 9;
  if (!line.starts_with(kStart) || line.size() < kDigits + 3 || line[kDigits - 1] != ' ') return 0;
  if (line.size() > kDigits + 3 && line[kDigits + 3] != ' ') return 0;
  int status = 0;
  for (const char c : line.substr(kDigits, 3)) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status >= 100 ? status : 0;
}

std::size_t address_size(char type, char first) {
  switch (type) {
    case kIpv4: return 4;
    case kIpv6: return 16;
    case kName: return 1 + static_cast<unsigned char>(first);
    default: return 0;
  }
}

}  // namespace

Result<Tunnel> Tunnel::begin(const ProxyAddress& proxy, std::string_view host, std::uint16_t port) {
  // Nothing but a plain name or address may get into a request line.
  const bool plain = std::all_of(host.begin(), host.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (host.empty() || host.size() > kLongestName || !plain) return broken("cannot be asked for a host with such a name");
  Tunnel tunnel;
  if (proxy.kind == ProxyAddress::Kind::socks5) {
    tunnel.greet(proxy);
    tunnel.ask(host, port);
    return tunnel;
  }
  const std::string target = authority(host, port);
  tunnel.out_ = fmt::format("CONNECT {} HTTP/1.1\r\nHost: {}\r\n", target, target);
  if (!proxy.user.empty()) {
    const std::string pair = fmt::format("{}:{}", proxy.user, proxy.password.reveal());
    tunnel.out_ += fmt::format("Proxy-Authorization: Basic {}\r\n", base64(pair));
  }
  tunnel.out_ += "\r\n";
  return tunnel;
}

void Tunnel::greet(const ProxyAddress& proxy) {
  step_ = Step::method;
  wanted_ = 2;
  if (proxy.user.empty()) {
    out_ = {kSocks, 1, kNoCredentials};
    return;
  }
  out_ = {kSocks, 2, kNoCredentials, kUserAndPassword};
  credentials_ = {kCredentialsVersion, static_cast<char>(proxy.user.size())};
  credentials_ += proxy.user;
  credentials_ += static_cast<char>(proxy.password.reveal().size());
  credentials_ += proxy.password.reveal();
}

void Tunnel::ask(std::string_view host, std::uint16_t port) {
  request_ = {kSocks, kConnect, 0};
  const std::string text(host);
  char address[16];
  if (::inet_pton(AF_INET, text.c_str(), address) == 1) {
    request_ += kIpv4;
    request_.append(address, 4);
  } else if (::inet_pton(AF_INET6, text.c_str(), address) == 1) {
    request_ += kIpv6;
    request_.append(address, 16);
  } else {
    request_ += kName;
    request_ += static_cast<char>(host.size());
    request_ += host;
  }
  request_ += static_cast<char>(port >> 8);
  request_ += static_cast<char>(port & 0xff);
}

std::string Tunnel::take_output() { return std::exchange(out_, {}); }

Result<std::size_t> Tunnel::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !established()) {
    if (++received_ > kLongestHead)
      return broken(fmt::format("sent more than {} bytes before its answer ended", kLongestHead));
    const auto taken = take(bytes[used++]);
    if (!taken) return std::unexpected(taken.error());
  }
  return used;
}

Result<void> Tunnel::take(char byte) {
  if (step_ == Step::status || step_ == Step::fields) {
    if (byte == '\n') return take_line();
    // Of fields only whether the line is empty matters.
    if (step_ == Step::status || held_.size() < 2) held_.push_back(byte);
    if (held_.size() > kLongestLine) return broken("did not answer as an HTTP proxy");
    return {};
  }
  held_.push_back(byte);
  const bool refused = step_ == Step::reply && held_.size() == 2 && held_[1] != 0;  // more need not come
  if (held_.size() < wanted_ && !refused) return {};
  Result<void> taken;
  if (step_ == Step::method) {
    taken = take_method();
  } else if (step_ == Step::credentials) {
    if (held_[0] != kCredentialsVersion) return broken("did not answer as a SOCKS 5 proxy");
    if (held_[1] != 0) return broken("refused the user's name or the password");
    out_ += request_;
    step_ = Step::reply;
    wanted_ = kReplyHead;
  } else if (step_ == Step::reply) {
    return take_reply();
  } else {
    step_ = Step::established;
  }
  held_.clear();
  return taken;
}

Result<void> Tunnel::take_line() {
  if (!held_.empty() && held_.back() == '\r') held_.pop_back();
  const std::string line = std::exchange(held_, {});
  if (step_ == Step::fields) {
    if (line.empty()) step_ = status_ >= 200 ? Step::established : Step::status;
    return {};
  }
  status_ = status_of(line);
  if (status_ == 0) return broken("did not answer as an HTTP proxy");
  if (status_ == 407) return broken("refused the user's name or the password (407)");
  if (status_ >= 300 || status_ == 101) return broken(fmt::format("refused to connect to the provider ({})", status_));
  step_ = Step::fields;
  return {};
}

Result<void> Tunnel::take_method() {
  if (held_[0] != kSocks) return broken("did not answer as a SOCKS 5 proxy");
  const char method = held_[1];
  if (method == kNoCredentials) {
    out_ += request_;
    step_ = Step::reply;
    wanted_ = kReplyHead;
    return {};
  }
  if (method == kUserAndPassword && !credentials_.empty()) {
    out_ += credentials_;
    step_ = Step::credentials;
    wanted_ = 2;
    return {};
  }
  return broken(credentials_.empty() ? "asks for a user's name and a password" : "accepts neither the password nor none");
}

// The head of the answer has come. What follows is the address that the proxy connects from, which nobody needs.
Result<void> Tunnel::take_reply() {
  if (held_[0] != kSocks) return broken("did not answer as a SOCKS 5 proxy");
  if (held_[1] != 0) return broken(std::string(reply_text(held_[1])));
  const std::size_t address = address_size(held_[3], held_[4]);
  if (address == 0) return broken("did not answer as a SOCKS 5 proxy");
  constexpr std::size_t kPort = 2;
  step_ = Step::bound;
  wanted_ = kReplyHead - 1 + address + kPort;
  return {};
}

}  // namespace freeway::net

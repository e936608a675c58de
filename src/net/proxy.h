// Outbound proxies: where one is, and the talk with it until its tunnel stands. No sockets here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"

namespace freeway::net {

// Immutable once parsed; shared between threads.
struct ProxyAddress {
  enum class Kind : std::uint8_t {
    connect,  // http://[user:password@]host:port: HTTP CONNECT, for plain and for TLS targets
    socks5,   // socks5h://[user:password@]host:port: SOCKS 5 (RFC 1928, RFC 1929); the proxy resolves the target's name
  };
  Kind kind = Kind::connect;
  std::string host;  // lower case, without brackets
  std::uint16_t port = 0;
  std::string user;  // percent-decoded; "" = no credentials
  Secret password;

  // Fails with invalid, in a sentence that says what to write and repeats nothing of the text, which may hold a password.
  static Result<ProxyAddress> parse(std::string_view text);

  // "proxy.example:1080" or "[::1]:1080": for messages; no credentials.
  std::string name() const;
  // Different for every two proxies between which a connection must not be shared, credentials included. A secret.
  std::string identity() const;
};

// "host:443", "[::1]:443".
std::string authority(std::string_view host, std::uint16_t port);

// The client's side of a proxy's protocol: bytes in, bytes out. It holds no more than a few hundred bytes of what the proxy
// sends, and gives up on an answer that goes on without an end.
class Tunnel {
 public:
  // The target's host is a name or an address; the proxy is only read here. Fails with proxy if it cannot be asked for such
  // a host.
  static Result<Tunnel> begin(const ProxyAddress& proxy, std::string_view host, std::uint16_t port);

  // What is to be sent now; empty if the proxy has to answer first. Taken once.
  std::string take_output();
  // Returns how many bytes belonged to the proxy's answer: once the tunnel stands, the rest is the target's. Fails with
  // proxy, in a clause for after "the proxy NAME ".
  Result<std::size_t> feed(std::string_view bytes);
  bool established() const { return step_ == Step::established; }

 private:
  enum class Step : std::uint8_t { status, fields, method, credentials, reply, bound, established };

  Tunnel() = default;
  void greet(const ProxyAddress& proxy);
  void ask(std::string_view host, std::uint16_t port);
  Result<void> take(char byte);
  Result<void> take_line();
  Result<void> take_method();
  Result<void> take_reply();

  Step step_ = Step::status;
  std::string out_;
  std::string request_;      // SOCKS: sent when the proxy lets us in
  std::string credentials_;  // SOCKS: sent when the proxy asks for them
  std::string held_;         // of the line or the message that is coming
  std::size_t wanted_ = 0;   // bytes of that message
  std::size_t received_ = 0;
  int status_ = 0;  // CONNECT
};

}  // namespace freeway::net

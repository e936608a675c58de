// TCP sockets as this room uses them: options, addresses, the plain stream. Included inside this room only.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "net/core.h"
#include "net/descriptor.h"
#include "net/stream.h"

namespace freeway::net {

// The pieces of one write and how much of them has left.
class Unsent {
 public:
  explicit Unsent(std::span<const std::string_view> pieces) : pieces_(pieces) { skip_empty(); }

  bool empty() const { return index_ == pieces_.size(); }
  std::string_view front() const { return pieces_[index_].substr(offset_); }
  void take(std::size_t n);
  std::span<const std::string_view> pieces() const { return pieces_.subspan(index_); }
  std::size_t offset() const { return offset_; }

 private:
  void skip_empty();

  std::span<const std::string_view> pieces_;
  std::size_t index_ = 0;
  std::size_t offset_ = 0;  // in pieces_[index_]
};

// One sendmsg of as many pieces as fit. 0 if the kernel takes none now.
Result<std::size_t> send_some(int descriptor, const Unsent& unsent);

// No delay for small writes; notices a peer that vanished without a word. Inherited by what a listening socket accepts.
void set_options(int descriptor);
// "127.0.0.1:51234"; a v4 address mapped into v6 is shown as v4.
std::string format_address(const asio::ip::tcp::endpoint& endpoint);
std::string format_host(const asio::ip::tcp::endpoint& endpoint);
// RST instead of FIN.
void close_hard(TcpSocket& socket);

// Of any connected stream socket. Fails where it can't be watched.
Result<std::unique_ptr<Stream>> make_tcp_stream(Loop& loop, Descriptor socket, const asio::ip::tcp::endpoint& peer);

}  // namespace freeway::net

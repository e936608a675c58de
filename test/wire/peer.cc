#include "wire/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "base/text.h"

namespace freeway::wire {

Peer::~Peer() { close(); }

int Peer::connect_to(std::uint16_t port) {
  int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return descriptor;
  ::close(descriptor);
  return -1;
}

bool Peer::send(std::string_view bytes_out) {
  while (!bytes_out.empty()) {
    auto sent = ::send(descriptor_, bytes_out.data(), bytes_out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes_out.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Peer::flood(std::string_view bytes_out) {
  std::size_t before = unsent_.size();
  send_left();
  bool took = unsent_.size() < before;
  while (descriptor_ >= 0 && unsent_.empty()) {
    unsent_ = bytes_out;
    send_left();
    took = true;
  }
  return took;
}

void Peer::send_left() {
  while (!unsent_.empty()) {
    auto sent = ::send(descriptor_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return close();
    if (sent < 0) return;
    unsent_.erase(0, static_cast<std::size_t>(sent));
  }
}

void Peer::receive() {
  if (descriptor_ >= 0) send_left();
  if (paused) return;
  char piece[16384];
  while (descriptor_ >= 0 && !ended) {
    auto got = ::recv(descriptor_, piece, sizeof piece, MSG_DONTWAIT);
    if (got > 0) {
      bytes.append(piece, static_cast<std::size_t>(got));
    } else if (got == 0) {
      ended = true;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno != EINTR) {
      ended = true;
    }
  }
}

void Peer::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

void Peer::reset() {
  linger now{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

namespace {

std::string header(std::string_view head, std::string_view name) {
  auto at = ifind(head, "\r\n" + std::string(name) + ":");
  if (at == std::string_view::npos) return {};
  auto rest = head.substr(at + name.size() + 3);
  return std::string(trim(rest.substr(0, rest.find("\r\n"))));
}

void read_chunks(std::string_view bytes, Message& message) {
  std::size_t at = message.head.size();
  for (;;) {
    auto end = bytes.find("\r\n", at);
    if (end == std::string_view::npos) break;
    std::size_t size = 0;
    std::from_chars(bytes.data() + at, bytes.data() + end, size, 16);
    if (size == 0) {
      auto last = bytes.substr(end).starts_with("\r\n\r\n") ? end : bytes.find("\r\n\r\n", end);
      if (last == std::string_view::npos) break;
      message.complete = true;
      at = last + 4;
      break;
    }
    if (bytes.size() < end + 2 + size + 2) break;
    message.body += bytes.substr(end + 2, size);
    at = end + 2 + size + 2;
  }
  message.size = at;
}

}  // namespace

std::optional<Message> read_message(std::string_view bytes, bool closed, bool is_answer) {
  auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  Message message;
  message.head = std::string(bytes.substr(0, end + 4));
  message.size = message.head.size();
  std::string length = header(message.head, "content-length");
  bool bodiless = is_answer && (message.head.starts_with("HTTP/1.1 204") || message.head.starts_with("HTTP/1.1 100"));
  if (iequals(header(message.head, "transfer-encoding"), "chunked")) {
    read_chunks(bytes, message);
  } else if (!length.empty()) {
    std::size_t want = std::stoul(length);
    message.body = std::string(bytes.substr(message.size, want));
    message.complete = message.body.size() == want;
    message.size += message.body.size();
  } else if (is_answer && !bodiless) {
    message.body = std::string(bytes.substr(message.size));
    message.complete = closed;
    message.size = bytes.size();
  } else {
    message.complete = true;
  }
  return message;
}

}  // namespace freeway::wire

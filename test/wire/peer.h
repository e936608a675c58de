// One end of a TCP connection in the hands of a transcript: blocking calls with a generous limit, so that a wrong gateway
// fails a test instead of hanging it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace freeway::wire {

class Peer {
 public:
  explicit Peer(int descriptor) : descriptor_(descriptor) {}
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  static int connect_to(std::uint16_t port);

  int descriptor() const { return descriptor_; }
  bool send(std::string_view bytes);
  // Sends the bytes again and again until the other side takes no more for now; what it left is sent by `receive`. False:
  // it took none.
  bool flood(std::string_view bytes);
  // Reads what is there without waiting, unless it is paused. Sets `ended` at the other side's FIN or RST.
  void receive();
  void close();
  void reset();

  std::string bytes;  // received and not yet taken
  bool ended = false;
  bool asked = false;  // a request has come on it
  bool paused = false;

 private:
  void send_left();

  int descriptor_;
  std::string unsent_;
};

// A whole HTTP message at the front of `bytes`, or what there is of it.
struct Message {
  std::string head;      // with its final empty line
  std::string body;      // decoded
  std::size_t size = 0;  // of the message in `bytes`
  bool complete = false;
};
// Nothing until the head is whole. `closed`: no more bytes will come.
std::optional<Message> read_message(std::string_view bytes, bool closed, bool is_answer);

}  // namespace freeway::wire

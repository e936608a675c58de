// HTTP exchanges with providers: a pool of kept-alive connections per origin and way to it (direct, or a proxy with its
// credentials), one a loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/head.h"
#include "http/pieces.h"
#include "http/url.h"
#include "net/dial.h"
#include "net/loop.h"
#include "upstream/exchange.h"

namespace freeway::upstream {

struct Options {
  std::size_t idle_per_origin = 256;                 // connections kept for reuse, a loop: a burst leaves that many
  Duration idle_for = std::chrono::seconds(55);      // then closed
  std::uint64_t answer_limit = 64ULL * 1024 * 1024;  // decoded bytes of one answer's body that may be held at once
  std::size_t read_ahead = 4 * 1024;                 // bytes that may wait for the consumer while more is read
  std::string user_agent = "freeway";                // where a call names none
};

// What to send. The body is moved in and kept until an answer comes: a request on a kept-alive connection that turns out to
// be stale is sent once more on a fresh one, silently, while no byte of an answer has come. Of a spool no more is in memory
// than what the provider is taking.
struct Call {
  http::Url origin;        // path is ignored; the head holds the target
  http::RequestHead head;  // Host, Content-Length and Connection are set here; Accept-Encoding and User-Agent
                           // where they are absent
  std::string body;
  std::vector<http::Piece> pieces = {};                      // behind the body, for one that is not held whole
  std::shared_ptr<const net::ProxyAddress> proxy = nullptr;  // the only way to the origin, if set: never around it
  // Which addresses of the origin may be connected to, if set; kept connections are reused only under an equal guard.
  std::shared_ptr<const net::Guard> guard = nullptr;
  Instant connect_deadline = kNever;  // for the connection alone, through the proxy and with TLS
  // Asked before a request that was handed over wholly is sent once more, because the provider may have counted it. False:
  // it is not, and the exchange fails as closed. Must not end the exchange. Unset: true.
  std::move_only_function<bool()> may_resend;
  // Told when the last byte was handed to a connected socket, never inside `start`; again after it was sent once more. Must
  // not end the exchange.
  std::move_only_function<void()> dispatched;
};

// Belongs to one loop; destroyed after all its exchanges.
class Client {
 public:
  Client(net::Loop& loop, net::Dialer& dialer, Options options);
  ~Client();

  // Returns at once, and sends with what else leaves after this batch. Rings `wakeup` whenever there is news of the answer.
  // The wake-up must outlive the exchange.
  std::unique_ptr<Exchange> start(Call&& call, net::Wakeup& wakeup);

  // Sends a request whose answer nobody waits for. The loop sees to it for at most `patience`; what becomes of it shows
  // nowhere.
  void send_off(Call call, Duration patience);
  // Calls `settled` once no such request is under way: now, or on the loop when the last of them ends.
  void settle(std::move_only_function<void()> settled);

  std::size_t idle_connections() const;
  std::size_t open_connections() const;

 private:
  friend class Exchange;
  struct State;  // shared with exchanges
  std::shared_ptr<State> state_;
};

}  // namespace freeway::upstream

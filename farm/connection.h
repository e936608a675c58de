// One client of the farm: reads its requests, has the world decide, and performs the answers. One loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "farm/world.h"
#include "http/parser.h"
#include "net/inbox.h"
#include "net/stream.h"

namespace freeway::farm {

class Site;

class Connection {
 public:
  // `own`: the provider whose own port this came in on; "" for the common one. The site outlives the connection.
  Connection(Site& site, std::unique_ptr<net::Stream> stream, std::string own);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Lives until either side ends it.
  static net::Task<> live(std::unique_ptr<Connection> connection);

  // Resets the connection because its provider went down.
  void kill();
  // True if it came in on this provider's port, or answers for it now.
  bool belongs_to(std::string_view provider) const;

 private:
  net::Task<bool> read_request();
  net::Task<bool> answer();
  net::Task<bool> perform(std::unique_ptr<Play> play);
  net::Task<bool> pause_until(Instant due);
  net::Task<bool> put(std::string_view bytes);
  net::Task<bool> put_step(const Step& step);
  net::Task<bool> tell(Plain plain);
  void attribute(const std::shared_ptr<Provider>& provider);
  void settle_for(Then then);
  Ended gone() const { return killed_ ? Ended::down : Ended::client_left; }

  Site& site_;
  World& world_;
  std::unique_ptr<net::Stream> stream_;
  net::Wakeup wakeup_;
  net::Inbox inbox_;
  std::string own_;
  std::shared_ptr<Provider> counted_at_;  // whose connection this is; the first provider asked
  http::RequestParser parser_;
  std::string body_;
  bool keep_alive_ = true;
  bool killed_ = false;
  World::Exchange exchange_;
  bool answering_ = false;
};

}  // namespace freeway::farm

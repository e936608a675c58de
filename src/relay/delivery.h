// The client's side of one request: when its head leaves, what it is told while it waits, and how its answer ends.
//
// Belongs to the request's coroutine. All writing to the client goes through here, so that a stream's heartbeats, early
// head, pieces and errors keep one order.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "chat/request.h"
#include "dialect/openai/surface.h"
#include "net/loop.h"
#include "relay/failure.h"
#include "relay/options.h"
#include "server/reply.h"

namespace freeway::relay {

class Delivery {
 public:
  Delivery(server::Reply& reply, const chat::Request& request, const Options& options, http::Fields base_fields,
           Instant arrival);

  bool gone() const { return reply_.gone(); }
  net::Wakeup& wakeup() { return reply_.wakeup(); }
  Instant now() { return reply_.wakeup().loop().now(); }

  // Sleeps until something rings (true) or `until` (false), sending the early head and heartbeats that fall due meanwhile.
  net::Task<bool> sleep(Instant until);

  // Before an attempt's first piece: forgets what an earlier attempt left behind.
  void restart();
  // The route that serves; goes into the head, or into a comment where the head has left already.
  void set_route(std::string_view routed_via, const Trail& trail, const catalog::Catalog& catalog,
                 const std::vector<std::string>& dropped);

  // A whole answer.
  net::Task<bool> send_whole(std::string body, bool usage_estimated);

  // A stream. Events gather until `flush` sends them in one write; before the first flush nothing has left.
  void add(const chat::Event& event) { writer_->write(pending_, event); }
  std::size_t gathered() const { return pending_.size(); }
  net::Task<bool> flush();
  net::Task<bool> finish(const chat::Usage& usage);
  // The stream broke after it began to leave: an error that the client can see, then the end.
  net::Task<bool> break_off(std::string_view message, std::string_view type, std::string_view code);

  // No route answered. In the envelope, or inside the stream if its head has left.
  net::Task<bool> fail(const Failure& failure, const Trail& trail, const catalog::Catalog& catalog);

 private:
  void begin();
  std::string route_comment() const;
  net::Task<bool> beat();

  server::Reply& reply_;
  const chat::Request& request_;
  const Options& options_;
  http::Fields base_fields_;  // request id and the like, on every answer
  http::Fields route_fields_;
  std::unique_ptr<dialect::openai::StreamWriter> writer_;
  std::string pending_;
  Instant next_beat_;
  bool early_ = false;  // the head left before there was a route
  bool route_told_ = false;
};

}  // namespace freeway::relay

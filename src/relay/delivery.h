// The client's side of one request: when its head leaves, what it is told while it waits, and how its answer ends.
//
// Belongs to the request's coroutine. All writing to the client goes through here, so that a stream's heartbeats, early
// head, pieces and errors keep one order.
#pragma once

#include <string>
#include <string_view>

#include "chat/request.h"
#include "dialect/dialect.h"
#include "dialect/surface.h"
#include "net/loop.h"
#include "relay/failure.h"
#include "relay/options.h"
#include "relay/relay.h"
#include "server/reply.h"

namespace freeway::relay {

class Delivery {
 public:
  // The job must outlive it; its base fields move here.
  Delivery(server::Reply& reply, Job& job);

  bool gone() const { return reply_.gone(); }
  // The server cannot wait for this answer, or nobody is to.
  bool ending() const { return reply_.ending() || called_off(); }
  Duration stalled() const { return reply_.stalled(); }
  bool called_off() const { return watcher_ && watcher_->called_off; }
  net::Wakeup& wakeup() { return reply_.wakeup(); }
  Instant now() { return reply_.wakeup().loop().now(); }
  WallTime wall() { return reply_.wakeup().loop().wall(); }

  // Sleeps until something rings (true) or `until` (false), sending the early head and heartbeats that fall due meanwhile.
  net::Task<bool> sleep(Instant until);

  // The route that serves; goes into the head, or into a comment where the head has left already.
  void set_route(std::string_view routed_via, const Trail& trail, const catalog::Catalog& catalog,
                 const std::vector<std::string>& dropped);

  // A whole answer.
  net::Task<bool> send_whole(dialect::WholeAnswer whole);

  // A stream. Each sends the pieces in one write and leaves them empty; before the first, nothing but the early head and
  // heartbeats has left.
  net::Task<bool> flush(std::string& pieces);
  // `finish` tells, in comments and trailers, what was not known when the head left.
  net::Task<bool> finish(std::string& pieces, const chat::Usage& usage, const dialect::Mended& mended);
  // The stream broke after it began to leave: an error that the client can see, then the end.
  net::Task<bool> break_off(std::string& pieces, dialect::StreamWriter& writer, const Failure& failure);

  // No route answered. In the envelope, or inside the stream if its head has left.
  net::Task<bool> fail(const Failure& failure, const Trail& trail, const catalog::Catalog& catalog);

 private:
  void begin();
  std::string route_comment() const;
  void hide_secrets(std::string& text) const;
  dialect::Trouble trouble_of(const Failure& failure) const;
  net::Task<bool> beat();

  server::Reply& reply_;
  const chat::Request& request_;
  const dialect::Surface& surface_;
  const Options& options_;
  const Watcher* watcher_;
  http::Fields base_fields_;  // request id and the like, on every answer
  http::Fields route_fields_;
  Instant next_beat_;
  bool early_;  // the head left before there was a route: by a heartbeat, or for a part before this one
  bool route_told_ = false;
};

}  // namespace freeway::relay

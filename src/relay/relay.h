// One request's life: plan, reserve, attempt, fail over, wait, and tell the client what became of it.
//
// One Relay a loop; `serve` runs on it. Everything shared comes from Services.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chat/request.h"
#include "chat/usage.h"
#include "dialect/surface.h"
#include "http/fields.h"
#include "net/loop.h"
#include "relay/failure.h"
#include "relay/options.h"
#include "relay/services.h"
#include "relay/trail.h"
#include "relay/watcher.h"
#include "router/router.h"
#include "server/reply.h"
#include "upstream/client.h"

namespace freeway::relay {

// What a change of the configuration leaves to a request.
struct Fresh {
  std::shared_ptr<const router::Snapshot> snapshot;
  router::RouteList routes;
  catalog::Privacy privacy = catalog::Privacy::any;  // of the client's key
};

// A decoded request, ready to be routed.
struct Job {
  std::unique_ptr<chat::Request> request;
  std::shared_ptr<const dialect::Surface> surface;  // that the request came through
  std::shared_ptr<const router::Snapshot> snapshot;
  router::RouteList routes;  // what its name and its client key allow
  Options options;
  std::string client;                                      // the client key's name
  std::string session;                                     // "" joins none
  catalog::Privacy privacy = catalog::Privacy::any;        // the stricter of the key's and the request's own
  router::Strategy strategy = router::Strategy::priority;  // that ordered the routes
  http::Fields base_fields;                                // on every answer: the request id
  Instant arrival;
  // Asked after a wait, before the request was sent anywhere: what the configuration of now allows it, if that is another
  // than this job's (no routes, if the name or the key is gone). Unset: the request ends by the snapshot it came with.
  std::move_only_function<std::optional<Fresh>(const router::Snapshot& present)> renew;
  Watcher* watcher = nullptr;  // null: nobody watches
};

// A call that answered.
struct Answered {
  catalog::RouteId route = 0;
  Call call;
};

// What became of it.
struct Receipt {
  enum class End : unsigned char { answered, failed, broken, cancelled } end = End::failed;
  int status = 0;                         // told to the client; 200 for a stream that broke; 0: the client had left
  std::optional<Failure> failure;         // told to the client, of what did not end well
  std::optional<catalog::RouteId> route;  // that served
  std::optional<chat::Usage> usage;
  Trail trail;                  // attempts that failed or broke, in their order
  std::optional<Call> call;     // the last attempt, if it answered or was cut off by the client or by the server's end
  std::vector<Answered> parts;  // of what was asked in several calls: those before the last that answered, in their order
  Instant arrival{};
  Instant ended{};
  Duration waited{};             // in line for a route
  std::optional<Instant> first;  // content, of a stream
  bool streamed = false;
  router::Strategy strategy = router::Strategy::priority;
  std::shared_ptr<const router::Snapshot> snapshot;  // that the routes above are of: not always the job's
};

class Relay {
 public:
  Relay(net::Loop& loop, upstream::Client& client, Services services);

  // Has any route all that is asked for? Told without asking one; false: `serve` would refuse the job.
  bool able(const Job& job) const;
  // Answers through `reply`, always, unless the client has gone, and says in `receipt`, which is empty, what became of it.
  // All three must outlive the task; the job is used up.
  net::Task<> serve(Job& job, server::Reply& reply, Receipt& receipt);

 private:
  net::Loop& loop_;
  upstream::Client& client_;
  Services services_;
};

}  // namespace freeway::relay

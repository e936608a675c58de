// One request's life: plan, reserve, attempt, fail over, wait, and tell the client what became of it.
//
// One Relay a loop; `serve` runs on it. Everything shared comes from Services.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chat/request.h"
#include "chat/usage.h"
#include "http/fields.h"
#include "net/loop.h"
#include "relay/options.h"
#include "relay/services.h"
#include "relay/trail.h"
#include "router/router.h"
#include "server/reply.h"
#include "upstream/client.h"

namespace freeway::relay {

// A decoded request, ready to be routed.
struct Job {
  std::unique_ptr<chat::Request> request;
  std::shared_ptr<const router::Snapshot> snapshot;
  std::vector<catalog::RouteId> routes;  // what its name and its client key allow
  Options options;
  std::string client;        // the client key's name
  std::string session;       // "" joins none
  http::Fields base_fields;  // on every answer: the request id
  Instant arrival;
};

// What became of it.
struct Receipt {
  enum class End : unsigned char { answered, failed, broken, cancelled } end = End::failed;
  int status = 0;                         // told to the client; 200 for a stream that broke
  std::optional<catalog::RouteId> route;  // that served
  std::optional<chat::Usage> usage;
  Trail trail;
};

class Relay {
 public:
  Relay(net::Loop& loop, upstream::Client& client, Services services);

  // Answers through `reply`, always, unless the client has gone.
  net::Task<Receipt> serve(Job job, server::Reply& reply);

 private:
  net::Loop& loop_;
  upstream::Client& client_;
  Services services_;
};

}  // namespace freeway::relay

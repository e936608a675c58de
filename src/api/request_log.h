// What a request leaves behind when it ends: counts, a record in the log, an event for who listens. Never a word of its
// prompt or its answer: of an error's sentence what the client or a provider wrote in it is left out.
#pragma once

#include <string>
#include <string_view>

#include "api/envelope.h"
#include "api/gate.h"
#include "relay/relay.h"

namespace freeway::api {

// A request as it came.
struct Asked {
  Area area = Area::other;
  std::string_view request_id;
  std::string_view client;  // its key's name
  std::string model;        // as the client named it; "" if it named none
  bool streamed = false;
  Instant arrival{};
};

// What the log says of an attempt that failed, over whatever the record held.
void fill_attempt(store::AttemptRecord& attempt, const catalog::Catalog& catalog, const relay::Attempted& failed,
                  Instant arrival);

// Of one loop, on its thread. Takes a microsecond or so, and waits for nothing.
class RequestLog {
 public:
  RequestLog(net::Loop& loop, Office& office, Metrics::Tally& tally) : loop_(loop), office_(office), tally_(tally) {}

  // It came as far as the relay.
  void ended(const Asked& asked, const relay::Receipt& receipt);
  // It was refused before, but its client is known.
  void refused(const Asked& asked, const Problem& problem);

 private:
  void count(const Asked& asked, const relay::Receipt& receipt);
  void count_call(const catalog::Catalog& catalog, catalog::RouteId route, const relay::Call& call, std::size_t outcome);
  void put_down();
  void begin_record(const Asked& asked);
  void note_error(std::string_view code, const std::string& message, const std::string& quoted);

  net::Loop& loop_;
  Office& office_;
  Metrics::Tally& tally_;
  store::RequestRecord record_;  // one after the other, so that their texts need no memory of their own
};

}  // namespace freeway::api

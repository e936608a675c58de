// One upstream call, from the provider's request to the last byte of its answer, with the client's side kept alive
// meanwhile.
//
// Belongs to the request's coroutine. Before the first content nothing has reached the client (but heartbeats), so a failure
// can still go elsewhere; after it the answer goes on to the client piece by piece, and a failure ends the stream in an
// error that the client can see. The caller settles the reservation with what `spent` tells.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "dialect/dialect.h"
#include "ledger/ledger.h"
#include "relay/delivery.h"
#include "relay/options.h"
#include "relay/trail.h"
#include "router/router.h"
#include "upstream/client.h"

namespace freeway::relay {

class Attempt {
 public:
  enum class End : unsigned char {
    answered,  // the client has its whole answer
    failed,    // nothing reached the client: another route may answer
    broken,    // the stream broke after content; the client was told
    client_gone,
  };
  struct Context {
    const chat::Request& request;
    const router::Snapshot& snapshot;
    const Options& options;
    const Trail& trail;
    Delivery& delivery;
    upstream::Client& client;
    ledger::Ledger& ledger;
    router::Benches& benches;
    const Clock& clock;
    Instant deadline;  // of the request
    bool last;         // no other route could be tried after this one
  };

  Attempt(Context context, catalog::RouteId route, ledger::Reservation& reservation);

  net::Task<End> run();

  // After `failed` and `broken`.
  Attempted failure() const;
  // For settlement: whether the provider answered, and what it cost as far as is known.
  ledger::Outcome spent() const;
  Instant started() const { return started_; }
  std::optional<Instant> dispatched_at() const { return dispatched_at_; }
  // A whole answer was given up at the request's deadline, because another route could still be tried.
  bool cut_short() const { return cut_short_; }
  // Some of the request has left, so the provider may have counted it.
  bool touched() const { return exchange_ && exchange_->touched(); }

 private:
  enum class Mode : unsigned char { waiting, refusal, whole, replay, stream };
  enum class Step : unsigned char { wait, answered, failed, broken, client_gone };

  std::optional<Error> start();
  void note_dispatch();
  bool hold_again();
  void on_head();
  net::Task<Step> advance();
  static net::Task<Step> settled(Step step);
  net::Task<Step> take_whole();
  net::Task<Step> take_stream();
  net::Task<Step> take_replay();
  net::Task<Step> pass_events(bool& finished);
  net::Task<Step> end_stream();
  net::Task<Step> stream_failed();
  net::Task<> drain();
  Step failed_by(const Error& error);
  Step failed_by_fault(chat::Fault fault);
  void hide_key(std::string& text) const;
  Step take_refusal();
  Step timed_out();
  Instant limit() const;
  Duration limit_of(std::optional<Duration> catalog::Timeouts::* field, Duration fallback) const;

  Context context_;
  catalog::RouteId route_;
  ledger::Reservation& reservation_;
  const catalog::Provider& provider_;
  const catalog::Model& model_;
  const dialect::Dialect* dialect_ = nullptr;

  std::vector<std::string> dropped_;
  std::unique_ptr<upstream::Exchange> exchange_;
  std::unique_ptr<dialect::StreamReader> reader_;
  Mode mode_ = Mode::waiting;
  Instant started_{};
  Instant last_content_{};
  Instant refusal_limit_ = kNever;
  std::optional<Instant> dispatched_at_;
  bool no_place_left_ = false;  // to send a lost call once more
  bool committed_ = false;      // content has been given to the client's side
  bool cut_short_ = false;
  bool accepted_ = false;  // the provider answered with a 2xx head
  std::optional<chat::Usage> usage_;

  router::Verdict verdict_;
  std::string evidence_;
  std::optional<chat::Fault> fault_;
};

}  // namespace freeway::relay

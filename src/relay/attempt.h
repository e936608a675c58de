// One upstream call, from the provider's request to the last byte of its answer.
//
// It moves by itself and rings the wake-up; `look` says what has become of it. Until it is ready nothing of it has reached
// the client, so another route can still answer, and two attempts may race. The one that is ready first is told to
// `deliver`: its answer goes on to the client piece by piece, and a failure from there on ends the stream in an error that
// the client can see. The caller settles the reservation with what `spent` tells. Belongs to the request's coroutine.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "base/budget.h"
#include "dialect/dialect.h"
#include "dialect/surface.h"
#include "ledger/ledger.h"
#include "relay/delivery.h"
#include "relay/options.h"
#include "relay/trail.h"
#include "router/router.h"
#include "upstream/client.h"

namespace freeway::relay {

// A route and the places held on its pools.
struct Taken {
  catalog::RouteId route = 0;
  ledger::Reservation reservation;
};

class Attempt {
 public:
  enum class State : unsigned char {
    waiting,
    ready,   // the first content of a stream, or a whole good answer, is in hand
    failed,  // another route may answer
  };
  enum class End : unsigned char {
    answered,  // the client has its whole answer
    failed,    // nothing reached the client
    broken,    // the stream broke after content; the client was told
    client_gone,
    interrupted,  // the server ends; the client has not been told yet
  };
  struct Context {
    const chat::Request& request;
    const dialect::Surface& surface;
    const router::Snapshot& snapshot;
    const Options& options;
    net::Wakeup& wakeup;
    upstream::Client& client;
    ledger::Ledger& ledger;
    router::Benches& benches;
    router::Measures& measures;
    Budget& stream_space;
    Instant deadline;  // of the request
    bool last;         // no other route could be tried after this one
  };

  Attempt(const Context& context, Taken&& taken);

  // Sends the request. Once, before anything else.
  void start();
  // What has become of it. To be asked after each ring, and when it is due.
  State look();
  // At its limit, when it fails if it still waits, or before that, when an answer that was put off is to be asked for.
  Instant due() const { return std::min(limit(), ask_at_); }
  // Once it is ready: what there is and what will come. The trail goes into the answer's head.
  net::Task<End> deliver(Delivery& delivery, const Trail& trail);
  // After `interrupted`, where it is committed: tells the client, in the words of the stream that began. False: it has left.
  net::Task<bool> break_off(Delivery& delivery, const Failure& failure);
  // Ends the call where it stands: the provider learns at once that nobody listens, also where it works at a job of ours.
  void stop();
  // The same, and nobody will ask what it came to.
  void forget();
  // The same, while somebody else may be in the middle of its delivery: nothing comes of it any more, and it is to be
  // concluded as soon as that one looks.
  void let_go();

  catalog::RouteId route() const { return taken_.route; }
  ledger::Reservation& reservation() { return taken_.reservation; }
  // After `failed` and `broken`.
  Attempted failure() const;
  // After `broken`: what the client was told.
  Failure breakage() const;
  // Of one that another attempt was quicker than, or that the request's end cut off.
  Attempted called_off() const;
  // Whatever became of it, until it was stopped.
  Call call() const;
  // For settlement: whether the provider answered, and what it cost as far as is known.
  ledger::Outcome spent() const;
  // What a refusal for a limit said of it; nothing if it was none.
  std::optional<ledger::Refused> refusal() const;
  Instant started() const { return started_; }
  bool committed() const { return committed_; }                                   // it has content
  const std::optional<Instant>& first_content() const { return first_content_; }  // of a stream
  // Of the answer so far, roughly: for who only looks.
  std::uint64_t tokens_so_far() const { return reader_ ? reader_->tokens_so_far() : 0; }
  // A whole answer was given up at the request's deadline, because another route could still be tried.
  bool cut_short() const { return cut_short_; }
  // Some of the request has left, so the provider may have counted it. Until it was stopped.
  bool touched() const { return taken_up_ || let_go_.touched || (exchange_ && exchange_->touched()); }

 private:
  enum class Mode : unsigned char { waiting, refusal, whole, replay, stream, put_off };

  Instant now() const { return context_.wakeup.loop().now(); }
  WallTime wall() const { return context_.wakeup.loop().wall(); }
  Instant limit() const;
  std::optional<Error> send();
  Result<upstream::Call> call_for(dialect::Outgoing&& outgoing, const http::Url& origin) const;
  Result<upstream::Call> follow_up_call(dialect::Outgoing outgoing) const;
  void ask_again();
  bool put_off();
  void broke();
  void wait_for_job();
  void call_off_job();
  void note_dispatch();
  bool hold_again();
  void on_head();
  void hear_limits();
  void take_refusal();
  void take_whole();
  void take_replay();
  void hear_usage();
  std::optional<Error> clipping() const;
  bool take_piece();
  void gather();
  void fit_into_space(std::size_t waiting);
  void give_up_space();
  void end_stream();
  void time_out();
  bool came_late() const;
  net::Task<End> pass_on(Delivery& delivery);
  net::Task<bool> flush(Delivery& delivery);
  net::Task<End> break_off(Delivery& delivery);
  net::Task<> drain(Delivery& delivery);
  void failed_by(const Error& error);
  router::Blame blame_for_way(ErrorKind kind) const;
  void failed_by_fault(chat::Fault fault);
  void hide_secrets(std::string& text) const;
  Duration limit_of(std::optional<Duration> catalog::Timeouts::* field, Duration fallback) const;

  Context context_;
  Taken taken_;
  const catalog::Provider& provider_;
  const catalog::Model& model_;
  const dialect::Dialect* dialect_ = nullptr;
  const dialect::Codec* codec_ = nullptr;  // of a request that is not for chat

  std::vector<std::string> dropped_;
  std::unique_ptr<upstream::Exchange> exchange_;
  std::unique_ptr<dialect::FollowUp> follow_up_;  // while the provider works at a job
  bool taken_up_ = false;                         // it did, whatever became of that
  Instant ask_at_ = kNever;                       // for its answer
  unsigned in_vain_ = 0;                          // so often in a row it was asked for
  std::unique_ptr<dialect::StreamReader> reader_;
  std::unique_ptr<dialect::StreamWriter> writer_;
  std::string gathered_;                       // of a stream, as the client will see it
  Share space_;                                // what the stream holds
  std::optional<dialect::WholeAnswer> whole_;  // in hand
  Mode mode_ = Mode::waiting;
  Instant started_{};
  Instant last_content_{};
  std::optional<Instant> first_content_;
  std::optional<Instant> ended_;
  Duration held_up_{};  // while the client read slowly
  Instant refusal_limit_ = kNever;
  std::optional<Instant> dispatched_at_;
  bool no_place_left_ = false;  // to send a lost call once more
  bool no_space_left_ = false;  // for what the stream holds
  bool delivering_ = false;     // the client gets its answer
  bool committed_ = false;      // content is in hand, or with the client already
  bool good_ = false;           // a whole answer was
  bool over_ = false;           // the stream came to a good end
  bool failed_ = false;
  bool cut_short_ = false;
  struct {
    bool done = false;
    bool touched = false;
    int status = 0;
  } let_go_;               // and what there was to know of the exchange then
  bool accepted_ = false;  // the provider answered with a 2xx head
  std::optional<chat::Usage> usage_;

  router::Verdict verdict_;
  std::string evidence_;
  std::optional<chat::Fault> fault_;
};

}  // namespace freeway::relay

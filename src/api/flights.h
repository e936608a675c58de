// The requests in flight of all loops, to be looked at and called off from other threads. On a request's way only its own
// loop's list is touched: no lock, no atomic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/loop.h"
#include "relay/watcher.h"
#include "store/rows.h"

namespace freeway::api {

class Flight;

// A request as it was at one moment.
struct FlightRow {
  std::string id;
  WallTime time{};  // when it came
  std::string client;
  std::string surface;
  std::string asked;  // the model as the client named it; "" if it named none
  bool streamed = false;
  relay::Progress::State state = relay::Progress::State::planning;
  std::string provider, model, key;            // that is asked or answers; "" if none is
  std::vector<store::AttemptRecord> attempts;  // that failed so far
  std::optional<Duration> first;               // to the first content
  Duration elapsed{};
  std::uint64_t tokens = 0;     // of the answer so far, an estimate
  std::optional<double> speed;  // tokens a second since the first content
};

class Flights {
 public:
  static constexpr std::size_t kMostRows = 1000;      // that one look tells of
  static constexpr std::size_t kPlansPerSecond = 10;  // that are explained, of one loop

  // One loop's, on its thread.
  class alignas(64) Lane {
   public:
    // Before the loop runs.
    void attach(net::Loop& loop) { loop_ = &loop; }
    bool wants_plan(Instant now);

   private:
    friend class Flight;
    friend class Flights;
    net::Loop* loop_ = nullptr;
    Flight* newest_ = nullptr;
    std::size_t size_ = 0;
    Instant second_ = Instant::min();  // since when plans are counted
    std::size_t plans_ = 0;
  };

  explicit Flights(std::size_t loops);
  ~Flights();
  Lane& lane(std::size_t loop) { return *lanes_[loop]; }

  struct Seen {
    std::vector<FlightRow> rows;  // newest first
    std::size_t total = 0;        // also those that are left out
  };
  // These wait for every loop, a busy one for `kPatience` at most, so they are for workers' threads.
  Seen look() const;
  // All requests with this id. False: there is none.
  bool call_off(const std::string& id) const;

 private:
  struct Errand;
  using Work = std::function<void(Lane&, Errand&)>;
  std::shared_ptr<Errand> on_each_loop(Work work) const;

  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace freeway::api

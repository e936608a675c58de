// One pool's count: what is held, what is stamped within its window, and when there will be room.
//
// Held amounts count without end until they are released or counted. A counted amount frees
//   sliding  `window + guard` after its stamp, each stamp by itself;
//   fixed    all together, `window + guard` after the first stamp (the convention of counters that expire);
//   day, month, month_since
//            all together, `guard` after the calendar's reset, and at the latest when so much time has passed as the longest
//            of these periods has, whatever the wall clock said when it began;
//   bucket   evenly over the window, from `guard` after the stamp that found the bucket full;
//   once     never.
// What is stamped within `guard` of the end of a period counts in both, because the provider may see it in the next one.
//
// Two things that the provider said go over what the catalog states: a learned limit, in the place of the stated one until
// it is no longer trusted; and a ceiling: so much may still be drawn until then, whatever our count says. It is measured
// from what had been drawn with the call that the provider spoke of. A draw after that call that turns out smaller leaves
// room under it; one before it does not, because the provider had counted that its own way.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "catalog/calendar.h"
#include "catalog/pool.h"
#include "ledger/wall.h"

namespace freeway::ledger {

// Amounts beyond it are taken for it, so that sums can't overflow.
inline constexpr std::uint64_t kMostAmount = 1'000'000'000'000'000;

struct Time {
  BelievedWall::Reading reading;
  Duration guard{};
};

// Where a counted amount stands, for correcting it later.
struct Mark {
  std::uint64_t number = 0;  // of the stamp, or of the period
  std::uint32_t epoch = 0;
  bool late = false;
  std::uint64_t total = 0;  // the counter's then
};

// How a limit was learned.
enum class Lesson : std::uint8_t {
  none,     // as stated
  told,     // a field of an answer, or a figure in a refusal, named it
  counted,  // so much had been let in when the provider refused
};

// A limit that was learned.
struct Learned {
  Lesson lesson = Lesson::none;
  std::uint64_t limit = 0;
  WallTime at{};           // when
  Instant until = kNever;  // how long it is trusted
  Duration trust{};        // how long it was to be, from `at`
};

// What became of what was granted in a day (UTC): granted = used + expired + in flight.
struct Tally {
  std::int64_t day = 0;       // since 1970
  std::uint64_t granted = 0;  // reserved; what was in flight at midnight counts in the new day
  std::uint64_t used = 0;
  std::uint64_t expired = 0;  // reserved and then not used
  std::uint64_t refused = 0;  // requests that found no room, since the day began or the process did
};

// Not thread-safe: lives under the ledger's lock. Call `advance` before any question.
class Counter {
 public:
  // `name`: for people; the view must stay good. `identity`: the same in every process.
  Counter(std::string_view name, std::uint64_t identity) : name_(name), identity_(identity) {}

  // True: there may be more room than before.
  bool configure(const catalog::PoolSpec& spec, const catalog::Zone& zone);
  // Forgets what has left the window.
  void advance(const Time& time);

  std::string_view name() const { return name_; }
  void rename(std::string_view name) { name_ = name; }
  std::uint64_t identity() const { return identity_; }
  catalog::Unit unit() const { return unit_; }
  bool concurrent() const { return unit_ == catalog::Unit::concurrent; }
  bool once() const { return window_.kind == catalog::Window::Kind::once; }
  std::uint64_t limit() const { return limit_; }    // that holds now
  std::uint64_t stated() const { return stated_; }  // by the catalog or the configuration; kMostAmount: none is
  std::uint64_t held() const { return held_; }
  std::uint64_t used() const;

  bool fits(std::uint64_t amount) const;
  // The earliest moment at which the amount fits if nothing is given back; where that depends on places that are only held,
  // the earliest at which it can. For amounts within the limit that do not fit now.
  Instant opens(std::uint64_t amount, const Time& time) const;
  // When the next part of what is used frees.
  Instant resets(const Time& time) const;

  void hold(std::uint64_t amount) { held_ += amount; }
  void release(std::uint64_t amount) { held_ -= amount; }
  // For the day's tally. `ended`: of so much that was granted, so much was used; the rest never will be.
  void granted(std::uint64_t amount) { today_.granted += amount; }
  void ended(std::uint64_t amount, std::uint64_t used) {
    today_.granted += used > amount ? used - amount : 0;
    today_.used += used;
    today_.expired += used < amount ? amount - used : 0;
  }
  // A request found no room here; asked again at the same moment, it counts once.
  void refuse(Instant now) {
    if (refused_at_ != now) ++today_.refused;
    refused_at_ = now;
  }
  const Tally& today() const { return today_; }
  const Tally& yesterday() const { return yesterday_; }

  // All that was ever counted, as a place to measure from. Never falls: what was counted as more than it was stays in it.
  std::uint64_t total() const { return total_; }
  // From now on this is the limit. True: there may be more room than before.
  bool learn(const Learned& learned);
  // The stated limit is what somebody read somewhere: a learned one may be higher.
  void let_rise(bool may);
  const Learned& learned() const { return learned_; }
  // Of what was counted after `total`, and is still to be, the provider takes so much until then. A word about an earlier
  // total than the last one's is old. True: there may be more room than before.
  bool cap(std::uint64_t total, std::uint64_t remaining, Instant until);
  // For a place that is held when the word comes: the provider counts it in that word, if it counts it at all.
  Mark word() const { return {0, epoch_, false, ceiling_of_}; }
  // Such a place was counted.
  void take_in(const Mark& word, std::uint64_t amount) {
    if (word.epoch == epoch_ && word.total == ceiling_of_) ceiling_ += amount;
  }
  // What the provider lets in until when, as it said last; nothing when that has passed.
  struct Ceiling {
    std::uint64_t left = 0;
    Instant until;
  };
  std::optional<Ceiling> ceiling(Instant now) const;
  Mark count(std::uint64_t amount, const Time& time);
  // The counted amount was another. What has left the window already stays so.
  void correct(const Mark& mark, std::uint64_t from, std::uint64_t to);

  // For what is kept beyond the process: all but the specification, what is held, and the stamps of a sliding window.
  __extension__ typedef __int128 Wide;
  struct Kept {
    std::uint64_t period = 0, used = 0, late = 0;
    bool open = false;
    Instant end, as_of;
    WallTime end_wall;
    Wide debt = 0;
  };
  struct Stamp {
    Instant at;
    std::uint64_t amount = 0;
  };
  Kept kept() const { return {period_, used_, late_, open_, end_, as_of_, end_wall_, debt_}; }
  void restore(const Tally& today, const Tally& yesterday) {
    today_ = today;
    yesterday_ = yesterday;
  }
  // Into a counter that has counted nothing yet.
  void restore(const Kept& kept);
  Mark restore(const Stamp& stamp);  // later than those before
  void restore(const Ceiling& ceiling);
  // Visits the stamps of a sliding window with their numbers, the oldest first.
  template <class F>
  void each_stamp(F&& visit) const {
    for (std::uint64_t number = first_; number != first_ + size_; ++number) visit(number, stamp(number));
  }
  bool knows(const Mark& mark) const { return mark.epoch == epoch_ && (!sliding() || mark.number >= first_); }
  std::uint32_t epoch() const { return epoch_; }
  bool sliding() const { return !concurrent() && window_.kind == catalog::Window::Kind::sliding; }
  const catalog::Window& window() const { return window_; }
  bool is(const catalog::PoolSpec& spec) const;
  // The clock of all instants is another one now. `running`: as far as only time counts in which the process ran, since the
  // wall clock says how long it did not.
  void shift(Duration by, Duration running);

  std::uint32_t told_as = 0;  // its number in the journal; 0: not told yet
  bool bound = false;         // a configuration of this process has it
  std::uint64_t owner = 0;    // of a pool that no catalog knows: whose it is (bindings.h)

 private:
  std::uint64_t in_force() const;
  bool capped(std::uint64_t amount, Instant now) const;
  bool within_window(std::uint64_t amount) const;
  void expire(const Time& time);
  void turn_day(const Time& time);
  Instant opens_by_count(std::uint64_t amount, const Time& time) const;
  void forget();
  bool calendar() const;
  WallTime next(WallTime at) const;
  Stamp& stamp(std::uint64_t number) { return stamps_[number & (stamps_.size() - 1)]; }
  const Stamp& stamp(std::uint64_t number) const { return stamps_[number & (stamps_.size() - 1)]; }
  void grow();
  void roll_fixed(const Time& time);
  void roll_calendar(const Time& time);
  Instant last_end(const Time& time) const;
  void refill(Instant now);
  Instant opens_sliding(std::uint64_t amount, const Time& time) const;
  Instant opens_fixed(std::uint64_t amount, const Time& time) const;
  Instant opens_calendar(std::uint64_t amount, const Time& time) const;
  Instant opens_bucket(std::uint64_t amount) const;

  std::string_view name_;
  std::uint64_t identity_ = 0;
  catalog::Unit unit_ = catalog::Unit::requests;
  catalog::Window window_;
  catalog::Zone zone_;
  std::uint64_t limit_ = 0;  // that holds now
  std::uint64_t stated_ = 0;
  std::uint64_t held_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t ceiling_ = 0;     // of total_ and held_, until capped_until_
  std::uint64_t ceiling_of_ = 0;  // the total that the last word was about
  Instant capped_until_ = Instant::min();
  Instant now_ = Instant::min();  // of the last advance
  bool may_rise_ = false;
  Learned learned_;
  Tally today_, yesterday_;
  Instant refused_at_ = Instant::min();
  std::uint64_t used_ = 0;   // sliding: the sum of the ring
  std::uint32_t epoch_ = 0;  // grows when the count starts anew

  // sliding: a ring whose size is a power of two; stamps are numbered, first_ is the oldest one's number.
  std::vector<Stamp> stamps_;
  std::uint64_t first_ = 0;
  std::uint64_t size_ = 0;

  // fixed and calendars
  std::uint64_t period_ = 0;
  std::uint64_t late_ = 0;  // of used_: stamped so near the end that it counts in the next period too
  bool open_ = false;       // fixed: something is counted; calendars: end_wall_ is known
  Instant end_;             // fixed, guard included
  WallTime end_wall_;       // calendars, without guard

  // bucket: `amount × window` that is not refilled yet, as of a moment; the limit flows back per nanosecond.
  // Calendars: a moment within the period.
  Wide debt_ = 0;
  Instant as_of_;
};

}  // namespace freeway::ledger

// The oracle beside the enforcement: a log of everything that arrived at one allowance, from which the highest amount in any
// of its windows is computed by other means than `Window` counts with, so that the two can disagree.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "farm/window.h"

namespace freeway::farm {

// Plain values; the caller holds the lock. Grows with what arrives within one window; what no window of the future can touch
// is folded away now and then.
class Audit {
 public:
  // `limit` is only the rate at which a bucket refills. `bound`: entries before old ones are folded away.
  Audit(const WindowSpec& window, std::uint64_t limit, std::size_t bound = 200'000)
      : window_(window), limit_(limit), bound_(bound) {}

  struct Peak {
    std::uint64_t arrived = 0;
    std::uint64_t admitted = 0;
  };
  // Returns the entry's serial, for `forgive`.
  std::uint64_t note(const Moment& now, std::uint64_t amount, bool admitted);
  // What was admitted was given back: it arrived, no more.
  void forgive(std::uint64_t serial);
  // The highest sum in any window. Of a bucket: the highest level. Where windows start with an event, an admitted one.
  Peak peak() const;
  std::uint64_t admitted() const { return admitted_; }  // of all times, without what was given back
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Instant at;
    std::int64_t window;  // which one, if the calendar says so
    std::uint64_t amount;
    bool admitted;
  };
  // What a pass over entries knows at its end, so that a later pass can go on from there.
  struct Tally {
    Peak best;
    std::map<std::int64_t, Peak> sums;  // by window
    Peak total;                         // of a bucket: everything that came
    double lowest_arrived = 0;          // and the lowest that `total` without the refill was
    double lowest_admitted = 0;
  };
  std::int64_t number_of_window(WallTime wall) const;
  void add_sliding(Tally& tally) const;
  void add_fixed(Tally& tally) const;
  void add_calendar(Tally& tally, std::size_t count) const;
  void add_bucket(Tally& tally, std::size_t count) const;
  Tally tally(std::size_t count) const;
  std::size_t passed() const;
  void fold();

  WindowSpec window_;
  std::uint64_t limit_;
  std::size_t bound_;
  std::uint64_t first_serial_ = 0;
  std::uint64_t admitted_ = 0;
  std::vector<Entry> entries_;
  Tally folded_;
};

// The same for what is in use at once: the order of comings and goings, from which the highest number is computed again.
class Attendance {
 public:
  std::uint64_t enter();
  void turn_away();  // came when it was full
  void leave(std::uint64_t serial);
  Audit::Peak peak() const;

 private:
  void fold();

  struct Stay {
    std::uint64_t from;
    std::uint64_t to = UINT64_MAX;  // still there
    bool admitted = true;
  };
  std::uint64_t time_ = 0;  // counts comings and goings
  std::uint64_t first_serial_ = 0;
  std::vector<Stay> stays_;
  Audit::Peak folded_;
};

}  // namespace freeway::farm

// The ledger as its records tell it: counters, open reservations, what was learned of the wall clock.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "catalog/calendar.h"
#include "journal/replica.h"
#include "ledger/counter.h"
#include "ledger/hold.h"

namespace freeway::ledger {

// A sliding window's stamps are written as one for each of so many parts of the window, at the moment of the last of them:
// after a restart a place may free later than before by that part (60 s: 0.24 s), never earlier.
inline constexpr int kGrains = 256;

class Book final : public journal::Replica {
 public:
  explicit Book(Duration guard) : guard_(guard), stray_("", 0) {}

  void apply(const journal::Record& record) override;
  // Open reservations are buried, empty pools forgotten.
  void restart(journal::Moment at, Duration shift) override;
  void write(journal::Draft& draft, journal::Moment at) override;

  // For the ledger that goes on from here.
  struct Contents {
    std::vector<std::unique_ptr<Counter>> counters;  // numbered from 1 without gaps
    std::deque<std::string> names;                   // what the counters' names are views of
    BelievedWall wall;
  };
  Contents take();

 private:
  Counter& counter(std::uint32_t number);
  void pool(journal::Reader reader);
  void kept(journal::Reader reader);
  void stamps(journal::Reader reader);
  void tally(journal::Reader reader);
  void learned(journal::Reader reader, Instant now);
  void draw(journal::Reader reader);
  void open(journal::Reader reader);
  void settle_as(Hold& hold, journal::Reader reader, const Time& time);
  void write_counter(journal::Draft& draft, journal::Moment at, Counter& counter, const std::vector<std::uint64_t>& used,
                     std::map<std::uint64_t, std::uint64_t>& moved) const;

  Duration guard_;
  BelievedWall wall_;
  std::map<std::uint32_t, std::unique_ptr<Counter>> counters_;
  std::deque<std::string> names_;
  std::map<std::uint64_t, Hold> open_;
  std::map<std::string, catalog::Zone, std::less<>> zones_;
  Counter stray_;  // in the place of pools that nothing is known of
};

}  // namespace freeway::ledger

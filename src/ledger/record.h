// The ledger's records in the journal (journal/record.h has the frame). Word by word:
//
//   drawn     reservation · places. Written before anything can be sent, so that a kill at a worse moment leaves too much
//             counted, never too little
//   stamped   reservation
//   redrawn   reservation
//   returned  reservation
//   settled   reservation · the true amount of each place, or none where all are as reserved
//   pool      number · identity · unit · window: kind, length, day, zone · limit · name · owner. Before the pool is first
//   drawn
//             on, and when it is stated anew
//   counter   number · Counter::Kept
//   tally     number · day, granted, used, expired of today · the same of yesterday
//   learned   number · lesson · limit · when · trusted until · for how long · ceiling: left, until. When a limit is learned,
//             and when a provider says how much is left
//   stamps    number · instant and amount of each
//   open      reservation · dispatched · of each place the place and its mark
//   wall      BelievedWall::Learned
//
// A place is amount (32 bits) · pool's number (24) · charge (2) · unit (3) · 1 if the amount follows in a word of its own.
// A mark is 1 if it still points at something · late (1 bit) · number.
#pragma once

#include <array>
#include <vector>

#include "journal/record.h"
#include "ledger/hold.h"

namespace freeway::ledger {

inline constexpr std::uint32_t kMostPools = (1U << 24) - 1;

// A payload on the stack, as long as it is short.
class Line {
 public:
  void add(std::uint64_t word) {
    if (size_ < few_.size()) {
      few_[size_++] = word;
    } else {
      add_many(word);
    }
  }
  void add(const Place& place) {
    bool large = place.amount >> 32 != 0;
    std::uint64_t kinds = std::uint64_t{static_cast<std::uint8_t>(place.charge)} << 56 |
                          std::uint64_t{static_cast<std::uint8_t>(place.unit)} << 58 | std::uint64_t{large} << 61;
    add(kinds | std::uint64_t{place.counter->told_as} << 32 | (large ? 0 : place.amount));
    if (large) add(place.amount);
  }
  journal::Words words() const { return many_.empty() ? journal::Words(few_.data(), size_) : journal::Words(many_); }

 private:
  void add_many(std::uint64_t word) {
    if (many_.empty()) many_.assign(few_.begin(), few_.end());
    many_.push_back(word);
  }
  std::array<std::uint64_t, 24> few_;
  std::size_t size_ = 0;
  std::vector<std::uint64_t> many_;
};

struct PlaceWord {
  std::uint32_t pool = 0;
  std::uint64_t amount = 0;
  catalog::Unit unit{};
  catalog::Charge charge{};
};

inline PlaceWord read_place(journal::Reader& reader) {
  std::uint64_t word = reader.word();
  PlaceWord place;
  place.pool = static_cast<std::uint32_t>(word >> 32) & kMostPools;
  place.charge = static_cast<catalog::Charge>(word >> 56 & 3);
  place.unit = static_cast<catalog::Unit>(word >> 58 & 7);
  place.amount = std::min((word >> 61 & 1) != 0 ? reader.word() : word & 0xffffffffU, kMostAmount);
  return place;
}

// A pool as its counter has it now.
journal::Payload pool_payload(const Counter& counter);
journal::Payload learned_payload(const Counter& counter, Instant now);
// What it has counted, and the stamps of a sliding window, in as many records as they take.
journal::Payload counter_payload(const Counter& counter);
std::vector<journal::Payload> stamps_payloads(const Counter& counter, const std::vector<Counter::Stamp>& stamps);

}  // namespace freeway::ledger

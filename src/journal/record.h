// What the journal holds: records of 64-bit words, in the machine's byte order (the file never leaves it).
//
//   word 0   checksum of all that follows (32 bits) · words of payload (24) · kind (8)
//   word 1   when, on the clock that never jumps, ns
//   word 2   when, on the wall, ns
//   payload  up to 2^24 - 1 words; what they mean is said where the kind is written
//
// A record is written from its end: word 0 comes last, so a process that is killed in the middle leaves a zero there, which
// is the end. A power loss may leave any page as it was; the checksum finds that. Every word takes part by steps that can
// be undone, so a change in one word always changes the 64-bit sum, and its 32 bits in all but 1 of 4 * 10^9 cases.
//
// Considered and left: CRC-32C (an instruction here, a table elsewhere; 8 words take 13 ns this way); packed bytes (a
// fifth smaller, twice the instructions).
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace freeway::journal {

enum class Kind : std::uint8_t {
  // src/ledger/record.h
  drawn = 1,  // a reservation: places held
  stamped,    // it was dispatched
  redrawn,    // it is to be dispatched once more
  returned,   // given up
  settled,    // ended with true amounts
  pool,       // what a pool's number means
  counter,    // a pool's count, but for the stamps of a sliding window
  stamps,     // of a sliding window
  open,       // a reservation that has not ended
  wall,       // how far the wall clock is believed
  learned,    // what the provider said of a pool
  tally,      // what became of a pool's grants
  // src/router/benches.cc, sessions.cc
  bench = 32,
  session,
  heard,
};

// Both clocks at one moment.
struct Moment {
  Instant now;
  WallTime wall;
};

// For those who see only the one clock.
inline constexpr WallTime kNoWall = WallTime::min();

// The payload's words live as long as what the record was read from.
struct Record {
  Kind kind{};
  Moment at;
  std::span<const std::uint64_t> payload;
};

using Words = std::span<const std::uint64_t>;
inline constexpr std::size_t kFrameWords = 3;
inline constexpr std::size_t kMostPayload = (std::size_t{1} << 24) - 1;

constexpr std::uint64_t mix(std::uint64_t sum, std::uint64_t word) {
  sum = (sum ^ word) * 0x9e3779b97f4a7c15U;
  return sum ^ (sum >> 29);
}

// Of a frame's words but the first, whose lower half is given.
inline std::uint64_t head_of(std::uint64_t low, std::span<const std::uint64_t> rest) {
  std::uint64_t sum = mix(0x66726565776179U, low);
  for (std::uint64_t word : rest) sum = mix(sum, word);
  return (sum & 0xffffffff00000000U) | low;
}

// The same on every machine and in every version: for names in the file. Not for what an attacker chooses.
constexpr std::uint64_t digest(std::string_view text) {
  std::uint64_t sum = mix(0x6a6f75726e616cU, text.size());
  for (std::size_t at = 0; at < text.size(); at += 8) {
    std::uint64_t word = 0;
    for (std::size_t i = at; i < std::min(at + 8, text.size()); ++i)
      word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * (i - at));
    sum = mix(sum, word);
  }
  return mix(mix(sum, 0), 0);
}

// Records one after the other. Stops at the first word that is no record's.
class Cursor {
 public:
  explicit Cursor(Words words) : words_(words) {}
  bool next(Record& record);
  std::size_t position() const { return at_; }  // after the last record
  bool torn() const { return torn_; }           // something is there that is no whole record

 private:
  Words words_;
  std::size_t at_ = 0;
  bool torn_ = false;
};

// Frames in memory, for a file that is to be written.
class Draft {
 public:
  void add(Kind kind, Moment at, Words payload);
  Words words() const { return words_; }

 private:
  std::vector<std::uint64_t> words_;
};

// A payload in the making.
class Payload {
 public:
  Payload& word(std::uint64_t value) {
    words_.push_back(value);
    return *this;
  }
  Payload& number(std::int64_t value) { return word(static_cast<std::uint64_t>(value)); }
  Payload& text(std::string_view value) {
    word(value.size());
    std::size_t at = words_.size();
    words_.resize(at + (value.size() + 7) / 8);
    if (!value.empty()) std::memcpy(words_.data() + at, value.data(), value.size());
    return *this;
  }
  Words words() const { return words_; }
  std::size_t size() const { return words_.size(); }

 private:
  std::vector<std::uint64_t> words_;
};

// Reads what Payload wrote. Past the end everything is zero and empty, and `good` is false.
class Reader {
 public:
  explicit Reader(Words words) : words_(words) {}
  std::uint64_t word();
  std::int64_t number() { return static_cast<std::int64_t>(word()); }
  std::string_view text();
  std::size_t left() const { return words_.size(); }
  bool good() const { return good_; }

 private:
  Words words_;
  bool good_ = true;
};

}  // namespace freeway::journal

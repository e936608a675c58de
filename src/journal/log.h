// The file or files that a journal's records are in at this moment: one region, and more in memory behind it where it ran
// over. Appended to by any thread, read and replaced by one.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "journal/record.h"
#include "journal/region.h"

namespace freeway::journal {

inline constexpr std::size_t kHeaderWords = 8;

struct Header {
  std::uint64_t boot[2] = {};
  std::uint64_t draft = 0;  // words of records that were there when the file began to count
};

// A file counts from here on, with its records up to now. The header's last word is stored last of all.
void complete(Region& region, const Header& header);
// False: not a complete journal of this version.
bool read_header(std::span<const std::uint64_t> words, Header& header);

class Log {
 public:
  // A stretch of words that is written and stays.
  struct View {
    std::vector<Words> parts;
    std::size_t words = 0;
  };

  // `ring`: see ring_at; must not throw.
  explicit Log(std::function<void()> ring) : ring_(std::move(ring)) {}

  void append(Kind kind, Moment at, Words payload) noexcept;

  // The records from a position on, which is a sum of `View::words` since the last `replace`.
  View view(std::size_t from = 0) const;
  std::size_t size() const;
  // All is in the file: nothing ran over.
  bool on_disk() const;
  bool ran_over() const;
  // `ring` is called once, under the lock, as soon as so many words are there.
  void ring_at(std::size_t words);

  // What the records are in, with its header; null before the first `replace`. For the one thread that replaces.
  Region* first();
  // Puts `next`, whose first `used` words are written, into the place of all that there is, if no more than `most` words
  // came after the first `seen`: these are copied to its end, and it is made complete. What was there before goes to `old`.
  // False: too many, and nothing changed.
  bool replace(Region& next, Header header, std::size_t used, std::size_t seen, std::size_t most, std::deque<Region>& old);

 private:
  struct Part {
    Region region;
    std::size_t begin = 0;  // of the records
    std::size_t end = 0;    // of the last part: see cursor_
  };
  void open_part(std::size_t words) noexcept;
  void close_part();
  View view_locked(std::size_t from) const;

  mutable std::mutex mutex_;
  std::function<void()> ring_;
  std::deque<Part> parts_;
  std::uint64_t* cursor_ = nullptr;  // in the last part
  std::size_t left_ = 0;             // words
  std::size_t written_ = 0;
  std::size_t wake_at_ = SIZE_MAX;
};

}  // namespace freeway::journal

// The last requests that the farm saw, in a ring of bounded size. The caller holds the lock.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/fields.h"

namespace freeway::farm {

struct Entry {
  std::uint64_t serial = 0;
  Instant at{};  // when the last byte was read
  WallTime wall{};
  std::string provider;
  std::string key;
  std::string model;
  std::string_view kind = "";  // of what was asked; "" for lists and what is nowhere
  std::size_t inputs = 0;      // of a job
  std::string method;
  std::string target;
  http::Fields fields;
  std::string body;  // "" beyond 64 KiB
  std::uint64_t body_size = 0;
  std::string sha256;  // filled on arrival only where the body is not kept
  bool stream = false;
  int status = 0;
  std::string_view outcome = "";       // ok, refused, unauthorized, invalid, not_found, or the kind of fault
  std::string_view ended = "running";  // complete, closed, reset, client_left, down
  Instant ended_at{};
  std::uint64_t bytes_sent = 0;
};

class Journal {
 public:
  static constexpr std::size_t kEntries = 2000;
  static constexpr std::size_t kBodyLimit = 64 * 1024;
  static constexpr std::size_t kBodiesLimit = 64 * 1024 * 1024;  // over all entries; the oldest bodies go first

  // Takes the entry, cuts its body to the rules, and gives it its serial.
  std::uint64_t add(Entry entry);
  // Nothing once the ring went past it.
  Entry* find(std::uint64_t serial);
  void clear();

  // JSON of the entries of one provider ("" for all) with a serial over `after`, oldest first, at most `limit` of the
  // newest.
  std::string to_json(std::string_view provider, std::uint64_t after, std::size_t limit, Instant start) const;

 private:
  std::deque<Entry> entries_;
  std::uint64_t next_ = 1;
  std::size_t bodies_ = 0;
  std::size_t bodies_from_ = 0;  // index of the first entry whose body is still kept
};

}  // namespace freeway::farm

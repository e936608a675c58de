// Sessions as the journal tells them.
//
//   session  key · model. When one begins or moves to another model; the frame's instant is when it was heard
//   heard    digest of the key. Of one that goes on, when a 64th of its time has passed since the last record of it
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "journal/replica.h"

namespace freeway::router {

// So many are kept beyond the process, the lately heard ones: 3 MB at most with ids of usual length.
inline constexpr std::size_t kSessionsKept = 16'384;
inline constexpr int kHeardParts = 64;

class SessionBook final : public journal::Replica {
 public:
  struct Session {
    std::string key;
    std::string model;
    Instant heard;
  };

  explicit SessionBook(Duration ttl) : ttl_(ttl) {}

  void apply(const journal::Record& record) override;
  void restart(journal::Moment at, Duration shift) override;
  void write(journal::Draft& draft, journal::Moment at) override;

  // The longest silent first.
  std::vector<const Session*> in_order() const;

 private:
  void forget(Instant now);
  Duration ttl_;
  std::unordered_map<std::uint64_t, Session> sessions_;  // by the key's digest
};

}  // namespace freeway::router

// Bytes that are too many to be held in memory: put away whole, and taken back piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace freeway {

// Belongs to one loop. Nothing of it changes any more.
class Spool {
 public:
  using Taken = std::move_only_function<void(Result<std::string>)>;
  virtual ~Spool() = default;

  virtual std::uint64_t size() const = 0;
  // What lies in memory from there on, good as long as the spool; empty if that is not all there is from there on.
  virtual std::string_view held(std::uint64_t from) const = 0;
  // `taken` gets exactly `count` bytes from `from` on, on the loop and never inside this call; it may be dropped uncalled
  // where the spool ends before. Fails with io. More than the spool holds must not be asked for.
  virtual void fetch(std::uint64_t from, std::size_t count, Taken taken) const = 0;
};

}  // namespace freeway

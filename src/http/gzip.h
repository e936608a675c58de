// Incremental gzip (and zlib "deflate") decoding with a bound on what may come out. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace freeway::http {

class Inflater {
 public:
  explicit Inflater(std::uint64_t output_limit);
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;

  // Appends what the bytes decode to, also before a failure. Fails with malformed, too_large or exhausted (no memory).
  // Several gzip members in a row are one body; other bytes behind one are malformed.
  Result<void> feed(std::string_view bytes, std::string& out);
  // True if the last member has ended.
  bool complete() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freeway::http

// A part of a spool in base64, encoded as it is fetched.
#pragma once

#include <memory>

#include "base/spool.h"

namespace freeway::dialect {

class Base64Spool final : public Spool {
 public:
  Base64Spool(std::shared_ptr<const Spool> bytes, std::uint64_t from, std::uint64_t count);

  std::uint64_t size() const override { return (count_ + 2) / 3 * 4; }
  std::string_view held(std::uint64_t) const override { return {}; }
  void fetch(std::uint64_t from, std::size_t count, Taken taken) const override;

 private:
  std::shared_ptr<const Spool> bytes_;
  std::uint64_t from_, count_;
};

}  // namespace freeway::dialect

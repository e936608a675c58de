#include "dialect/base64_spool.h"

#include <algorithm>

#include "crypto/seal.h"

namespace freeway::dialect {

Base64Spool::Base64Spool(std::shared_ptr<const Spool> bytes, std::uint64_t from, std::uint64_t count)
    : bytes_(std::move(bytes)), from_(from), count_(count) {}

void Base64Spool::fetch(std::uint64_t from, std::size_t count, Taken taken) const {
  // The groups of three bytes that the letters come from.
  std::uint64_t first = from / 4;
  std::uint64_t last = (from + count + 3) / 4;
  std::uint64_t begin = std::min(first * 3, count_);
  std::uint64_t end = std::min(last * 3, count_);
  auto encode = [skip = static_cast<std::size_t>(from % 4), count,
                 taken = std::move(taken)](Result<std::string> bytes) mutable {
    if (bytes) bytes = crypto::to_base64(*bytes).substr(skip, count);
    taken(std::move(bytes));
  };
  bytes_->fetch(from_ + begin, static_cast<std::size_t>(end - begin), std::move(encode));
}

}  // namespace freeway::dialect

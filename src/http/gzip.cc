#include "http/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace freeway::http {
namespace {

constexpr std::size_t kPieceBytes = 16 * 1024;
constexpr int kAnyWrapper = 15 + 32;  // the largest window; gzip or zlib, as the first bytes say

}  // namespace

struct Inflater::State {
  explicit State(std::uint64_t output_limit)
      : limit(output_limit), left(output_limit), usable(inflateInit2(&stream, kAnyWrapper) == Z_OK) {}
  ~State() {
    if (usable) inflateEnd(&stream);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // One call of inflate: takes from stream.next_in, appends to `out`. False once it can do no more with this input.
  Result<bool> step(std::string& out);

  z_stream stream{};
  std::uint64_t limit;
  std::uint64_t left;
  bool usable;
  bool in_member = true;  // inflateInit2 begins the first
  std::optional<Error> failure;
};

Result<bool> Inflater::State::step(std::string& out) {
  if (!in_member) {
    inflateReset(&stream);
    in_member = true;
  }
  // One byte more than is allowed, to see whether there is one.
  const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes - 1, left)) + 1;
  char piece[kPieceBytes];
  stream.next_out = reinterpret_cast<Bytef*>(piece);
  stream.avail_out = static_cast<uInt>(room);
  const int outcome = inflate(&stream, Z_NO_FLUSH);
  const std::size_t made = room - stream.avail_out;
  if (outcome == Z_MEM_ERROR) return fail(ErrorKind::exhausted, "there is no memory to decompress the body");
  if (outcome != Z_OK && outcome != Z_STREAM_END && outcome != Z_BUF_ERROR) {
    return fail(ErrorKind::malformed, "the compressed body is corrupt");
  }
  if (made > left) {
    return fail(ErrorKind::too_large, fmt::format("the decompressed body is larger than the limit of {} bytes", limit));
  }
  out.append(piece, made);
  left -= made;
  if (outcome == Z_STREAM_END) {
    in_member = false;
    return stream.avail_in > 0;
  }
  return stream.avail_in > 0 || stream.avail_out == 0;
}

Inflater::Inflater(std::uint64_t output_limit) : state_(std::make_unique<State>(output_limit)) {}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

Result<void> Inflater::feed(std::string_view bytes, std::string& out) {
  State& state = *state_;
  if (!state.usable) return fail(ErrorKind::exhausted, "there is no memory to decompress the body");
  if (state.failure) return std::unexpected(*state.failure);
  while (!bytes.empty()) {
    auto part = bytes.substr(0, std::numeric_limits<uInt>::max());
    bytes.remove_prefix(part.size());
    state.stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
    state.stream.avail_in = static_cast<uInt>(part.size());
    while (true) {
      auto more = state.step(out);
      if (!more) {
        state.failure = more.error();
        return std::unexpected(std::move(more.error()));
      }
      if (!*more) break;
    }
  }
  return {};
}

bool Inflater::complete() const { return !state_->in_member; }

}  // namespace freeway::http

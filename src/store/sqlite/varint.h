// Numbers of few bytes, see segment.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freeway::store::sqlite {

inline constexpr std::size_t kVarintMost = 10;  // bytes

inline char* put_varint(char* at, std::uint64_t value) {
  while (value >= 0x80) {
    *at++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *at++ = static_cast<char>(value);
  return at;
}

inline std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
inline std::int64_t unzigzag(std::uint64_t value) { return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1)); }

inline char* put_signed(char* at, std::int64_t value) { return put_varint(at, zigzag(value)); }

inline void append_varint(std::string& to, std::uint64_t value) {
  char bytes[kVarintMost];
  to.append(bytes, static_cast<std::size_t>(put_varint(bytes, value) - bytes));
}

inline void append_text(std::string& to, std::string_view text) {
  append_varint(to, text.size());
  to.append(text);
}

// Takes numbers and texts from the front of any bytes. Past a mistake everything is 0 and empty, and `good` is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
      auto byte = static_cast<unsigned char>(*at_++);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    return spoil(), 0;
  }
  std::int64_t signed_number() { return unzigzag(number()); }
  std::string_view bytes(std::uint64_t size) {
    if (size > static_cast<std::size_t>(end_ - at_)) return spoil(), std::string_view();
    std::string_view found(at_, static_cast<std::size_t>(size));
    at_ += size;
    return found;
  }
  std::string_view text() { return bytes(number()); }
  std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool good() const { return good_; }
  void spoil() {
    good_ = false;
    at_ = end_;
  }

 private:
  const char* at_;
  const char* end_;
  bool good_ = true;
};

}  // namespace freeway::store::sqlite

#include "journal/record.h"

namespace freeway::journal {

bool Cursor::next(Record& record) {
  if (at_ >= words_.size() || words_[at_] == 0) return false;
  std::uint64_t head = words_[at_];
  std::uint64_t low = head & 0xffffffffU;
  std::size_t payload = low >> 8;
  torn_ = true;
  if (words_.size() - at_ < kFrameWords + payload) return false;
  auto rest = words_.subspan(at_ + 1, kFrameWords - 1 + payload);
  if (head_of(low, rest) != head) return false;
  torn_ = false;
  record.kind = static_cast<Kind>(low & 0xff);
  record.at.now = Instant(Duration(static_cast<std::int64_t>(rest[0])));
  record.at.wall = WallTime(Duration(static_cast<std::int64_t>(rest[1])));
  record.payload = rest.subspan(2);
  at_ += kFrameWords + payload;
  return true;
}

void Draft::add(Kind kind, Moment at, Words payload) {
  std::size_t start = words_.size();
  words_.push_back(0);
  words_.push_back(static_cast<std::uint64_t>(at.now.time_since_epoch().count()));
  words_.push_back(static_cast<std::uint64_t>(at.wall.time_since_epoch().count()));
  words_.insert(words_.end(), payload.begin(), payload.end());
  std::uint64_t low = payload.size() << 8 | static_cast<std::uint64_t>(kind);
  words_[start] = head_of(low, Words(words_).subspan(start + 1));
}

std::uint64_t Reader::word() {
  if (words_.empty()) {
    good_ = false;
    return 0;
  }
  std::uint64_t value = words_.front();
  words_ = words_.subspan(1);
  return value;
}

std::string_view Reader::text() {
  std::uint64_t size = word();
  std::uint64_t words = size / 8 + (size % 8 != 0);
  if (words > words_.size()) {
    good_ = false;
    words_ = {};
    return {};
  }
  std::string_view text(reinterpret_cast<const char*>(words_.data()), size);
  words_ = words_.subspan(words);
  return text;
}

}  // namespace freeway::journal

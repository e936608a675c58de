#include "journal/log.h"

#include <algorithm>
#include <atomic>

#include "base/log.h"

namespace freeway::journal {

namespace {

constexpr std::uint64_t kMagic = 0x4c4e4a5957454552U;
constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kPartBytes = std::size_t{4} << 20;

enum Place : std::size_t { kMagicAt, kVersionAt, kBootAt, kDraftAt = kBootAt + 2, kSumAt };

std::uint64_t sum_of(std::span<const std::uint64_t> words) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kSumAt; ++i) sum = mix(sum, words[i]);
  return sum;
}

// After all that was stored before it, for whoever sees the memory when this process is gone.
void store_last(std::uint64_t& word, std::uint64_t value) {
  std::atomic_ref<std::uint64_t>(word).store(value, std::memory_order_release);
}

}  // namespace

void complete(Region& region, const Header& header) {
  auto words = region.words();
  words[kMagicAt] = kMagic;
  words[kVersionAt] = kVersion;
  words[kBootAt] = header.boot[0];
  words[kBootAt + 1] = header.boot[1];
  words[kDraftAt] = header.draft;
  store_last(words[kSumAt], sum_of(words));
}

bool read_header(std::span<const std::uint64_t> words, Header& header) {
  if (words.size() < kHeaderWords || words[kMagicAt] != kMagic || words[kVersionAt] != kVersion) return false;
  if (words[kSumAt] != sum_of(words)) return false;
  header.boot[0] = words[kBootAt];
  header.boot[1] = words[kBootAt + 1];
  header.draft = words[kDraftAt];
  return true;
}

void Log::append(Kind kind, Moment at, Words payload) noexcept {
  if (payload.size() > kMostPayload) return;
  std::size_t size = kFrameWords + payload.size();
  std::lock_guard lock(mutex_);
  if (left_ < size) {
    open_part(size);
    if (left_ < size) return;
  }
  std::uint64_t* frame = cursor_;
  frame[1] = static_cast<std::uint64_t>(at.now.time_since_epoch().count());
  frame[2] = static_cast<std::uint64_t>(at.wall.time_since_epoch().count());
  std::copy(payload.begin(), payload.end(), frame + kFrameWords);
  std::uint64_t low = payload.size() << 8 | static_cast<std::uint64_t>(kind);
  store_last(frame[0], head_of(low, Words(frame + 1, size - 1)));
  cursor_ += size;
  left_ -= size;
  written_ += size;
  if (written_ < wake_at_) return;
  wake_at_ = SIZE_MAX;
  ring_();
}

// What does not fit goes to memory until the next file is made.
void Log::open_part(std::size_t words) noexcept {
  auto region = Region::anonymous(std::max(kPartBytes, words * sizeof(std::uint64_t)));
  if (!region) {
    log::error("the journal loses records: {}", region.error().message);
    return;
  }
  close_part();
  parts_.push_back({std::move(*region), 0, 0});
  auto all = parts_.back().region.words();
  cursor_ = all.data();
  left_ = all.size();
  wake_at_ = SIZE_MAX;
  ring_();
}

void Log::close_part() {
  if (!parts_.empty()) parts_.back().end = parts_.back().region.words().size() - left_;
}

Log::View Log::view_locked(std::size_t from) const {
  View view;
  for (const auto& part : parts_) {
    std::size_t end = &part == &parts_.back() ? part.region.words().size() - left_ : part.end;
    std::size_t size = end - part.begin;
    std::size_t skipped = std::min(from, size);
    from -= skipped;
    if (size > skipped) view.parts.emplace_back(part.region.words().subspan(part.begin + skipped, size - skipped));
    view.words += size - skipped;
  }
  return view;
}

Log::View Log::view(std::size_t from) const {
  std::lock_guard lock(mutex_);
  return view_locked(from);
}

std::size_t Log::size() const {
  std::lock_guard lock(mutex_);
  return written_;
}

bool Log::on_disk() const {
  std::lock_guard lock(mutex_);
  return parts_.size() == 1 && parts_.front().region.on_disk();
}

bool Log::ran_over() const {
  std::lock_guard lock(mutex_);
  return parts_.size() > 1;
}

Region* Log::first() {
  std::lock_guard lock(mutex_);
  return parts_.empty() ? nullptr : &parts_.front().region;
}

void Log::ring_at(std::size_t words) {
  std::lock_guard lock(mutex_);
  wake_at_ = words;
  if (written_ < wake_at_) return;
  wake_at_ = SIZE_MAX;
  ring_();
}

bool Log::replace(Region& next, Header header, std::size_t used, std::size_t seen, std::size_t most,
                  std::deque<Region>& old) {
  std::lock_guard lock(mutex_);
  View rest = view_locked(seen);
  if (rest.words > most || rest.words > next.words().size() - used) return false;
  auto words = next.words();
  for (Words part : rest.parts) {
    std::copy(part.begin(), part.end(), words.begin() + static_cast<std::ptrdiff_t>(used));
    used += part.size();
  }
  header.draft = used - kHeaderWords;
  complete(next, header);
  for (auto& part : parts_) old.push_back(std::move(part.region));
  parts_.clear();
  parts_.push_back({std::move(next), kHeaderWords, 0});
  auto all = parts_.back().region.words();
  cursor_ = all.data() + used;
  left_ = all.size() - used;
  written_ = used - kHeaderWords;
  wake_at_ = SIZE_MAX;
  return true;
}

}  // namespace freeway::journal

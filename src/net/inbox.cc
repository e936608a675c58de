#include "net/inbox.h"

#include <algorithm>

namespace freeway::net {

namespace {
constexpr std::size_t kSmallRead = 4096;
constexpr Duration kWatch = std::chrono::milliseconds(100);
// Less room than this behind held bytes is not worth a read: the buffer is compacted or grown first.
constexpr std::size_t kLeastRead = 1024;
}  // namespace

Inbox::Inbox(Stream& stream, Wakeup& wakeup, std::size_t bound)
    : stream_(stream),
      wakeup_(&wakeup),
      hang_up_(dynamic_cast<const HangUp*>(&stream)),
      bound_(bound),
      watch_(wakeup.loop(), [this] { watch(); }),
      reads_on_(wakeup.loop(), After::turn, [this] { listen(); }),
      loop_(wakeup.loop()),
      read_size_(std::min(kSmallRead, bound)) {
  listen();
}

Inbox::~Inbox() {
  if (!reading_) return;
  stream_.close();
  stream_.detach();
}

void Inbox::consume(std::size_t n) {
  buffer_.consume(n);
  listen();
}

void Inbox::pause() { paused_ = true; }

void Inbox::resume() {
  paused_ = false;
  listen();
}

void Inbox::release() {
  read_size_ = std::min(kSmallRead, bound_);
  if (!reading_) buffer_.release();
}

// It is full. Only whether the peer is still there is looked at.
void Inbox::watch() {
  if (reading_ || paused_ || end_ || buffer_.size() < bound_) return;
  if (!hang_up_->hung_up()) return watch_.set(loop_.now() + kWatch);
  end_ = Error{ErrorKind::closed, "the connection was closed"};
  if (wakeup_ != nullptr) wakeup_->ring();
}

void Inbox::listen() {
  if (reading_ || paused_ || end_) return;
  if (buffer_.size() >= bound_) {
    if (hang_up_ != nullptr && !watch_.armed()) watch_.set(loop_.now() + kWatch);
    return;
  }
  const std::size_t room = bound_ - buffer_.size();
  if (buffer_.empty() && buffer_.capacity() > read_size_) buffer_.release();
  const std::size_t want = buffer_.empty() ? read_size_ : std::min(room, kLeastRead);
  std::span<char> into = buffer_.prepare(want);
  into = into.first(std::min(into.size(), room));
  asked_ = into.size();
  reading_ = true;
  stream_.read(into, *this);
}

void Inbox::on_read(Result<std::size_t> bytes) {
  reading_ = false;
  if (bytes) {
    if (*bytes == asked_) {
      read_size_ = std::min(bound_, std::max(read_size_, asked_) * 4);
    }
    buffer_.commit(*bytes);
    reads_on_.set();
  } else {
    end_ = std::move(bytes.error());
  }
  if (wakeup_ != nullptr) wakeup_->ring();
}

}  // namespace freeway::net

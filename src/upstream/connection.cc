#include "upstream/connection.h"

#include <algorithm>
#include <utility>

namespace freeway::upstream {

namespace {
constexpr std::size_t kSmallRead = 4 * 1024;
constexpr std::size_t kLargeRead = 6 * 1024;
}  // namespace

Connection::Connection(Pool& pool, std::string origin, std::unique_ptr<net::Stream> stream)
    : pool_(pool), origin_(std::move(origin)), stream_(std::move(stream)) {
  ++pool_.open_;
}

Connection::~Connection() { --pool_.open_; }

void Connection::listen() {
  if (reading_) return;
  const std::size_t want = reader_ != nullptr && filled_ ? kLargeRead : kSmallRead;
  if (size_ != want) {
    buffer_ = std::make_unique_for_overwrite<char[]>(want);
    size_ = want;
  }
  reading_ = true;
  stream_->read(std::span(buffer_.get(), size_), *this);
}

void Connection::rest() {
  if (reading_) return;
  buffer_.reset();
  size_ = 0;
}

void Connection::on_read(Result<std::size_t> bytes) {
  reading_ = false;
  if (reader_ == nullptr) {
    pool_.discard(*this);
  } else if (bytes) {
    filled_ = *bytes == size_;
    reader_->on_bytes(std::string_view(buffer_.get(), *bytes));
  } else {
    reader_->on_end(bytes.error());
  }
}

Pool::Pool(net::Loop& loop, std::size_t idle_per_origin, Duration idle_for)
    : loop_(loop), idle_per_origin_(idle_per_origin), idle_for_(idle_for), sweeper_(loop, [this] { sweep(); }) {}

std::unique_ptr<Connection> Pool::take(const std::string& origin) {
  const auto found = idle_.find(origin);
  if (found == idle_.end() || found->second.empty()) return nullptr;
  std::unique_ptr<Connection> connection = std::move(found->second.back());
  found->second.pop_back();
  connection->reused = true;
  return connection;
}

void Pool::put(std::unique_ptr<Connection> connection) {
  connection->attach(nullptr);
  if (idle_per_origin_ == 0) return;
  auto& waiting = idle_[connection->origin()];
  if (waiting.size() >= idle_per_origin_) waiting.erase(waiting.begin());
  connection->idle_since = loop_.now();
  if (!sweeper_.armed()) sweeper_.set(connection->idle_since + idle_for_);
  Connection& kept = *waiting.emplace_back(std::move(connection));
  kept.listen();
}

void Pool::discard(Connection& connection) {
  const auto found = idle_.find(connection.origin());
  if (found == idle_.end()) return;
  std::erase_if(found->second, [&](const auto& one) { return one.get() == &connection; });
}

void Pool::sweep() {
  const Instant now = loop_.now();
  Instant next = kNever;
  for (auto row = idle_.begin(); row != idle_.end();) {
    auto& waiting = row->second;
    std::erase_if(waiting, [&](const auto& one) { return one->idle_since + idle_for_ <= now; });
    if (!waiting.empty()) next = std::min(next, waiting.front()->idle_since + idle_for_);
    row = waiting.empty() ? idle_.erase(row) : std::next(row);
  }
  sweeper_.set(next);
}

std::size_t Pool::idle() const {
  std::size_t count = 0;
  for (const auto& row : idle_) count += row.second.size();
  return count;
}

}  // namespace freeway::upstream

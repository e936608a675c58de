#include <algorithm>
#include <cstring>

#include "base/buffer.h"
#include "net/core.h"
#include "net/stream.h"

namespace freeway::net {

namespace {

// One direction. Shared by both ends and by whatever is pending.
struct Pipe {
  Pipe(Loop& of, std::size_t limit) : loop(of), capacity(limit), space(of) {}

  Loop& loop;
  std::size_t capacity;
  Buffer held;
  bool ended = false;        // no more will be written
  bool reset = false;        // ended by abort
  bool writer_gone = false;  // closed at the writing end
  bool reader_gone = false;  // closed at the reading end
  ReadSink* sink = nullptr;  // of the pending read
  std::span<char> into;
  Wakeup space;  // where the writer waits

  bool readable() const { return reader_gone || reset || !held.empty() || ended; }
  std::size_t room() const { return capacity - std::min(capacity, held.size()); }
  void deliver();
};

void Pipe::deliver() {
  if (sink == nullptr || !readable()) return;
  ReadSink* told = std::exchange(sink, nullptr);
  if (reader_gone) {
    told->on_read(fail(ErrorKind::cancelled, "the stream was closed"));
  } else if (reset) {
    told->on_read(fail(ErrorKind::io, "the connection was reset by the peer"));
  } else if (!held.empty()) {
    const std::size_t n = std::min(held.size(), into.size());
    std::memcpy(into.data(), held.view().data(), n);
    held.consume(n);
    space.ring();
    told->on_read(n);
  } else {
    told->on_read(fail(ErrorKind::closed, "the peer closed the connection"));
  }
}

void deliver_soon(const std::shared_ptr<Pipe>& pipe) {
  pipe->loop.post([pipe] { pipe->deliver(); });
}

Result<std::size_t> put(const std::shared_ptr<Pipe>& pipe, std::string_view bytes) {
  if (pipe->writer_gone) return fail(ErrorKind::cancelled, "the stream was closed");
  if (pipe->reader_gone || pipe->ended) return fail(ErrorKind::io, "the connection was reset by the peer");
  const std::size_t n = std::min(bytes.size(), pipe->room());
  pipe->held.append(bytes.substr(0, n));
  if (n > 0) deliver_soon(pipe);
  return n;
}

Task<Result<void>> write_all(std::shared_ptr<Pipe> pipe, std::span<const std::string_view> pieces) {
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      Result<std::size_t> taken = put(pipe, piece);
      if (!taken) co_return std::unexpected(std::move(taken.error()));
      piece.remove_prefix(*taken);
      if (*taken > 0) continue;
      Task<bool> woken = pipe->space.wait(kNever);
      co_await std::move(woken);
    }
  }
  co_return Result<void>();
}

class MemoryStream final : public Stream {
 public:
  MemoryStream(std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out) : in_(std::move(in)), out_(std::move(out)) {}
  ~MemoryStream() override {
    detach();
    close();
  }

  void read(std::span<char> into, ReadSink& sink) override {
    in_->into = into;
    in_->sink = &sink;
    if (in_->readable()) deliver_soon(in_);
  }
  Task<Result<void>> write(std::span<const std::string_view> pieces) override { return write_all(out_, pieces); }
  Result<std::size_t> write_now(std::span<const std::string_view> pieces) override {
    std::size_t total = 0;
    for (const std::string_view piece : pieces) {
      const Result<std::size_t> taken = put(out_, piece);
      if (!taken) return taken;
      total += *taken;
      if (*taken < piece.size()) break;
    }
    return total;
  }
  void close() override { end(false); }
  void abort() override { end(true); }
  void detach() override { in_->sink = nullptr; }
  void shutdown_write() override {
    out_->ended = true;
    deliver_soon(out_);
  }
  std::string peer() const override { return ""; }
  std::string peer_address() const override { return ""; }

 private:
  void end(bool hard) {
    if (in_->reader_gone) return;
    in_->reader_gone = true;
    out_->writer_gone = out_->ended = true;
    out_->reset = hard;
    in_->space.ring();   // the peer's writer
    out_->space.ring();  // ours
    deliver_soon(in_);
    deliver_soon(out_);
  }

  std::shared_ptr<Pipe> in_;
  std::shared_ptr<Pipe> out_;
};

}  // namespace

std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> memory_pipe(Loop& loop, std::size_t capacity) {
  auto forth = std::make_shared<Pipe>(loop, capacity);
  auto back = std::make_shared<Pipe>(loop, capacity);
  return {std::make_unique<MemoryStream>(back, forth), std::make_unique<MemoryStream>(forth, back)};
}

}  // namespace freeway::net

// The reading side of a stream, always listening within a bound.
//
// An inbox keeps one read pending on its stream while it holds less than `bound` bytes, appends what arrives, and rings the
// wake-up. It reads on when who was rung has taken what came, or has had the chance to, so that mostly the whole buffer is
// free for the next piece. So a coroutine that waits for something else (an upstream answer, a timer) still learns at once
// that its peer left, and pipelined bytes are not lost. When it holds `bound` bytes it stops reading, which the peer feels;
// that the peer has left it then learns within 100 ms, where the stream can tell, and what was not read by then is lost. One
// loop. The stream and the wake-up must outlive it.
#pragma once

#include <cstddef>
#include <optional>

#include "base/buffer.h"
#include "net/hang_up.h"
#include "net/stream.h"

namespace freeway::net {

class Inbox final : private ReadSink {
 public:
  Inbox(Stream& stream, Wakeup& wakeup, std::size_t bound = 16 * 1024);
  ~Inbox() override;  // closes the stream if a read is pending

  std::string_view bytes() const { return buffer_.view(); }
  void consume(std::size_t n);  // makes room and goes on reading
  // Why no more will come: closed for an orderly end. Bytes that came before may still be there.
  const std::optional<Error>& end() const { return end_; }
  // Back-pressure: while paused no new read is started (one that is pending may still complete).
  void pause();
  void resume();
  // Rings another wake-up from now on (a pooled connection changes hands). May be null: nobody is told.
  void set_wakeup(Wakeup* wakeup) { wakeup_ = wakeup; }
  // Gives unused memory back; for connections that go idle. Keeps a small read pending.
  void release();

 private:
  void on_read(Result<std::size_t> bytes) override;
  void listen();
  void watch();

  Stream& stream_;
  Wakeup* wakeup_;
  const HangUp* hang_up_;  // of the stream; null: it can't tell
  std::size_t bound_;
  Timer watch_;  // while it is full
  Afterwards reads_on_;
  Loop& loop_;
  Buffer buffer_;
  std::size_t read_size_;  // of the next read into an empty buffer: grows when reads are filled
  std::size_t asked_ = 0;  // size of the pending read
  std::optional<Error> end_;
  bool reading_ = false;
  bool paused_ = false;
};

}  // namespace freeway::net

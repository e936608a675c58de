#include "net/loop.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <cstdlib>
#include <exception>

#include "base/log.h"
#include "net/core.h"
#include "net/poller.h"

namespace freeway::net {

namespace {

// Timers within one grain share an alarm.
constexpr Duration kGrain = std::chrono::milliseconds(2);
constexpr Duration kFarthestAlarm = std::chrono::hours(1);
// Coroutines resumed in one turn before the reactor gets a look.
constexpr int kTurnBudget = 256;

void end_process(const std::exception_ptr& failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    log::error("an exception left a coroutine: {}", error.what());
  } catch (...) {
    log::error("an exception left a coroutine");
  }
  std::abort();
}

}  // namespace

void SleeperList::push(Sleepable& sleeper) {
  sleeper.list = this;
  sleeper.previous = last_;
  sleeper.next = nullptr;
  (last_ != nullptr ? last_->next : first_) = &sleeper;
  last_ = &sleeper;
}

void Sleepable::unlink() {
  if (list == nullptr) return;
  (previous != nullptr ? previous->next : list->first_) = next;
  (next != nullptr ? next->previous : list->last_) = previous;
  list = nullptr;
  previous = next = nullptr;
}

void LoopAfterwards::push(Afterwards& late) {
  late.set_ = true;
  late.previous_ = last;
  (last != nullptr ? last->next_ : first) = &late;
  last = &late;
}

void LoopAfterwards::remove(Afterwards& late) {
  if (!late.set_) return;
  late.set_ = false;
  (late.previous_ != nullptr ? late.previous_->next_ : first) = late.next_;
  (late.next_ != nullptr ? late.next_->previous_ : last) = late.previous_;
  late.previous_ = late.next_ = nullptr;
}

void LoopAfterwards::run(Loop::Core& core) {
  while (first != nullptr) {
    Afterwards& late = *first;
    remove(late);
    core.look_again();
    late.callback_();
  }
}

Afterwards::Afterwards(Loop& loop, After what, std::move_only_function<void()> callback)
    : loop_(loop), what_(what), callback_(std::move(callback)) {}

Afterwards::~Afterwards() { loop_.core().waiting_for(what_).remove(*this); }

void Afterwards::set() {
  if (set_) return;
  loop_.core().waiting_for(what_).push(*this);
  if (what_ == After::batch) loop_.core().await_batch();
}

bool Door::post(std::move_only_function<void()> work) {
  std::lock_guard lock(mutex);
  if (loop == nullptr) return false;
  loop->post(std::move(work));
  return true;
}

Loop::Core::~Core() = default;

Loop::Core::Core(Loop& loop)
    : clock(loop.clock()),
      door(std::make_shared<Door>()),
      io(std::make_unique<asio::io_context>(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO)),
      poller(std::make_unique<Poller>(*this)) {
  door->loop = &loop;
  alarm.emplace(*io);
}

void Loop::Core::shut_down() {
  {
    std::lock_guard lock(door->mutex);
    door->loop = nullptr;
  }
  closing = true;
  alarm.reset();
  poller->shut_down();
  for (SleeperList* list : {&sleeping, &ready}) {
    while (!list->empty()) {
      Sleepable& sleeper = *list->front();
      sleeper.unlink();
      // Dropping the handler hands the coroutine to Asio, which destroys it below.
      const auto handler = std::move(sleeper.handler);
      sleeper.handler.reset();
    }
  }
  io.reset();
}

void Loop::Core::wake(Sleepable& sleeper) {
  sleeper.unlink();
  ready.push(sleeper);
  if (depth > 0 || drain_posted || closing) return;
  drain_posted = true;
  asio::post(*io, [this] {
    drain_posted = false;
    Turn turn(*this);
  });
}

void Loop::Core::drain() {
  for (int budget = kTurnBudget; !ready.empty(); --budget) {
    if (budget == 0) {
      if (!drain_posted) {
        drain_posted = true;
        asio::post(*io, [this] {
          drain_posted = false;
          Turn turn(*this);
        });
      }
      return;
    }
    Sleepable& sleeper = *ready.front();
    sleeper.unlink();
    auto handler = std::move(*sleeper.handler);
    sleeper.handler.reset();
    const bool rang = sleeper.rang && !sleeper.late;
    sleeper.rang = sleeper.rang && sleeper.late;
    look_again();
    handler(rang);  // the coroutine may destroy the sleeper
  }
}

void Loop::Core::end_turn() {
  if (!ready.empty()) drain();
  if (!after_turn.empty()) after_turn.run(*this);
}

// What is posted runs behind all that is ready; what the reactor finds meanwhile is the next batch's.
void Loop::Core::await_batch() {
  if (batch_posted || closing) return;
  batch_posted = true;
  asio::post(*io, [this] {
    batch_posted = false;
    Turn turn(*this);
    after_batch.run(*this);
  });
}

Instant Loop::Core::now() {
  if (depth == 0) return clock.now();
  if (!seen_now) seen_now = clock.now();
  return *seen_now;
}

WallTime Loop::Core::wall() {
  if (depth == 0) return clock.wall();
  if (!seen_wall) seen_wall = clock.wall();
  return *seen_wall;
}

void Loop::Core::tick() {
  Turn turn(*this);
  look_again();
  const Instant now = clock.now();
  timers.fire(now);
  // A clock that a test moved has passed the alarm without Asio's noticing.
  if (alarm_at <= now) alarm_at = kNever;
  arm();
}

void Loop::Core::arm() {
  const Instant first = timers.earliest();
  if (first >= alarm_at || closing) return;
  const Instant now = clock.now();
  Duration delay = Duration::zero();
  if (first > now) {
    delay = std::min(first - now, kFarthestAlarm);
    const auto at = (now + delay).time_since_epoch();
    delay += kGrain - at % kGrain;
    if (now + delay >= alarm_at) return;
  }
  alarm_at = now + delay;
  alarm->expires_after(delay);
  alarm->async_wait([this](const ErrorCode& code) {
    if (code) return;
    alarm_at = kNever;
    tick();
  });
}

Loop::Loop(const Clock& clock) : clock_(clock), core_(std::make_unique<Core>(*this)) {}

Loop::~Loop() { core_->shut_down(); }

Instant Loop::now() { return core_->now(); }

WallTime Loop::wall() { return core_->wall(); }

void Loop::post(std::move_only_function<void()> work) {
  if (core_->closing) return;
  asio::post(*core_->io, [core = core_.get(), work = std::move(work)]() mutable {
    Turn turn(*core);
    work();
  });
}

void Loop::spawn(Task<> task) {
  if (core_->closing) return;
  asio::co_spawn(core_->executor(), std::move(task), end_process);
}

void Loop::run() {
  {
    const asio::executor_work_guard<Executor> work(core_->executor());
    core_->io->run();
  }
  // After the guard, whose end may stop the context once more: the next run starts afresh.
  core_->io->restart();
  core_->stopping = false;
}

void Loop::stop() {
  core_->stopping = true;
  core_->io->stop();
}

void Loop::tick() { core_->tick(); }

Error to_error(const ErrorCode& code) {
  if (code == asio::error::eof) return {ErrorKind::closed, "the peer closed the connection"};
  if (code == asio::error::operation_aborted || code == asio::error::bad_descriptor) {
    return {ErrorKind::cancelled, "the stream was closed"};
  }
  if (code == asio::error::connection_reset || code == asio::error::broken_pipe) {
    return {ErrorKind::io, "the connection was reset by the peer"};
  }
  if (code == asio::error::timed_out) return {ErrorKind::timeout, "the peer no longer answers"};
  return {ErrorKind::io, code.message()};
}

}  // namespace freeway::net

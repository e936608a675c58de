#include "net/core.h"

namespace freeway::net {

struct Wakeup::Sleeper : Sleepable {
  explicit Sleeper(Loop& loop) : core(loop.core()), alarm(loop, [this] { on_alarm(); }) {}

  // The alarm is left set when a ring ends a wait early, because the next wait is likely to end later: it then only looks
  // whether the present wait is over.
  void on_alarm() {
    if (!handler || until == kNever) return;
    if (core.now() < until) {
      alarm.set(until);
      alarm_at = until;
    } else {
      core.wake(*this);
    }
  }

  void set_alarm() {
    if (until == kNever || (alarm.armed() && alarm_at <= until)) return;
    alarm.set(until);
    alarm_at = until;
  }

  Loop::Core& core;
  Instant until = kNever;
  Instant alarm_at = kNever;
  Timer alarm;
};

namespace {

struct FallAsleep {
  void operator()(Sleepable::Handler handler, Loop::Core* core, Sleepable* sleeper) const {
    sleeper->handler.emplace(std::move(handler));
    core->sleeping.push(*sleeper);
    if (sleeper->rang) core->wake(*sleeper);
  }
};

Task<bool> answer(bool rang) { co_return rang; }

}  // namespace

Wakeup::Wakeup(Loop& loop) : loop_(loop), sleeper_(std::make_unique<Sleeper>(loop)) {}

Wakeup::~Wakeup() = default;

Task<bool> Wakeup::wait(Instant until) {
  Sleeper& sleeper = *sleeper_;
  if (sleeper.rang) {
    sleeper.rang = false;
    return answer(true);
  }
  // Also where `until` has passed: whoever waits in a loop for nothing must not stop the others, nor the clock.
  sleeper.late = until != kNever && until <= sleeper.core.now();
  sleeper.until = until;
  sleeper.set_alarm();
  Awaited token;
  return asio::async_initiate<Awaited, void(bool)>(FallAsleep(), token, &sleeper.core, static_cast<Sleepable*>(&sleeper));
}

void Wakeup::ring() {
  Sleeper& sleeper = *sleeper_;
  if (sleeper.rang) return;
  sleeper.rang = true;
  if (sleeper.handler) sleeper.core.wake(sleeper);
}

}  // namespace freeway::net

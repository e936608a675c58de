#include "ledger/hold.h"

namespace freeway::ledger {

using catalog::Unit;

bool dispatch(Hold& hold, const Time& time) {
  if (hold.dispatched) return false;
  hold.dispatched = true;
  hold.at = time.reading.now;
  hold.wall = time.reading.wall;
  hold.each([&](Place& place) {
    if (place.until_settled()) return;
    place.counter->release(place.amount);
    place.mark = place.counter->count(place.amount, time);
  });
  return true;
}

bool fits_again(Hold& hold, const Time& time) {
  bool room = true;
  hold.each([&](Place& place) {
    if (place.until_settled() || place.moves()) return;
    place.counter->advance(time);
    room = room && place.counter->fits(place.amount);
  });
  return room;
}

void hold_again(Hold& hold) {
  hold.dispatched = false;
  hold.each([&](Place& place) {
    if (place.until_settled()) return;
    if (place.moves()) place.counter->correct(place.mark, place.amount, 0);
    place.counter->ended(place.amount, place.moves() ? 0 : place.amount);
    place.counter->granted(place.amount);
    place.counter->hold(place.amount);
  });
}

bool settle(Hold& hold, const Time& time) {
  bool opened = false;
  dispatch(hold, time);
  hold.each([&](Place& place) {
    opened = opened || place.truly < place.amount || place.unit == Unit::concurrent;
    place.counter->ended(place.amount, place.truly);
    if (!place.until_settled()) {
      place.counter->correct(place.mark, place.amount, place.truly);
      return;
    }
    place.counter->release(place.amount);
    if (place.unit == Unit::concurrent || place.truly == 0) return;
    place.counter->count(place.truly, time);
    place.counter->take_in(place.mark, place.truly);
  });
  return opened;
}

bool give_up(Hold& hold, const Time& time) {
  bool opened = false;
  hold.each([&](Place& place) {
    bool held = !hold.dispatched || place.until_settled();
    place.counter->ended(place.amount, hold.dispatched ? place.amount : 0);
    if (!held) return;
    place.counter->release(place.amount);
    if (!hold.dispatched || place.unit == Unit::concurrent) {
      opened = true;
    } else {
      place.counter->count(place.amount, time);
    }
  });
  return opened;
}

void bury(Hold& hold, const Time& time) {
  hold.each([&](Place& place) {
    place.counter->ended(place.amount, place.amount);
    if (hold.dispatched && !place.until_settled()) return;
    place.counter->release(place.amount);
    if (place.unit != Unit::concurrent) place.counter->count(place.amount, time);
  });
}

}  // namespace freeway::ledger

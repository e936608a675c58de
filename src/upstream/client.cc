#include "upstream/client.h"

#include <utility>

#include "upstream/state.h"

namespace freeway::upstream {

net::Task<> Client::State::see_to(std::shared_ptr<State> client, Call call, Instant until) {
  net::Wakeup wakeup(client->loop);
  auto state = std::make_shared<Exchange::State>(client, std::move(call), wakeup);
  Exchange exchange(state);
  state->start();
  for (bool rang = true; rang && !exchange.complete() && !exchange.failure();) {
    net::Task<bool> waiting = wakeup.wait(until);
    rang = co_await std::move(waiting);
    exchange.consume(exchange.body().size());
  }
  client->seen_to();
}

void Client::State::seen_to() {
  --sent_off;
  if (sent_off == 0 && settled) std::exchange(settled, nullptr)();
}

Client::Client(net::Loop& loop, net::Dialer& dialer, Options options)
    : state_(std::make_shared<State>(loop, dialer, std::move(options))) {}

Client::~Client() = default;

std::unique_ptr<Exchange> Client::start(Call&& call, net::Wakeup& wakeup) {
  auto state = std::make_shared<Exchange::State>(state_, std::move(call), wakeup);
  auto exchange = std::make_unique<Exchange>(state);
  state->start();
  return exchange;
}

void Client::send_off(Call call, Duration patience) {
  ++state_->sent_off;
  net::Task<> task = State::see_to(state_, std::move(call), state_->loop.now() + patience);
  state_->loop.spawn(std::move(task));
}

void Client::settle(std::move_only_function<void()> settled) {
  if (state_->sent_off == 0) {
    settled();
  } else {
    state_->settled = std::move(settled);
  }
}

std::size_t Client::idle_connections() const { return state_->pool.idle(); }

std::size_t Client::open_connections() const { return state_->pool.open(); }

}  // namespace freeway::upstream

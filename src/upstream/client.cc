#include "upstream/client.h"

#include <utility>

#include "upstream/state.h"

namespace freeway::upstream {

Client::Client(net::Loop& loop, net::Dialer& dialer, Options options)
    : state_(std::make_shared<State>(loop, dialer, std::move(options))) {}

Client::~Client() = default;

std::unique_ptr<Exchange> Client::start(Call call, net::Wakeup& wakeup) {
  auto state = std::make_shared<Exchange::State>(state_, std::move(call), wakeup);
  auto exchange = std::make_unique<Exchange>(state);
  state->start();
  return exchange;
}

std::size_t Client::idle_connections() const { return state_->pool.idle(); }

std::size_t Client::open_connections() const { return state_->pool.open(); }

}  // namespace freeway::upstream

#include "server/server.h"

#include <atomic>
#include <functional>
#include <unordered_set>

#include "server/connection.h"

namespace freeway::server {

struct Server::State : std::enable_shared_from_this<Server::State> {
  State(net::Loop& loop, Handler& handler, Options options) : shared{loop, handler, options} {}

  Shared shared;
  std::unordered_set<std::shared_ptr<Connection>> connections;
  std::atomic<std::size_t> open{0};  // the size of `connections`, for other threads
  std::move_only_function<void()> drained;

  void forget(const std::shared_ptr<Connection>& connection) {
    connections.erase(connection);
    open.store(connections.size(), std::memory_order_relaxed);
    if (connections.empty() && drained) std::exchange(drained, nullptr)();
  }
};

namespace {

net::Task<> live(std::shared_ptr<Server::State> state, std::shared_ptr<Connection> connection, bool welcome) {
  if (welcome) {
    co_await connection->run();
  } else {
    co_await connection->turn_away();
  }
  state->forget(connection);
}

}  // namespace

Server::Server(net::Loop& loop, Handler& handler, Options options)
    : state_(std::make_shared<State>(loop, handler, options)) {}

Server::~Server() = default;

void Server::accept(std::unique_ptr<net::Stream> stream) {
  if (state_->shared.draining) return;  // closes it
  bool welcome = state_->connections.size() < state_->shared.options.connections;
  auto connection = std::make_shared<Connection>(state_->shared, std::move(stream));
  state_->connections.insert(connection);
  state_->open.store(state_->connections.size(), std::memory_order_relaxed);
  state_->shared.loop.spawn(live(state_, connection, welcome));
}

void Server::drain(std::move_only_function<void()> drained) {
  state_->shared.draining = true;
  state_->drained = std::move(drained);
  auto open = state_->connections;
  for (const auto& connection : open) connection->drain();
  if (state_->connections.empty() && state_->drained) std::exchange(state_->drained, nullptr)();
}

void Server::hurry() {
  state_->shared.ending = true;
  for (const auto& connection : state_->connections) connection->hurry();
}

void Server::close_all() {
  auto open = state_->connections;
  for (const auto& connection : open) connection->close();
}

std::size_t Server::connections() const { return state_->open.load(std::memory_order_relaxed); }

}  // namespace freeway::server

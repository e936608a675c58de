#include "app/notify.h"

#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <charconv>

#include "base/log.h"
#include "net/unix.h"

namespace freeway::app {

namespace {

std::optional<std::int64_t> number(const std::optional<std::string>& text) {
  if (!text) return {};
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (failure != std::errc() || end != text->data() + text->size() || value <= 0) return {};
  return value;
}

std::int64_t monotonic_microseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}

// Nothing but the status's own line may follow.
std::string line_of(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

}  // namespace

Notify::Notify(const Outside& outside) {
  auto socket = outside.variable("NOTIFY_SOCKET");
  if (!socket || (!socket->starts_with('/') && !socket->starts_with('@'))) return;
  socket_ = std::move(*socket);
  const auto period = number(outside.variable("WATCHDOG_USEC"));
  const auto process = outside.variable("WATCHDOG_PID");
  const bool ours = !process || number(process) == getpid();
  if (period && ours) watchdog_ = std::chrono::microseconds(*period) / 2;
}

void Notify::ready(std::string_view status) { send(fmt::format("READY=1\nSTATUS={}", line_of(status))); }

void Notify::reloading() {
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=reading the configuration", monotonic_microseconds()));
}

void Notify::stopping() { send("STOPPING=1\nSTATUS=open answers may finish"); }

void Notify::status(std::string_view text) { send(fmt::format("STATUS={}", line_of(text))); }

void Notify::alive() { send("WATCHDOG=1"); }

void Notify::send(const std::string& text) {
  if (socket_.empty()) return;
  const auto sent = net::send_unix_datagram(socket_, text);
  if (!sent) log::debug("cannot tell the service manager: {}", sent.error().message);
}

}  // namespace freeway::app

// Telling the service manager how the program is, as sd_notify(3) does: one datagram an event to the socket that
// NOTIFY_SOCKET names. Without that variable nothing is sent. Does not wait and never fails aloud: the program serves
// whether or not anybody listens. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/config.h"
#include "base/clock.h"

namespace freeway::app {

class Notify {
 public:
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  explicit Notify(const Outside& outside);

  bool wanted() const { return !socket_.empty(); }
  void ready(std::string_view status);
  // The moment is the system's monotonic clock, which the manager compares with its own.
  void reloading();
  void stopping();
  void status(std::string_view text);  // one line, for `systemctl status`
  void alive();                        // the watchdog's sign
  // How often a sign of life is due (half of what the manager allows); nothing if it watches nobody.
  std::optional<Duration> watchdog() const { return watchdog_; }

 private:
  void send(const std::string& text);

  std::string socket_;
  std::optional<Duration> watchdog_;
};

}  // namespace freeway::app

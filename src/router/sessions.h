// Conversations and the model each should stay with. Thread-safe, bounded, forgotten after a time of silence.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"

namespace freeway::journal {
class Journal;
class Replica;
}  // namespace freeway::journal

namespace freeway::router {

class Sessions {
 public:
  struct Options {
    Duration ttl = std::chrono::minutes(30);
    std::size_t most = 100'000;  // the longest silent goes first
  };
  explicit Sessions(Options options);
  ~Sessions();

  // What outlives the process: see Benches::remember. A session may come back a 64th of `ttl` older than it was.
  static std::unique_ptr<journal::Replica> replica(const Options& options);
  void remember(journal::Journal& journal, journal::Replica& told);
  // Holds from now on, for conversations that are remembered too.
  void set_ttl(Duration ttl);

  // `id` names the session within one client key; two clients never share one.
  std::optional<std::string> model(std::string_view client, std::string_view id, Instant now) const;
  // Remembers "provider/wire-id" and starts the time of silence anew.
  void keep(std::string_view client, std::string_view id, std::string_view model, Instant now);
  std::size_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freeway::router

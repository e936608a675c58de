// All providers of a scenario and the journal of what they saw. Thread-safe: one lock, held briefly.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "farm/play.h"
#include "farm/provider.h"
#include "farm/record.h"
#include "farm/scenario.h"
#include "http/head.h"

namespace freeway::farm {

// How an answer ended, as the journal says it.
enum class Ended : std::uint8_t { complete, closed, reset, client_left, down };

class World {
 public:
  // `seed` overrides the scenario's. The clock must outlive the world.
  World(const Clock& clock, Scenario scenario, std::optional<std::uint64_t> seed);

  std::shared_ptr<Provider> find(std::string_view id) const;
  bool is_up(const Provider& provider) const;

  struct Exchange {
    std::shared_ptr<Provider> provider;
    Ticket ticket;
    bool good = false;  // its end counts as an ok answer
    bool settled = false;
    std::uint64_t bytes = 0;
  };
  // A whole request has arrived for a provider: decides, counts, records, and returns how to answer. `path` is what follows
  // the provider, as sent.
  std::unique_ptr<Play> arrive(Exchange& exchange, http::RequestHead&& head, std::string_view path, std::string&& body);
  // Bytes were written so far.
  void progress(Exchange& exchange);
  // The answer's end, said before its last bytes are written so that whoever has read them finds the places free and the
  // counts right. A second call amends the first: the client was gone after all.
  void settle(Exchange& exchange, Ended how);

  void connection_opened(Provider& provider);
  void connection_closed(Provider& provider);

  std::string stats();
  std::string requests(std::string_view provider, std::uint64_t after, std::size_t limit) const;
  void reset();
  // Replaces providers that are named alike, adds and removes others.
  void replace(Scenario scenario);
  // Applies a control request to one provider; fails with invalid or not_found, then nothing has changed.
  Result<void> change(std::string_view id, std::string_view json);

  struct Place {
    std::string id;
    std::string base;  // of its addresses, behind the id
    bool own_port = false;
    bool up = true;
  };
  std::vector<Place> places() const;

 private:
  Moment now() const { return {clock_.now(), clock_.wall()}; }
  void build(Scenario scenario);
  Provider::Decision decide(Provider& provider, const Moment& moment, std::optional<std::string_view> key,
                            std::string_view path, std::string_view query, std::string_view body, const Route& route);

  const Clock& clock_;
  const Instant start_;
  const std::optional<std::uint64_t> seed_;
  mutable std::mutex mutex_;
  bool record_ = true;
  std::uint64_t serial_ = 0;
  std::vector<std::shared_ptr<Provider>> providers_;
  Journal journal_;
};

}  // namespace freeway::farm

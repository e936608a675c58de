// Where the farm listens: a site on each loop with its listeners and connections, and the hub that opens and closes ports.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "farm/connection.h"
#include "farm/world.h"
#include "net/listen.h"
#include "net/loop.h"

namespace freeway::farm {

class Hub;

// One loop's share; touched on its thread only.
class Site {
 public:
  Site(Hub& hub, World& world, net::Loop& loop) : hub_(hub), world_(world), loop_(loop) {}

  World& world() { return world_; }
  net::Loop& loop() { return loop_; }
  // An answer to a request under /_farm.
  Plain control(std::string_view method, std::string_view path, std::string_view query, std::string_view body);

  // Listens for a provider ("": the common port) and returns the port.
  Result<std::uint16_t> open(const std::string& provider, const net::ListenAddress& address, bool shared_port);
  // Stops listening for a provider, if it has a port of its own, and resets its connections.
  void shut(const std::string& provider);
  void close_listeners() { listeners_.clear(); }
  bool listens_for(const std::string& provider) const { return listeners_.contains(provider); }
  std::vector<std::string> listening() const;

  void add(Connection& connection) { connections_.insert(&connection); }
  void remove(Connection& connection) { connections_.erase(&connection); }

 private:
  Plain change_provider(std::string_view id, std::string_view body);
  Plain replace_scenario(std::string_view body);

  Hub& hub_;
  World& world_;
  net::Loop& loop_;
  std::map<std::string, std::unique_ptr<net::Listener>> listeners_;
  std::set<Connection*> connections_;
};

// Outlives the runtime, whose dying coroutines say good-bye to their sites. Ports that were chosen stay with their provider.
class Hub {
 public:
  explicit Hub(World& world) : world_(world) {}

  // Before the runtime starts: opens the common port and those of providers that have their own.
  Result<void> open(net::Runtime& runtime, const net::ListenAddress& address);
  // After it has ended.
  void close();

  // Makes listeners and connections agree with which providers are up. On a site's thread, which it serves at once; other
  // loops follow soon.
  Result<void> agree(Site& here);

  // {"listen":"127.0.0.1:1234","providers":{"u1":"http://127.0.0.1:1234/u1/v1"}}
  std::string addresses() const;

 private:
  Result<void> agree_on(Site& site, const std::vector<World::Place>& places);
  Result<void> open_port(Site& site, const std::string& provider);

  World& world_;
  net::ListenAddress base_;
  mutable std::mutex mutex_;                    // over ports_
  std::map<std::string, std::uint16_t> ports_;  // by provider; "" for the common one
  std::vector<std::unique_ptr<Site>> sites_;
};

}  // namespace freeway::farm

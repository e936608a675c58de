// Names to addresses: off the loop, cached, and one question at a time for each name. Included inside this room only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/core.h"
#include "net/dial.h"

namespace freeway::net {

using Addresses = std::vector<asio::ip::address>;

// One dial's wait for a name. Touched on its loop only.
struct Lookup {
  Wakeup* wakeup = nullptr;  // rung when done; cleared by a dial that ends first
  bool done = false;
  Result<Addresses> answer;
};

// Thread-safe. Asks on a few threads of its own, which start with the first questions and are not waited for at the end:
// a name server that does not answer must not hold up the end of the program.
class Resolver {
 public:
  using Find = std::function<Result<std::vector<std::string>>(const std::string& host)>;

  Resolver(Find find, Duration ttl, Duration failure_ttl);
  ~Resolver();

  // Called on the loop. The lookup is done at once for a numeric address or a cached name.
  std::shared_ptr<Lookup> look_up(Loop& loop, const std::string& host, Wakeup& wakeup);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// RFC 8305, section 4: the families take turns, in the order of each and beginning with the first.
Addresses interleave(const Addresses& addresses);

}  // namespace freeway::net

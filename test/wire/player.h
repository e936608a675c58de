// Plays one transcript case against a gateway in this process.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/service.h"
#include "base/clock.h"
#include "wire/peer.h"
#include "wire/script.h"

namespace freeway::wire {

class Player {
 public:
  Player(const Case& play, unsigned threads) : case_(play), threads_(threads) {}
  ~Player();
  // "" or what went wrong, with file and line.
  std::string play();

 private:
  struct Upstream {
    int holder = -1;  // keeps the port while nobody listens at it
    int listener = -1;
    std::uint16_t port = 0;
    std::vector<std::unique_ptr<Peer>> connections;
    Peer* current = nullptr;  // that the last request came on
    Message request;
  };
  struct Client {
    std::unique_ptr<Peer> peer;
    Message answer;
  };

  std::string start();
  std::string addressed(std::string text) const;
  Result<app::Config> load(std::string text) const;
  std::string reload(const Step& step);
  std::string drain(const Step& step);
  std::string perform(const Step& step);
  std::string perform_client(const Step& step, Client& client);
  std::string perform_upstream(const Step& step, Upstream& upstream);
  std::string client_sends(const Step& step, Client& client);
  std::string client_asks(const Step& step, Client& client);
  std::string client_gets_head(const Step& step, Client& client);
  std::string client_posts(const Step& step, Client& client);
  std::string client_gets(const Step& step, Client& client, bool whole);
  std::string upstream_gets(const Step& step, Upstream& upstream);
  std::string upstream_got_nothing(Upstream& upstream);
  std::string upstream_sends(const Step& step, Upstream& upstream);
  std::string upstream_floods(const Step& step, Upstream& upstream);
  bool take_request(Upstream& upstream);
  static std::string listen(Upstream& upstream);
  void pump();
  void tick();
  void settle();
  bool wait_for(const std::function<bool()>& done);

  const Case& case_;
  const unsigned threads_;
  ManualClock clock_;
  SeededRandom random_{1};
  std::map<std::string, Upstream> upstreams_;
  std::map<std::string, Client> clients_;
  std::unique_ptr<app::Service> service_;
  std::thread drain_;
};

}  // namespace freeway::wire

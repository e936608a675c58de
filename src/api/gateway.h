// All surfaces behind one address: who may ask, which path means what, and errors in the right envelope. One a loop.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "api/client_limits.h"
#include "api/envelope.h"
#include "api/settings.h"
#include "base/published.h"
#include "base/random.h"
#include "relay/relay.h"
#include "server/server.h"

namespace freeway::api {

// Shared by the gateways of all loops; thread-safe, outlives them.
struct Gate {
  const Published<Settings>& settings;
  relay::Services services;
  ClientLimits& limits;
  Random& random;
  const std::atomic<bool>& draining;
};

class Gateway final : public server::Handler {
 public:
  Gateway(net::Loop& loop, upstream::Client& client, Gate gate);

  std::optional<server::Answer> admit(const http::RequestHead& head, std::string_view peer_address) override;
  server::Answer refuse(const http::RequestHead& head, int status, const Error& error) override;
  net::Task<> handle(server::Incoming incoming, server::Reply& reply) override;

 private:
  // One request on its way through a surface.
  struct Visit {
    std::shared_ptr<const Settings> settings;
    const ClientKey* key = nullptr;  // in settings; null on keyless paths
    Surface surface = Surface::plain;
    std::string request_id;
    std::string_view path;
    const http::RequestHead* head = nullptr;
    Instant arrival;
  };

  std::string request_id(const http::RequestHead& head);
  bool host_allowed(const http::RequestHead& head, const Settings& settings) const;
  std::optional<server::Answer> preflight(const http::RequestHead& head, const Settings& settings);
  void allow_origin(const http::RequestHead& head, const Settings& settings, http::Fields& fields) const;
  server::Answer refusal(const Visit& visit, const Problem& problem) const;
  Result<std::string> plain_body(std::string body, const http::RequestHead& head, std::uint64_t limit) const;

  server::Answer models(const Visit& visit) const;
  server::Answer health(const Visit& visit) const;
  net::Task<> chat_completions(Visit visit, std::string body, server::Reply& reply);
  std::optional<Problem> prepare(const Visit& visit, std::string body, relay::Job& job) const;

  net::Loop& loop_;
  relay::Relay relay_;
  Gate gate_;
};

}  // namespace freeway::api

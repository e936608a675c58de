// All surfaces behind one address: who may ask, which path means what, and errors in the right envelope. One a loop.
#pragma once

#include <string>
#include <string_view>

#include "api/admin/admin.h"
#include "api/assets.h"
#include "api/endpoint.h"
#include "api/envelope.h"
#include "api/gate.h"
#include "api/job.h"
#include "api/request_log.h"
#include "dialect/responses/responses.h"
#include "relay/relay.h"
#include "server/server.h"

namespace freeway::api {

class Gateway final : public server::Handler {
 public:
  // `index`: of the loop, among those that the gate's office counts for.
  Gateway(net::Loop& loop, upstream::Client& client, const Gate& gate, std::size_t index);

  std::optional<server::Answer> admit(const http::RequestHead& head, const server::Peer& peer) override;
  std::uint64_t body_limit() const override;
  std::unique_ptr<server::Intake> intake(const http::RequestHead& head, net::Wakeup& wakeup) override;
  server::Answer refuse(const http::RequestHead& head, int status, const Error& error) override;
  net::Task<> handle(server::Incoming& incoming, server::Reply& reply) override;

 private:
  // One request on its way through a surface.
  struct Visit {
    std::shared_ptr<const Settings> settings;
    Endpoint endpoint = Endpoint::none;
    const ClientKey* key = nullptr;  // in settings; null on keyless paths
    Surface surface = Surface::plain;
    std::string request_id;
    std::string_view path;
    const http::RequestHead* head = nullptr;
    Instant arrival;
  };

  struct Refused {
    Problem problem;
    server::Answer answer;  // that tells it
  };

  std::string request_id(const http::RequestHead& head);
  std::optional<Refused> judge(Endpoint endpoint, const http::RequestHead& head, const server::Peer& peer,
                               const std::shared_ptr<const Settings>& settings);
  std::optional<Problem> check_rights(Endpoint endpoint, const http::RequestHead& head, const server::Peer& peer,
                                      const Settings& settings);
  std::optional<Problem> check_key(const http::RequestHead& head, const server::Peer& peer, const Settings& settings);
  std::optional<Problem> check_admin(const http::RequestHead& head, const server::Peer& peer, const Settings& settings);
  Problem wrong_key(const http::RequestHead& head, const server::Peer& peer, const Settings& settings, Problem problem);
  bool host_allowed(const http::RequestHead& head, const Settings& settings) const;
  std::optional<server::Answer> preflight(const http::RequestHead& head, const Settings& settings);
  void allow_origin(const http::RequestHead& head, const Settings& settings, http::Fields& fields) const;
  server::Answer refusal(const Visit& visit, const Problem& problem) const;
  void count_refusal(const http::RequestHead& head, const Settings& settings, const Refused& refused);

  server::Answer json_answer(const Visit& visit) const;  // without its body
  server::Answer models(const Visit& visit) const;
  server::Answer model_page_of(const Visit& visit, catalog::Privacy privacy) const;
  server::Answer count_tokens(const Visit& visit, std::string body) const;
  static const Asset* asset_of(const Visit& visit, const http::RequestHead& head);
  server::Answer health(const Visit& visit) const;
  server::Answer stored_responses(const Visit& visit, std::string body) const;
  server::Answer input_tokens(const Visit& visit, std::string body) const;
  dialect::responses::Context response_context(const Visit& visit) const;
  net::Task<> administrate(Visit visit, server::Incoming incoming, server::Reply& reply);
  net::Task<> play(Visit visit, server::Incoming& incoming, server::Reply& reply);
  net::Task<> serve(Visit visit, server::Incoming& incoming, server::Reply& reply);
  // What asks no model. `revoked`: with a key that was good when the head came.
  net::Task<> serve_other(Visit visit, bool revoked, server::Incoming& incoming, server::Reply& reply);
  std::optional<Problem> prepare(const Visit& visit, server::Incoming& incoming, Prepared& made) const;

  static constexpr std::size_t kLongestName = 200;  // of a model, as a client may call it in the log

  net::Loop& loop_;
  relay::Relay relay_;
  Gate gate_;
  Metrics::Tally& tally_;
  Flights::Lane& lane_;
  RequestLog log_;
  admin::Admin admin_;
};

}  // namespace freeway::api

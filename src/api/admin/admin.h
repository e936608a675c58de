// /admin/api: who may use it, which path means what, and where it is answered. One a loop, on its thread.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "api/admin/nouns.h"
#include "net/loop.h"
#include "server/reply.h"

namespace freeway::api::admin {

class Admin {
 public:
  Admin(net::Loop& loop, const Gate& gate, Metrics::Tally& tally) : loop_(loop), gate_(gate), tally_(tally) {}

  // A path or method that there is not: the answer that says so. Looks at nothing else.
  static std::optional<server::Answer> refuse(const http::RequestHead& head);
  // Who is not let in yet may ask this, too: how to get in.
  static bool open_to_all(const http::RequestHead& head);
  // The rest, for those who may.
  net::Task<> handle(Call call, server::Reply& reply);
  // GET /metrics.
  net::Task<> metrics(Call call, server::Reply& reply);

 private:
  using Noun = server::Answer (*)(const Gate&, const Call&);
  net::Task<server::Answer> on_worker(Noun noun, const Call& call, store::Worker* worker, const std::string& action);
  net::Task<> events(const Call& call, server::Reply& reply);
  net::Task<> answer(Area area, const Call& call, server::Answer answer, server::Reply& reply);

  net::Loop& loop_;
  const Gate& gate_;
  Metrics::Tally& tally_;
};

// Every method and path that there is behind /admin/api/, with "*" for one part of a path: {"POST", "keys/*/check"}.
std::vector<std::pair<std::string_view, std::string_view>> addresses();

// "/admin/api/keys/a%2Fb/check" → {"keys", "a/b", "check"}.
std::vector<std::string> split_path(std::string_view path);

}  // namespace freeway::api::admin

#include "api/prompts.h"

#include "api/parts.h"
#include "dialect/completions/completions.h"

namespace freeway::api {

namespace {

using Requests = std::vector<std::unique_ptr<chat::Request>>;

net::Task<relay::Receipt> serve_streams(relay::Relay& relay, const relay::Job& job, Requests requests,
                                        server::Reply& reply) {
  relay::Receipt receipt;
  Joined joined(reply);
  for (std::size_t at = 0; at < requests.size(); ++at) {
    if (at + 1 == requests.size()) joined.last();
    relay::Job part = part_of(job, std::move(requests[at]));
    if (at > 0) part.arrival = reply.wakeup().loop().now();
    relay::Receipt one;
    co_await relay.serve(part, joined, one);
    add_part(receipt, std::move(one));
    if (receipt.end != relay::Receipt::End::answered) break;
  }
  co_return receipt;
}

net::Task<relay::Receipt> serve_wholes(relay::Relay& relay, const relay::Job& job, Requests requests, server::Reply& reply) {
  relay::Receipt receipt;
  Kept kept(reply);
  std::vector<std::string> answers;
  std::string repaired;  // of texts, all the same
  for (auto& request : requests) {
    relay::Job part = part_of(job, std::move(request));
    if (!answers.empty()) part.arrival = reply.wakeup().loop().now();
    relay::Receipt one;
    co_await relay.serve(part, kept, one);
    add_part(receipt, std::move(one));
    if (receipt.end != relay::Receipt::End::answered) break;
    if (auto told = kept.answer().fields.find("x-freeway-repaired")) repaired = *told;
    answers.push_back(std::move(kept.answer().body));
  }
  server::Answer answer = std::move(kept.answer());
  if (receipt.end == relay::Receipt::End::answered) answer.body = dialect::completions::join_answers(answers);
  tell_trail(answer, receipt);
  if (!repaired.empty()) answer.fields.set("x-freeway-repaired", repaired);
  if (!reply.gone()) co_await reply.send(std::move(answer));
  co_return receipt;
}

}  // namespace

net::Task<relay::Receipt> serve_prompts(relay::Relay& relay, relay::Job job, Requests further, server::Reply& reply) {
  Requests requests;
  bool streamed = job.request->stream;
  requests.push_back(std::move(job.request));
  for (auto& one : further) requests.push_back(std::move(one));
  if (streamed) {
    co_return co_await serve_streams(relay, job, std::move(requests), reply);
  }
  co_return co_await serve_wholes(relay, job, std::move(requests), reply);
}

}  // namespace freeway::api

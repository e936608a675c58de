#include "api/parts.h"

#include <fmt/format.h>

#include <iterator>

namespace freeway::api {

net::Task<bool> Kept::send(server::Answer answer) {
  answer_ = std::move(answer);
  co_return !gone();
}

net::Task<bool> Joined::end(std::string_view last_bytes, http::Fields trailers) {
  if (last_) co_return co_await client_.end(last_bytes, std::move(trailers));
  if (last_bytes.empty()) co_return !gone();
  co_return co_await client_.write(last_bytes);
}

void Joined::close_after() {
  last_ = true;
  client_.close_after();
}

relay::Job part_of(const relay::Job& whole, std::unique_ptr<chat::Request> request) {
  relay::Job job;
  job.request = std::move(request);
  job.surface = whole.surface;
  job.snapshot = whole.snapshot;
  job.routes = whole.routes;
  job.options = whole.options;
  job.client = whole.client;
  job.session = whole.session;
  job.privacy = whole.privacy;
  job.strategy = whole.strategy;
  job.base_fields = whole.base_fields;
  job.arrival = whole.arrival;
  job.watcher = whole.watcher;
  return job;
}

void add_part(relay::Receipt& all, relay::Receipt one) {
  relay::Trail trail = std::move(all.trail);
  trail.insert(trail.end(), std::make_move_iterator(one.trail.begin()), std::make_move_iterator(one.trail.end()));
  std::optional<chat::Usage> usage = all.usage;
  if (usage && one.usage) {
    usage->prompt_tokens += one.usage->prompt_tokens;
    usage->completion_tokens += one.usage->completion_tokens;
    usage->total_tokens += one.usage->total_tokens;
    usage->estimated = usage->estimated || one.usage->estimated;
  } else if (one.usage) {
    usage = one.usage;
  }
  std::vector<relay::Answered> parts = std::move(all.parts);
  if (all.call && all.route) parts.push_back({*all.route, *all.call});
  one.waited += all.waited;
  if (all.arrival != Instant{}) one.arrival = all.arrival;
  if (all.first) one.first = all.first;
  all = std::move(one);
  all.trail = std::move(trail);
  all.parts = std::move(parts);
  all.usage = usage;
}

void tell_trail(server::Answer& answer, const relay::Receipt& receipt) {
  answer.fields.set("x-fallback-attempts", fmt::format_int(receipt.trail.size()).str());
  if (!receipt.trail.empty())
    answer.fields.set("x-fallback-trail", relay::describe(receipt.trail, *receipt.snapshot->catalog));
  if (receipt.usage && receipt.usage->estimated) answer.fields.set("x-freeway-usage", "estimated");
}

}  // namespace freeway::api

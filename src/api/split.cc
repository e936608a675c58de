#include "api/split.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/parts.h"
#include "dialect/openai/surface.h"
#include "json/edit.h"

namespace freeway::api {

namespace {

// The request for so many inputs from `at` on, which moves behind them.
std::unique_ptr<chat::Request> request_for(const chat::Request& whole, json::Value& at, std::size_t count) {
  json::Value input = whole.document.root()["input"];
  std::string list;
  for (; at.present() && count > 0; at = at.next(), --count) list.append(list.empty() ? "[" : ",").append(at.raw());
  list.push_back(']');
  json::Edits edits(whole.document);
  edits.replace(input, std::move(list));
  auto request = dialect::openai::decode_request(whole.kind, edits.apply());
  return request ? std::move(*request) : nullptr;  // a part of what was decoded can be decoded
}

// The vectors of all slices, numbered through.
class Merged {
 public:
  void add(std::string_view body) {
    json::Document document;
    if (!document.reparse(body)) return;
    json::Value root = document.root();
    for (json::Value one : root["data"]) {
      if (count_ > 0) data_.push_back(',');
      data_ += fmt::format(R"({{"object":"embedding","index":{},"embedding":{}}})", count_, one["embedding"].raw());
      ++count_;
    }
    model_ = root["model"].raw();
    prompt_ += root["usage"]["prompt_tokens"].integer().value_or(0);
    total_ += root["usage"]["total_tokens"].integer().value_or(0);
  }
  std::string body() const {
    return fmt::format(R"({{"object":"list","data":[{}],"model":{},"usage":{{"prompt_tokens":{},"total_tokens":{}}}}})",
                       data_, model_, prompt_, total_);
  }

 private:
  std::string data_, model_;
  std::size_t count_ = 0;
  std::int64_t prompt_ = 0, total_ = 0;
};

}  // namespace

std::size_t slice_size(const relay::Job& job) {
  std::size_t inputs = job.request->inputs;
  if (job.request->kind != chat::Kind::embedding || !job.request->document.root()["input"].is(json::Type::array))
    return inputs;
  std::size_t most = 0;
  for (catalog::RouteId route : job.routes.routes())
    most = std::max<std::size_t>(most, job.snapshot->catalog->model(route).max_inputs.value_or(inputs));
  return most > 0 ? most : inputs;
}

net::Task<relay::Receipt> serve_slices(relay::Relay& relay, const relay::Job& job, std::size_t slice, server::Reply& reply) {
  relay::Receipt receipt;
  Merged merged;
  Kept kept(reply);
  json::Value at = job.request->document.root()["input"].first();
  while (at.present()) {
    relay::Job part = part_of(job, request_for(*job.request, at, slice));
    relay::Receipt one;
    co_await relay.serve(part, kept, one);
    add_part(receipt, std::move(one));
    if (receipt.end != relay::Receipt::End::answered) break;
    merged.add(kept.answer().body);
  }
  server::Answer answer = std::move(kept.answer());
  if (receipt.end == relay::Receipt::End::answered) answer.body = merged.body();
  tell_trail(answer, receipt);
  if (!reply.gone()) co_await reply.send(std::move(answer));
  co_return receipt;
}

}  // namespace freeway::api

// Runs single steps of the request path under callgrind, which counts their instructions; see instructions.py.
#include <fmt/format.h>
#include <valgrind/callgrind.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "dialect/dialect.h"
#include "dialect/openai/surface.h"
#include "ledger/ledger.h"
#include "router/router.h"

namespace {

using namespace freeway;

constexpr int kTimes = 10;

// Counts `kTimes` runs after one that warms everything up.
template <class Step>
void count(const char* name, Step step) {
  step();
  CALLGRIND_ZERO_STATS;
  for (int i = 0; i < kTimes; ++i) step();
  CALLGRIND_DUMP_STATS_AT(name);
}

void check(bool good, const char* what) {
  if (good) return;
  fmt::print(stderr, "instructions: {} went wrong\n", what);
  std::exit(1);
}

std::string chat_body(bool stream) {
  std::string body = fmt::format(R"({{"model":"m1","stream":{},"temperature":0.7,"max_tokens":500,"messages":[)", stream);
  for (int i = 0; i < 20; ++i) {
    std::string text;
    while (text.size() < 480)
      text += fmt::format("line {} of message {}, \\\"quoted\\\" — and some more words; ", text.size(), i);
    body += fmt::format(R"({}{{"role":"{}","content":"{}"}})", i ? "," : "", i % 2 ? "assistant" : "user", text);
  }
  return body + "]}";
}

std::string chunks(int number) {
  std::string out;
  for (int i = 0; i < number; ++i) {
    out += fmt::format(R"(data: {{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1767225600,"model":"m1",)"
                       R"("system_fingerprint":"fp_1","choices":[{{"index":0,"delta":{{"content":"word{} "}},)"
                       R"("logprobs":null,"finish_reason":null}}]}})",
                       i);
    out += "\n\n";
  }
  return out;
}

void requests(const catalog::Provider& provider, const catalog::Model& model) {
  const std::string body = chat_body(false);
  count("decode_request_10kb", [&] { check(dialect::openai::decode_request(body).has_value(), "decoding"); });
  const auto request = dialect::openai::decode_request(body);
  const dialect::Dialect* openai = dialect::find("openai");
  count("write_request_10kb", [&] { check(openai->write_request(**request, provider, model).has_value(), "writing"); });
}

void streams(const catalog::Model& model) {
  const auto request = dialect::openai::decode_request(chat_body(true));
  const dialect::Dialect* openai = dialect::find("openai");
  const std::string bytes = chunks(100);
  const std::string_view all = bytes;
  const std::size_t piece = bytes.size() / 100;  // events are cut anywhere
  count("stream_100_chunks", [&] {
    auto reader = openai->read_stream(**request, model);
    dialect::openai::StreamWriter writer(**request);
    std::string out;
    chat::Event event;
    std::size_t events = 0;
    for (std::size_t at = 0; at < all.size(); at += piece) {
      check(reader->feed(all.substr(at, piece)).has_value(), "feeding");
      out.clear();
      for (auto got = reader->next(event); got && *got; got = reader->next(event), ++events) writer.write(out, event);
    }
    check(events >= 100, "reading events");
  });
}

catalog::Model model_named(std::string id, std::string family) {
  catalog::Model model;
  model.id = std::move(id);
  model.family = std::move(family);
  model.context = 131072;
  return model;
}

// 500 models with 10 keys each; three routes serve "m1".
std::vector<catalog::Provider> providers() {
  std::vector<catalog::Provider> made(3);
  for (std::size_t i = 0; i < made.size(); ++i) {
    made[i].id = fmt::format("u{}", i);
    made[i].base_url = "http://127.0.0.1:1/v1";
    made[i].keys.resize(i == 0 ? 10 : 1);
    catalog::PoolSpec pool;
    pool.name = "rpm";
    pool.limit = 1'000'000;
    pool.window.length = std::chrono::seconds(60);
    made[i].pools = {pool};
    if (i > 0) made[i].models.push_back(model_named("m1", "m1"));
  }
  for (int i = 0; i < 500; ++i) made[0].models.push_back(model_named(fmt::format("big{}", i), fmt::format("big{}", i)));
  made[0].models.front().family = "m1";
  return made;
}

void routing() {
  ManualClock clock;
  ledger::Ledger ledger{ledger::Ledger::Options{}};
  router::Benches benches{router::Benches::Options{}};
  router::Snapshot snapshot;
  auto built = catalog::Catalog::build(providers());
  check(built.has_value(), "building the catalog");
  snapshot.catalog = std::make_shared<const catalog::Catalog>(std::move(*built));
  snapshot.bindings = ledger.bind(*snapshot.catalog);
  snapshot.preference = std::make_shared<const router::Preference>(router::prefer(*snapshot.catalog, snapshot.policy));
  const ledger::Moment at{clock.now(), clock.wall()};

  count("reserve_and_settle", [&] {
    auto held = ledger.reserve(*snapshot.bindings, 0, ledger::Demand{}, at);
    check(held.has_value(), "reserving");
    ledger.dispatched(*held, at);
    ledger.settle(std::move(*held), ledger::Outcome{true, {}}, at);
  });
  const auto request = dialect::openai::decode_request(chat_body(false));
  auto plan = [&](const char* name, const char* model) {
    count(name, [&] {
      const auto names = router::resolve(snapshot, model);
      const auto allowed = router::allow(snapshot, names, {});
      router::Query query;
      const std::vector<catalog::RouteId> tried;
      query.request = request->get();
      query.routes = &allowed.routes;
      query.tried = &tried;
      query.at = at;
      query.enough = 3;
      query.explain = false;
      check(!router::plan(snapshot, ledger, benches, query).order.empty(), "planning");
    });
  };
  plan("plan_one_family_of_5002_routes", "m1");
  plan("plan_auto_of_5002_routes", "auto");
}

}  // namespace

int main() {
  const catalog::Model model = model_named("m1", "m1");
  const catalog::Provider provider = providers()[1];
  requests(provider, model);
  streams(model);
  routing();
  return 0;
}

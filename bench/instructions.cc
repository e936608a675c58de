// Runs single steps of the request path under callgrind, which counts their instructions; see instructions.py.
#include <fmt/format.h>
#include <valgrind/callgrind.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "api/flight.h"
#include "api/request_log.h"
#include "base/secret_set.h"
#include "dialect/dialect.h"
#include "dialect/openai/surface.h"
#include "dialect/redacting_writer.h"
#include "journal/journal.h"
#include "ledger/ledger.h"
#include "net/loop.h"
#include "router/router.h"
#include "token/count.h"

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

std::string chunks(int number, std::string_view text) {
  std::string out;
  for (int i = 0; i < number; ++i) {
    out += fmt::format(R"(data: {{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1767225600,"model":"m1",)"
                       R"("system_fingerprint":"fp_1","choices":[{{"index":0,"delta":{{"{}":"word{} "}},)"
                       R"("logprobs":null,"finish_reason":null}}]}})",
                       text, i);
    out += "\n\n";
  }
  return out;
}

void counting() {
  const std::string text = chat_body(false);
  count("count_10kb", [&] { check(token::count(token::Encoding::o200k, text) > 1000, "counting"); });
}

void requests(const catalog::Provider& provider, const catalog::Model& model) {
  const std::string body = chat_body(false);
  count("decode_request_10kb", [&] { check(dialect::openai::decode_request(body).has_value(), "decoding"); });
  const auto request = dialect::openai::decode_request(body);
  const dialect::Dialect* openai = dialect::find("openai");
  count("write_request_10kb", [&] { check(openai->write_request(**request, provider, model).has_value(), "writing"); });
}

// As many keys as somebody has who uses all of the catalog.
std::shared_ptr<const SecretSet> secrets() {
  std::vector<std::string> values;
  for (std::uint32_t i = 0; i < 100; ++i) {
    values.push_back(fmt::format("{}{:08x}{:08x}{:08x}", i % 2 ? "sk-" : "gsk_", i * 2654435761U, i * 40503U, i * 97U));
  }
  return std::make_shared<const SecretSet>(std::vector<std::string_view>(values.begin(), values.end()));
}

void streams(const catalog::Model& model) {
  const auto request = dialect::openai::decode_request(chat_body(true));
  const dialect::Dialect* openai = dialect::find("openai");
  const auto hidden = secrets();
  auto run = [&](const std::string& bytes, const std::shared_ptr<const SecretSet>& from) {
    const std::string_view all = bytes;
    const std::size_t piece = bytes.size() / 100;  // events are cut anywhere
    auto reader = openai->read_stream(**request, model);
    auto writer = dialect::hide_secrets(std::make_unique<dialect::openai::ChunkWriter>(**request), from);
    std::string out;
    chat::Event event;
    std::size_t events = 0;
    for (std::size_t at = 0; at < all.size(); at += piece) {
      check(reader->feed(all.substr(at, piece)).has_value(), "feeding");
      out.clear();
      for (auto got = reader->next(event); got && *got; got = reader->next(event), ++events) writer->write(out, event);
    }
    check(events >= 100, "reading events");
  };
  const std::string content = chunks(100, "content");
  const std::string reasoning = chunks(100, "reasoning");
  count("stream_100_chunks", [&] { run(content, nullptr); });
  count("stream_100_chunks_hiding_secrets", [&] { run(content, hidden); });
  count("stream_100_reasoning_chunks", [&] { run(reasoning, nullptr); });
  count("stream_100_reasoning_chunks_hiding_secrets", [&] { run(reasoning, hidden); });
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

// As in the server: every step is written to a journal.
void journalled() {
  char folder[] = "/tmp/freeway-instructions-XXXXXX";
  check(mkdtemp(folder) != nullptr, "making a folder");
  ManualClock clock;
  const ledger::Moment at{clock.now(), clock.wall()};
  {
    auto replica = [] { return ledger::Ledger::replica(ledger::Ledger::Options{}); };
    journal::Journal journal({.path = std::string(folder) + "/journal", .thread = false}, {replica}, {at.now, at.wall});
    ledger::Ledger ledger{ledger::Ledger::Options{}};
    ledger.remember(journal, *journal.take().front());
    auto built = catalog::Catalog::build(providers());
    check(built.has_value(), "building the catalog");
    auto bindings = ledger.bind(*built);
    count("reserve_and_settle_in_journal", [&] {
      auto held = ledger.reserve(*bindings, 0, ledger::Demand{}, at);
      check(held.has_value(), "reserving");
      ledger.dispatched(*held, at);
      ledger.settle(std::move(*held), ledger::Outcome{true, {}}, at);
    });
  }
  std::filesystem::remove_all(folder);
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
  router::Measures measures;
  snapshot.rankings =
      std::make_shared<router::Rankings>(snapshot.catalog, snapshot.policy, measures, measures.bind(*snapshot.catalog));
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

  const auto& bound = snapshot.rankings->bound();
  const router::Sample sample{router::Sample::End::answered, true, std::chrono::milliseconds(300), std::chrono::seconds(3),
                              200};
  count("measure_an_attempt", [&] {
    clock.advance(std::chrono::milliseconds(1));
    measures.began(bound, 0, clock.now());
    measures.record(bound, 0, sample, clock.now());
  });
  count("rank_502_models_six_ways", [&] { snapshot.rankings->refresh(ledger, *snapshot.bindings, at); });
  check(snapshot.rankings->of(router::Strategy::fast)->models.size() == 502, "ranking");
  plan("plan_auto_after_ranking", "auto:fast");
}

// Every key has used its minute, but for the last one where `one_is_open`.
void routing_exhausted(const char* name, bool one_is_open) {
  ManualClock clock;
  ledger::Ledger ledger{ledger::Ledger::Options{}};
  router::Benches benches{router::Benches::Options{}};
  router::Snapshot snapshot;
  auto closed = providers();
  for (auto& provider : closed) provider.pools.front().limit = 1;
  if (one_is_open) closed.back().pools.front().limit = 1'000'000;
  auto built = catalog::Catalog::build(std::move(closed));
  check(built.has_value(), "building the catalog");
  snapshot.catalog = std::make_shared<const catalog::Catalog>(std::move(*built));
  snapshot.bindings = ledger.bind(*snapshot.catalog);
  router::Measures measures;
  snapshot.rankings =
      std::make_shared<router::Rankings>(snapshot.catalog, snapshot.policy, measures, measures.bind(*snapshot.catalog));
  const ledger::Moment at{clock.now(), clock.wall()};
  for (catalog::RouteId route = 0; route < snapshot.catalog->routes().size(); ++route) {
    auto held = ledger.reserve(*snapshot.bindings, route, ledger::Demand{}, at);
    if (held) ledger.settle(std::move(*held), ledger::Outcome{true, {}}, at);
  }
  snapshot.rankings->refresh(ledger, *snapshot.bindings, at);
  const auto request = dialect::openai::decode_request(chat_body(false));
  count(name, [&] {
    const auto names = router::resolve(snapshot, "auto");
    router::Query query;
    query.request = request->get();
    query.routes = &names.routes;
    query.at = at;
    query.enough = 3;
    query.explain = false;
    const auto made = router::plan(snapshot, ledger, benches, query);
    const bool found = made.order.size() == 1 && made.left_out.empty();
    const bool told = made.order.empty() && made.complete && made.left_out.size() == 5002;
    check(one_is_open ? found : told, "planning");
  });
}

// Takes records and forgets them: what a store's own threads do is not on a request's path.
class Sink final : public store::Store {
 public:
  Result<std::vector<store::KeyRow>> keys() override { return std::vector<store::KeyRow>(); }
  Result<std::vector<store::ClientRow>> clients() override { return std::vector<store::ClientRow>(); }
  Result<std::optional<std::string>> fact(std::string_view) override { return std::nullopt; }
  Result<void> apply(const store::Changes&) override { return {}; }
  Result<std::int64_t> reserve_key_ids(std::int64_t) override { return 1; }
  Result<void> note_key_check(std::int64_t, std::string_view, WallTime) override { return {}; }
  void log(const store::RequestRecord& record) override { last = record; }
  void flush() override {}
  Result<store::RequestPage> requests(const store::RequestQuery&) override { return store::RequestPage(); }
  Result<std::optional<store::RequestRecord>> request(std::string_view) override { return std::nullopt; }
  Result<std::vector<store::UsageRow>> usage(const store::UsageQuery&) override { return std::vector<store::UsageRow>(); }
  Result<store::Measured> measures(const store::MeasureQuery&) override { return store::Measured(); }
  Result<std::optional<store::RequestRecord>> last_failure() override { return std::nullopt; }
  store::StoreStatus status() const override { return {}; }
  Result<void> backup(const std::string&, const store::BackupChoice&) override { return {}; }

  store::AccountBook& accounts() override { std::abort(); }

  store::RequestRecord last;
};

// What a request that failed over once leaves behind.
void logging() {
  ManualClock clock;
  net::Loop loop(clock);
  api::Office office(1);
  Sink sink;
  office.store = &sink;
  api::RequestLog log(loop, office, office.metrics.tally(0));
  auto built = catalog::Catalog::build(providers());
  check(built.has_value(), "building the catalog");
  auto snapshot = std::make_shared<router::Snapshot>();
  snapshot->catalog = std::make_shared<const catalog::Catalog>(std::move(*built));
  relay::Receipt receipt;
  receipt.end = relay::Receipt::End::answered;
  receipt.status = 200;
  receipt.route = 1;
  receipt.snapshot = snapshot;
  receipt.usage = chat::Usage{500, 100, 600, false};
  receipt.call.emplace();
  receipt.call->usage = receipt.usage;
  receipt.trail.emplace_back();
  receipt.trail[0].evidence = "429 Rate limit reached for requests per minute (RPM): Limit 30, Used 30, Requested 1.";
  count("log_a_request", [&] {
    api::Asked asked;
    asked.area = api::Area::chat_completions;
    asked.request_id = "req_0123456789abcdef01234567";
    asked.client = "laptop";
    asked.model = "gpt-oss-120b";
    log.ended(asked, receipt);
  });
  check(sink.last.attempts.size() == 2, "logging");
}

// A client that takes everything.
class Client final : public server::Reply {
 public:
  explicit Client(net::Loop& loop) : wakeup_(loop) {}
  bool gone() const override { return false; }
  net::Wakeup& wakeup() override { return wakeup_; }
  net::Task<bool> send(server::Answer) override { co_return true; }
  void begin(int, http::Fields) override {}
  net::Task<bool> write(std::string_view) override { co_return true; }
  net::Task<bool> end(std::string_view, http::Fields) override { co_return true; }
  bool begun() const override { return false; }
  void close_after() override {}

 private:
  net::Wakeup wakeup_;
};

class Unseen final : public relay::Served {
 public:
  relay::Progress progress() const override { return {}; }
  void cut() override {}
};

// That a stream may be looked at while it is served, and nobody does; its plan is not put into words.
void watching() {
  ManualClock clock;
  net::Loop loop(clock);
  api::Office office(1);
  Client client(loop);
  Unseen served;
  auto built = catalog::Catalog::build(providers());
  check(built.has_value(), "building the catalog");
  api::Asked asked;
  asked.request_id = "req_0123456789abcdef01234567";
  count("watch_a_request", [&] {
    api::Flight flight(office.flights.lane(0), office, asked, client);
    relay::Watcher& watcher = flight;
    watcher.began(served);
    (void)watcher.wants_plan(clock.now());
    watcher.asks(*built, 0);
    watcher.answers(*built, 0, clock.now());
    watcher.ended();
  });
}

}  // namespace

int main() {
  const catalog::Model model = model_named("m1", "m1");
  const catalog::Provider provider = providers()[1];
  counting();
  requests(provider, model);
  streams(model);
  routing();
  routing_exhausted("plan_auto_of_5002_closed_routes", false);
  routing_exhausted("plan_auto_behind_5001_closed_routes", true);
  journalled();
  logging();
  watching();
  return 0;
}

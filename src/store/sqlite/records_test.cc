#include "store/sqlite/records.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/log.h"
#include "base/random.h"
#include "store/sqlite/sqlite.h"
#include "store/testing.h"

namespace freeway::store {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

class RecordsTest : public ::testing::Test {
 protected:
  RecordsTest() {
    clock.set_wall(at_second(86400));
    auto opened = open_sqlite(folder / "freeway.db", clock);
    EXPECT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
  }
  TestFolder folder;
  ManualClock clock;
  std::unique_ptr<Store> store;
};

TEST_F(RecordsTest, ClientsAreKnownByTheirLastUse) {
  Changes changes;
  for (const char* name : {"laptop", "phone", "idle"}) changes.put_clients.emplace_back().name = name;
  ASSERT_TRUE(store->apply(changes));
  auto log = [&](const std::string& client, std::int64_t second) {
    RequestRecord record = test_record(1, at_second(second));
    record.client = client;
    store->log(record);
  };
  auto used = [&](std::size_t place) {
    store->flush();
    return (*store->clients())[place].used;  // idle, laptop, phone
  };
  log("laptop", 120);
  log("phone", 100);
  log("laptop", 100);
  log("a stranger", 130);
  log("", 130);
  EXPECT_EQ(used(1), at_second(120)) << "whatever ended last";
  EXPECT_EQ(used(2), at_second(100));
  EXPECT_FALSE(used(0));
  log("laptop", 179);
  EXPECT_EQ(used(1), at_second(120)) << "once a minute";
  log("laptop", 180);
  EXPECT_EQ(used(1), at_second(180));
  log("laptop", 100);
  EXPECT_EQ(used(1), at_second(180)) << "never back";
}

RequestRecord full_record() {
  RequestRecord record = test_record(7, at_second(3600));
  record.time += microseconds(123456);
  record.end = End::broken;
  record.error_code = "upstream_stream_error";
  record.error = "The provider's stream broke before its end….";
  record.streamed = true;
  record.waited = milliseconds(20);
  record.ttft = microseconds(1234);
  record.estimated = true;
  AttemptRecord failed;
  failed.provider = "u2";
  failed.model = "m2";
  failed.key = "k2";
  failed.outcome = "rate_limited";
  failed.started = milliseconds(1);
  failed.duration = milliseconds(2);
  failed.status = 429;
  failed.evidence = "retry-after: 7";
  failed.tokens = {1, 2, 1};
  failed.estimated = true;
  record.attempts.insert(record.attempts.begin(), failed);
  return record;
}

TEST_F(RecordsTest, GivesBackWhatWasLogged) {
  RequestRecord logged = full_record();
  store->log(logged);
  store->flush();
  auto found = store->request("req-7");
  ASSERT_TRUE(found);
  ASSERT_TRUE(*found);
  const RequestRecord& record = **found;
  EXPECT_EQ(record.row, 1);
  EXPECT_EQ(record.time, logged.time);
  EXPECT_EQ(record.client, "laptop");
  EXPECT_EQ(record.surface, "chat_completions");
  EXPECT_EQ(record.asked, "auto");
  EXPECT_EQ(record.provider + record.model + record.key, "u1m1k1");
  EXPECT_EQ(record.status, 200);
  EXPECT_EQ(record.end, End::broken);
  EXPECT_EQ(record.error_code, "upstream_stream_error");
  EXPECT_EQ(record.error, "The provider's stream broke before its end….");
  EXPECT_TRUE(record.streamed);
  EXPECT_EQ(record.waited, milliseconds(20));
  EXPECT_EQ(record.ttft, Duration(microseconds(1234)));
  EXPECT_EQ(record.total, milliseconds(7));
  EXPECT_EQ(record.tokens, (Tokens{17, 5, 2}));
  EXPECT_TRUE(record.estimated);
  EXPECT_EQ(record.strategy, "balanced");
  ASSERT_EQ(record.attempts.size(), 2U);
  const AttemptRecord& attempt = record.attempts[0];
  EXPECT_EQ(attempt.provider + attempt.model + attempt.key, "u2m2k2");
  EXPECT_EQ(attempt.outcome, "rate_limited");
  EXPECT_EQ(attempt.started, milliseconds(1));
  EXPECT_EQ(attempt.duration, milliseconds(2));
  EXPECT_EQ(attempt.status, 429);
  EXPECT_EQ(attempt.evidence, "retry-after: 7");
  EXPECT_EQ(attempt.tokens, (Tokens{1, 2, 1}));
  EXPECT_TRUE(attempt.estimated);
  EXPECT_EQ(record.attempts[1].outcome, "answered");
  EXPECT_FALSE(*store->request("req-8"));
}

TEST_F(RecordsTest, PagesFromTheNewest) {
  for (int i = 0; i < 250; ++i) store->log(test_record(i, at_second(i)));
  store->flush();
  RequestQuery query;
  std::vector<std::string> ids;
  std::vector<std::size_t> sizes;
  for (;;) {
    auto page = store->requests(query);
    ASSERT_TRUE(page);
    sizes.push_back(page->requests.size());
    for (const auto& record : page->requests) ids.push_back(record.id);
    if (!page->next) break;
    query.before = page->next;
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{100, 100, 50}));
  ASSERT_EQ(ids.size(), 250U);
  for (int i = 0; i < 250; ++i) EXPECT_EQ(ids[static_cast<std::size_t>(i)], fmt::format("req-{}", 249 - i));
}

TEST_F(RecordsTest, FiltersByClientModelProviderAndEnd) {
  for (int i = 0; i < 8; ++i) {
    RequestRecord record = test_record(i, at_second(i));
    if ((i & 1) != 0) record.client = "phone";
    if ((i & 2) != 0) record.model = "vendor/m2";
    if ((i & 4) != 0) record.end = End::cancelled;
    if (i == 7) record.provider = "u2";
    store->log(record);
  }
  store->flush();
  auto ids = [this](const RequestFilter& filter) {
    RequestQuery query;
    query.filter = filter;
    auto page = store->requests(query);
    EXPECT_FALSE(page->next);
    std::set<std::string> found;
    for (const auto& record : page->requests) found.insert(record.id);
    return found;
  };
  using Ids = std::set<std::string>;
  EXPECT_EQ(ids({.client = "phone"}), (Ids{"req-1", "req-3", "req-5", "req-7"}));
  EXPECT_EQ(ids({.model = "vendor/m2"}), (Ids{"req-2", "req-3", "req-6", "req-7"}));
  EXPECT_EQ(ids({.model = "u2/vendor/m2"}), (Ids{"req-7"}));
  EXPECT_EQ(ids({.model = "auto"}).size(), 8U);
  EXPECT_EQ(ids({.provider = "u1"}).size(), 7U);
  EXPECT_EQ(ids({.end = End::cancelled}), (Ids{"req-4", "req-5", "req-6", "req-7"}));
  EXPECT_EQ(ids({.client = "phone", .model = "m1", .end = End::answered}), (Ids{"req-1"}));
}

// A filter that nothing passes must not read a million rows at once, nor end the paging.
TEST_F(RecordsTest, LooksAtABoundedPartOfTheLog) {
  auto database = sqlite::Database::open(folder / "many.db", sqlite::Database::Access::write);
  store = nullptr;
  auto opened = open_sqlite(folder / "many.db", clock);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(database->run("BEGIN"));
  for (int number = 1; number <= 120000;) {
    sqlite::Batch batch;
    // The sizes that a quiet and a busy gateway leave.
    for (int left = number % 3 == 0 ? 7 : 900; left > 0 && number <= 120000; --left, ++number) {
      RequestRecord record = test_record(number, at_second(0));
      record.client = number == 3 ? "rare" : "c";
      batch.add(record);
    }
    ASSERT_TRUE(sqlite::write_batch(*database, batch));
  }
  ASSERT_TRUE(database->run("COMMIT"));
  RequestQuery query;
  query.filter.client = "rare";
  auto page = sqlite::find_page(*database, query);
  EXPECT_TRUE(page->requests.empty());
  EXPECT_EQ(page->next, 120001 - sqlite::kPageSpan);
  query.before = page->next;
  page = sqlite::find_page(*database, query);
  EXPECT_TRUE(page->requests.empty());
  ASSERT_TRUE(page->next);
  query.before = page->next;
  page = sqlite::find_page(*database, query);
  ASSERT_EQ(page->requests.size(), 1U);
  EXPECT_EQ(page->requests[0].id, "req-3");
  EXPECT_EQ(page->requests[0].row, 3);
  EXPECT_FALSE(page->next);
}

// However records were cut into segments, pages of any size give each once, in order, with the rows they were counted by.
TEST_F(RecordsTest, PagesAcrossSegments) {
  SeededRandom random(5);
  for (int i = 1; i <= 300; ++i) {
    store->log(test_record(i, at_second(i)));
    if (random.next() % 7 == 0) store->flush();
  }
  store->flush();
  for (std::size_t limit : {1U, 7U, 64U, 1000U}) {
    RequestQuery query;
    query.limit = limit;
    std::int64_t expected = 300;
    for (;;) {
      auto page = store->requests(query);
      ASSERT_TRUE(page);
      for (const auto& record : page->requests) {
        EXPECT_EQ(record.row, expected);
        EXPECT_EQ(record.id, fmt::format("req-{}", expected));
        --expected;
      }
      if (!page->next) break;
      query.before = page->next;
    }
    EXPECT_EQ(expected, 0);
  }
  EXPECT_EQ((*store->request("req-123"))->row, 123);
}

TEST_F(RecordsTest, PassesOverADamagedSegment) {
  for (int i = 1; i <= 3; ++i) {
    store->log(test_record(i, at_second(i)));
    store->flush();
  }
  auto database = sqlite::Database::open(folder / "freeway.db", sqlite::Database::Access::write);
  ASSERT_TRUE(database->run("UPDATE log SET records = substr(records, 1, length(records) - 1) WHERE first = 2"));
  testing::internal::CaptureStderr();
  auto page = store->requests({});
  EXPECT_FALSE(*store->request("req-2"));
  EXPECT_TRUE(*store->request("req-1"));
  EXPECT_EQ(store->measures({})->rows[0].answered, 2U);
  log::configure(log::Level::info, false);
  std::string out = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(page);
  ASSERT_EQ(page->requests.size(), 2U);
  EXPECT_EQ(page->requests[0].id + page->requests[1].id, "req-3req-1");
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1) << out;
  EXPECT_NE(out.find("is damaged; the requests from row 2 on are left out"), std::string::npos) << out;
}

TEST_F(RecordsTest, FindsTheLastFailureThatIsNotTheClients) {
  EXPECT_FALSE(*store->last_failure());
  RequestRecord broken = full_record();
  broken.id = "broken";
  store->log(broken);
  store->log(test_record(1, at_second(3700)));
  RequestRecord refused = test_record(2, at_second(3800));
  refused.end = End::failed;
  refused.status = 404;
  refused.attempts.clear();
  store->log(refused);
  store->flush();
  auto found = store->last_failure();
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->id, "broken");
  ASSERT_EQ((*found)->attempts.size(), 2U);
  EXPECT_EQ((*found)->attempts[0].evidence, "retry-after: 7");
  refused.id = "nowhere";
  refused.status = 503;
  store->log(refused);
  store->flush();
  EXPECT_EQ((*store->last_failure())->id, "nowhere");
}

TEST_F(RecordsTest, CountsUsageWhereItWasSpent) {
  store->log(full_record());
  RequestRecord nobody = test_record(1, at_second(3700));
  nobody.provider = nobody.model = nobody.key = "";
  nobody.attempts.clear();
  nobody.end = End::failed;
  store->log(nobody);
  RequestRecord left = test_record(2, at_second(3700));
  left.end = End::cancelled;
  left.provider = left.model = left.key = "";
  left.attempts[0].outcome = "cancelled";
  store->log(left);
  store->flush();
  UsageQuery query;
  query.split.provider = query.split.key = true;
  auto rows = store->usage(query);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 3U);
  const auto& [none, u1, u2] = std::tie((*rows)[0], (*rows)[1], (*rows)[2]);
  EXPECT_EQ(none.provider, "");
  EXPECT_EQ(none.failed, 1U);
  EXPECT_EQ(none.attempts, 0U);
  EXPECT_EQ(u1.provider, "u1");
  EXPECT_EQ(u1.key, "k1");
  EXPECT_EQ(u1.model, "");
  EXPECT_EQ(u1.requests, 2U);
  EXPECT_EQ(u1.broken, 1U);
  EXPECT_EQ(u1.cancelled, 1U);
  EXPECT_EQ(u1.attempts, 2U);
  EXPECT_EQ(u1.failed_attempts, 0U) << "who is cancelled has not failed";
  EXPECT_EQ(u1.tokens, (Tokens{29, 10, 4}));
  EXPECT_EQ(u2.requests, 0U);
  EXPECT_EQ(u2.failed_attempts, 1U);
  EXPECT_EQ(u2.estimated_attempts, 1U);
  EXPECT_EQ(u2.tokens, (Tokens{1, 2, 1}));
}

// Whatever it is split by, and however the log was cut into batches, usage adds up to what was logged.
TEST_F(RecordsTest, UsageAddsUp) {
  SeededRandom random(3);
  UsageRow expected;
  std::map<std::int64_t, std::uint64_t> by_day;
  for (int i = 0; i < 2000; ++i) {
    RequestRecord record = test_record(i, at_second(static_cast<std::int64_t>(random.next() % (5 * 86400))));
    record.client = fmt::format("c{}", random.next() % 3);
    record.end = static_cast<End>(random.next() % 4);
    record.attempts.resize(random.next() % 4);
    for (auto& attempt : record.attempts) {
      attempt.provider = fmt::format("u{}", random.next() % 3);
      attempt.model = fmt::format("m{}", random.next() % 3);
      attempt.outcome = random.next() % 2 == 0 ? "answered" : "timeout";
      attempt.tokens = {random.next() % 100, random.next() % 100, random.next() % 10};
      expected.tokens.prompt += attempt.tokens.prompt;
      expected.tokens.completion += attempt.tokens.completion;
      expected.tokens.reasoning += attempt.tokens.reasoning;
      ++expected.attempts;
      if (attempt.outcome == "timeout") ++expected.failed_attempts;
      by_day[record.time.time_since_epoch() / std::chrono::hours(24)] += attempt.tokens.prompt;
    }
    store->log(record);
    if (i % 97 == 0) store->flush();
  }
  store->flush();
  for (unsigned splits = 0; splits < 64; ++splits) {
    UsageQuery query;
    query.split = {(splits & 1) != 0, (splits & 2) != 0,  (splits & 4) != 0,
                   (splits & 8) != 0, (splits & 16) != 0, (splits & 32) != 0};
    auto rows = store->usage(query);
    ASSERT_TRUE(rows);
    UsageRow sum;
    for (const auto& row : *rows) {
      sum.requests += row.requests;
      sum.attempts += row.attempts;
      sum.failed_attempts += row.failed_attempts;
      sum.tokens.prompt += row.tokens.prompt;
      sum.tokens.completion += row.tokens.completion;
      sum.tokens.reasoning += row.tokens.reasoning;
    }
    EXPECT_EQ(sum.requests, 2000U);
    EXPECT_EQ(sum.attempts, expected.attempts);
    EXPECT_EQ(sum.failed_attempts, expected.failed_attempts);
    EXPECT_EQ(sum.tokens, expected.tokens);
    if (splits == 0) {
      EXPECT_EQ(rows->size(), 1U);
    }
  }
  UsageQuery second_day;
  second_day.from = at_second(86400);
  second_day.to = at_second(2 * 86400);
  second_day.split.day = true;
  auto rows = store->usage(second_day);
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ((*rows)[0].time, at_second(86400));
  EXPECT_EQ((*rows)[0].tokens.prompt, by_day[1]);
}

TEST_F(RecordsTest, UsageOfNothingIsOneEmptyRow) {
  auto rows = store->usage({});
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ((*rows)[0].requests, 0U);
}

TEST_F(RecordsTest, KeepsSecretsOutOfTheFile) {
  Published<SecretSet> secrets(std::make_shared<SecretSet>(std::vector<std::string_view>{"sk-planted-0001"}));
  SqliteOptions options;
  options.secrets = &secrets;
  auto opened = open_sqlite(folder / "hidden.db", clock, options);
  RequestRecord record = full_record();
  record.asked = "sk-planted-0001";
  record.attempts[0].evidence = "bad key: sk-planted-0001!";
  (*opened)->log(record);
  (*opened)->flush();
  auto found = (*opened)->request("req-7");
  EXPECT_EQ((*found)->asked, "[redacted]");
  EXPECT_EQ((*found)->attempts[0].evidence, "bad key: [redacted]!");
}

}  // namespace
}  // namespace freeway::store

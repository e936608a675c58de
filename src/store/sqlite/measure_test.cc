// Percentiles of the request log.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/random.h"
#include "store/sqlite/database.h"
#include "store/sqlite/sqlite.h"
#include "store/testing.h"

namespace freeway::store {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

class MeasureTest : public ::testing::Test {
 protected:
  MeasureTest() {
    clock.set_wall(at_second(86400));
    auto opened = open_sqlite(folder / "freeway.db", clock);
    EXPECT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
  }
  void log(const RequestRecord& record) {
    store->log(record);
    store->flush();
  }
  Measured measure(const MeasureQuery& query) {
    auto measured = store->measures(query);
    EXPECT_TRUE(measured) << measured.error().message;
    return measured ? *measured : Measured();
  }
  bool run(const char* sql) {
    return sqlite::Database::open(folder / "freeway.db", sqlite::Database::Access::write)->run(sql).has_value();
  }

  TestFolder folder;
  ManualClock clock;
  std::unique_ptr<Store> store;
};

MeasureQuery since(std::int64_t from, std::optional<std::int64_t> to = {}) {
  MeasureQuery query;
  query.from = at_second(from);
  if (to) query.to = at_second(*to);
  return query;
}

TEST_F(MeasureTest, GivesValuesThatWereMeasured) {
  for (int i = 1; i <= 100; ++i) {
    RequestRecord record = test_record(i, at_second(100));
    record.streamed = true;
    record.ttft = microseconds(i);
    record.total = milliseconds(i);
    store->log(record);
  }
  for (End end : {End::failed, End::failed, End::broken, End::cancelled}) {
    RequestRecord record = test_record(0, at_second(100));
    record.end = end;
    record.total = std::chrono::hours(1);
    store->log(record);
  }
  store->log(test_record(0, at_second(99)));
  store->log(test_record(0, at_second(200)));
  store->flush();
  Measured measured = measure(since(100, 200));
  EXPECT_TRUE(measured.complete);
  ASSERT_EQ(measured.rows.size(), 1U);
  const MeasureRow& row = measured.rows[0];
  EXPECT_EQ(row.requests, 104U);
  EXPECT_EQ(row.answered, 100U);
  EXPECT_EQ(row.failed, 2U);
  EXPECT_EQ(row.broken, 1U);
  EXPECT_EQ(row.cancelled, 1U);
  EXPECT_EQ(row.total_p50, milliseconds(50));
  EXPECT_EQ(row.total_p95, milliseconds(95));
  EXPECT_EQ(row.ttft_p50, microseconds(50));
  EXPECT_EQ(row.ttft_p95, microseconds(95));
  EXPECT_NEAR(*row.speed_p50, 5 / 0.050, 15);
  Measured none = measure(since(300));
  ASSERT_EQ(none.rows.size(), 1U);
  EXPECT_EQ(none.rows[0].requests, 0U);
  EXPECT_FALSE(none.rows[0].total_p50);
}

TEST_F(MeasureTest, CountsFailuresAtTheLastRouteThatWasTried) {
  RequestRecord failed = test_record(1, at_second(3600));
  failed.end = End::failed;
  failed.provider = failed.model = failed.key = "";
  failed.attempts.front().outcome = "timeout";
  failed.attempts.push_back(failed.attempts.front());
  failed.attempts.back().provider = "u2";
  log(failed);
  log(test_record(2, at_second(7300)));
  MeasureQuery query;
  query.split.provider = query.split.hour = true;
  Measured measured = measure(query);
  ASSERT_EQ(measured.rows.size(), 2U);
  EXPECT_EQ(measured.rows[0].provider, "u2");
  EXPECT_EQ(measured.rows[0].time, at_second(3600));
  EXPECT_EQ(measured.rows[0].failed, 1U);
  EXPECT_EQ(measured.rows[1].provider, "u1");
  EXPECT_EQ(measured.rows[1].time, at_second(7200));
  EXPECT_EQ(measured.rows[1].model, "");
}

TEST_F(MeasureTest, AgreesWithAnOracle) {
  SeededRandom random(7);
  std::map<std::string, std::vector<Duration>> totals;
  for (int i = 0; i < 3000; ++i) {
    RequestRecord record = test_record(i, at_second(1000 + i));
    record.client = fmt::format("c{}", random.next() % 4);
    record.total = microseconds(random.next() % 100000);
    if (i >= 500 && i < 2500) totals[record.client].push_back(record.total);
    store->log(record);
    if (i % 83 == 0) store->flush();
  }
  store->flush();
  MeasureQuery query = since(1500, 3500);
  query.split.client = true;
  Measured measured = measure(query);
  ASSERT_EQ(measured.rows.size(), totals.size());
  for (const auto& row : measured.rows) {
    auto& all = totals[row.client];
    std::sort(all.begin(), all.end());
    EXPECT_EQ(row.requests, all.size());
    EXPECT_EQ(row.total_p50, all[(all.size() + 1) / 2 - 1]) << row.client;
    EXPECT_EQ(row.total_p95, all[(all.size() * 95 + 99) / 100 - 1]) << row.client;
  }
}

TEST_F(MeasureTest, SaysWhereTheLogHasForgotten) {
  for (int i = 1; i <= 3; ++i) log(test_record(i, at_second(7200 * i)));
  EXPECT_TRUE(measure({}).complete);
  ASSERT_TRUE(run("DELETE FROM log WHERE first = 1"));
  EXPECT_FALSE(measure({}).complete);
  EXPECT_FALSE(measure(since(7200)).complete);
  EXPECT_TRUE(measure(since(2 * 7200)).complete);
  ASSERT_TRUE(run("DELETE FROM log"));
  EXPECT_FALSE(measure({}).complete) << "usage knows that there were some";
  EXPECT_TRUE(measure(since(4 * 7200)).complete);
}

}  // namespace
}  // namespace freeway::store

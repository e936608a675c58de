#include "store/sqlite/segment.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "store/sqlite/varint.h"
#include "store/testing.h"

namespace freeway::store::sqlite {
namespace {

Duration some_duration(Random& random) {
  return std::chrono::microseconds(static_cast<std::int64_t>(random.next() >> (random.next() % 44 + 20)));
}

Tokens some_tokens(Random& random) {
  return {random.next() >> (random.next() % 64), random.next() % 100, random.next() % 3 == 0 ? random.next() : 0};
}

std::string some_name(Random& random) {
  std::uint64_t choice = random.next() % 40;
  if (choice == 0) return std::string(300, 'x');
  if (choice == 1) return std::string("\0\xff", 2);
  return choice < 5 ? "" : fmt::format("name-{}", choice);
}

RequestRecord some_record(Random& random, int number) {
  RequestRecord record = test_record(number, at_second(static_cast<std::int64_t>(random.next() % 4'000'000'000)));
  for (auto* name : {&record.client, &record.surface, &record.asked, &record.provider, &record.model, &record.key}) {
    if (random.next() % 3 == 0) *name = some_name(random);
  }
  record.end = static_cast<End>(random.next() % 4);
  if (random.next() % 3 == 0) record.error_code = some_name(random);
  if (random.next() % 3 == 0) record.error = some_name(random);
  record.streamed = random.next() % 2 == 0;
  record.estimated = random.next() % 2 == 0;
  if (random.next() % 2 == 0) record.waited = some_duration(random);
  if (random.next() % 2 == 0) record.ttft = some_duration(random);
  record.total = some_duration(random);
  record.tokens = some_tokens(random);
  if (random.next() % 3 == 0) record.attempts.resize(random.next() % 4);
  for (auto& attempt : record.attempts) {
    attempt.provider = random.next() % 2 == 0 ? record.provider : some_name(random);
    attempt.model = record.model;
    attempt.key = record.key;
    if (random.next() % 4 == 0) attempt.outcome = "timeout";
    attempt.status = random.next() % 4 == 0 ? 500 : record.status;
    attempt.started = some_duration(random);
    attempt.duration = some_duration(random);
    attempt.tokens = random.next() % 2 == 0 ? record.tokens : some_tokens(random);
    attempt.estimated = random.next() % 3 == 0 ? !record.estimated : record.estimated;
    if (random.next() % 4 == 0) attempt.evidence = some_name(random);
  }
  return record;
}

// What tells two records apart, in words, as far as the log keeps it.
std::string spell(const RequestRecord& record) {
  std::string text = fmt::format("{} {} {}/{}/{}/{}/{}/{}/{} {} {} '{}' '{}' {}{} {} {} {} {}/{}/{}",
                                 record.time.time_since_epoch().count(), record.id, record.client, record.surface,
                                 record.asked, record.provider, record.model, record.key, record.strategy, record.status,
                                 to_string(record.end), record.error_code, record.error, record.streamed, record.estimated,
                                 record.waited.count(), record.ttft.value_or(Duration(-1)).count(), record.total.count(),
                                 record.tokens.prompt, record.tokens.completion, record.tokens.reasoning);
  for (const auto& attempt : record.attempts) {
    text += fmt::format(" [{}/{}/{}/{} {} {} {} {} {}/{}/{} {}]", attempt.provider, attempt.model, attempt.key,
                        attempt.outcome, attempt.started.count(), attempt.duration.count(), attempt.status, attempt.evidence,
                        attempt.tokens.prompt, attempt.tokens.completion, attempt.tokens.reasoning, attempt.estimated);
  }
  return text;
}

TEST(SegmentTest, GivesBackWhatWasAdded) {
  SeededRandom random(11);
  SegmentDraft draft;
  SegmentView view;
  for (int round = 0; round < 40; ++round) {
    draft.clear();
    std::vector<RequestRecord> records;
    std::int64_t newest = 0;
    for (int i = static_cast<int>(random.next() % 50); i >= 0; --i) {
      records.push_back(some_record(random, i));
      draft.add(records.back());
      newest = std::max<std::int64_t>(newest, records.back().time.time_since_epoch() / std::chrono::microseconds(1));
    }
    EXPECT_EQ(draft.newest(), newest);
    std::string bytes = draft.bytes();
    ASSERT_TRUE(view.open(bytes, records.size()));
    for (std::size_t i = 0; i < records.size(); ++i) {
      EXPECT_EQ(view.id(i), records[i].id);
      auto head = view.head(i);
      ASSERT_TRUE(head);
      auto attempts = view.attempts(*head);
      ASSERT_TRUE(attempts);
      RequestRecord found = SegmentView::record(*head);
      found.attempts = std::move(*attempts);
      EXPECT_EQ(spell(found), spell(records[i]));
    }
    EXPECT_FALSE(view.open(bytes, records.size() + 1));
    EXPECT_FALSE(view.open(bytes + "x", records.size()));
  }
}

TEST(SegmentTest, AnAnsweredRequestTakesFewBytes) {
  SegmentDraft draft;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(draft.full());
    draft.add(test_record(i, at_second(1'800'000'000 + i / 100)));
  }
  EXPECT_TRUE(draft.full());
  EXPECT_LT(draft.bytes().size(), 1000U * 40);
}

TEST(SegmentTest, IsFullByItsBytesToo) {
  SegmentDraft draft;
  RequestRecord record = test_record(1, at_second(0));
  record.attempts[0].evidence = std::string(SegmentDraft::kMostBytes, 'e');
  draft.add(record);
  EXPECT_TRUE(draft.full());
  draft.clear();
  EXPECT_FALSE(draft.full());
  record.attempts.clear();
  record.error = std::string(SegmentDraft::kMostBytes, 'e');
  draft.add(record);
  EXPECT_TRUE(draft.full());
}

// A client that repeats its mistake costs the sentence once a segment.
TEST(SegmentTest, AnErrorThatIsToldAgainTakesFewBytes) {
  SegmentDraft draft;
  RequestRecord record = test_record(1, at_second(0));
  record.attempts.clear();
  record.error_code = "model_not_found";
  record.error = std::string(500, 'e');
  for (int i = 0; i < 1000; ++i) draft.add(record);
  EXPECT_LT(draft.bytes().size(), 1000U * 40);
}

TEST(SegmentTest, ReadsTheFirstVersion) {
  SegmentDraft draft;
  draft.add(test_record(1, at_second(0)));
  std::string bytes = draft.bytes();
  bytes.front() = 1;
  SegmentView view;
  ASSERT_TRUE(view.open(bytes, 1));
  EXPECT_EQ(spell(SegmentView::record(*view.head(0))), [] {
    RequestRecord record = test_record(1, at_second(0));
    record.attempts.clear();
    return spell(record);
  }());
  for (char other : {0, 3}) {
    bytes.front() = other;
    EXPECT_FALSE(view.open(bytes, 1));
  }
}

// Whatever the bytes are, reading them ends, and stays inside them: the sanitizers watch.
TEST(SegmentTest, SurvivesAnyDamage) {
  SeededRandom random(12);
  SegmentView view;
  int damaged = 0;
  for (int round = 0; round < 20'000; ++round) {
    SegmentDraft draft;
    std::size_t count = random.next() % 4 + 1;
    for (std::size_t i = 0; i < count; ++i) draft.add(some_record(random, static_cast<int>(i)));
    std::string bytes = draft.bytes();
    for (std::uint64_t changes = random.next() % 4 + 1; changes > 0; --changes) {
      std::size_t at = random.next() % bytes.size();
      switch (random.next() % 4) {
        case 0: bytes[at] = static_cast<char>(random.next()); break;
        case 1: bytes[at] = static_cast<char>(0xff); break;
        case 2: bytes.resize(at + 1); break;
        default: bytes.insert(at, 1, static_cast<char>(random.next())); break;
      }
    }
    // A copy of its own size, so that a byte past the end is noticed.
    std::vector<char> exact(bytes.begin(), bytes.end());
    if (random.next() % 50 == 0) count = random.next();
    if (!view.open(std::string_view(exact.data(), exact.size()), count)) {
      ++damaged;
      continue;
    }
    for (std::size_t i = 0; i < view.size(); ++i) {
      view.id(i);
      auto head = view.head(i);
      if (!head || !view.attempts(*head)) {
        ++damaged;
        continue;
      }
      SegmentView::record(*head);
    }
  }
  EXPECT_GT(damaged, 10'000);
}

TEST(SegmentTest, VarintsAreWhatTheyWere) {
  for (std::uint64_t value : {0ULL, 1ULL, 127ULL, 128ULL, 16384ULL, 1ULL << 62, 1ULL << 63, ~0ULL}) {
    std::string bytes;
    append_varint(bytes, value);
    EXPECT_LE(bytes.size(), kVarintMost);
    Reader reader(bytes);
    EXPECT_EQ(reader.number(), value);
    EXPECT_TRUE(reader.good());
    EXPECT_EQ(zigzag(unzigzag(value)), value);
    Reader cut(std::string_view(bytes).substr(1));
    cut.number();
    EXPECT_EQ(cut.good(), bytes.size() > 1);
  }
}

}  // namespace
}  // namespace freeway::store::sqlite

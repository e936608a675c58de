#include "journal/journal.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <map>
#include <thread>

#include "base/random.h"
#include "journal/testing.h"

namespace freeway::journal {
namespace {

using testing::Folder;

// Sums of what was appended for each name.
class Tally final : public Replica {
 public:
  void apply(const Record& record) override {
    if (record.kind != Kind::session) return;
    Reader reader(record.payload);
    std::uint64_t name = reader.word();
    sums[name] += reader.word();
    last[name] = record.at.now;
  }
  void restart(Moment, Duration shift) override {
    for (auto& [name, at] : last) at += shift;
  }
  void write(Draft& draft, Moment at) override {
    for (auto& [name, sum] : sums) {
      std::uint64_t payload[] = {name, sum};
      draft.add(Kind::session, {last[name], at.wall}, payload);
    }
  }
  std::map<std::uint64_t, std::uint64_t> sums;
  std::map<std::uint64_t, Instant> last;
};

std::unique_ptr<Replica> tally() { return std::make_unique<Tally>(); }

Moment moment(int seconds, int wall_ahead = 0) {
  return {Instant(std::chrono::seconds(seconds)), WallTime(std::chrono::seconds(1'800'000'000 + seconds + wall_ahead))};
}

struct Opened {
  Opened(const Folder& folder, Moment at, Journal::Options options = {})
      : journal(with(folder, std::move(options)), {tally}, at) {
    auto taken = journal.take();
    told = std::move(static_cast<Tally&>(*taken[0]));
  }
  static Journal::Options with(const Folder& folder, Journal::Options options) {
    if (options.path.empty()) options.path = folder.path();
    if (options.boot.empty()) options.boot = "a boot";
    options.thread = false;
    return options;
  }
  void add(std::uint64_t name, std::uint64_t amount, int seconds = 1) {
    std::uint64_t payload[] = {name, amount};
    journal.append(Kind::session, moment(seconds), payload);
  }
  Journal journal;
  Tally told;
};

using Sums = std::map<std::uint64_t, std::uint64_t>;

Sums sums_after_kill(const Folder& folder, const Journal::Options& options = {}) {
  Folder after;
  folder.kill_into(after);
  return Opened(after, moment(100), options).told.sums;
}

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void put(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

TEST(Journal, WhatWasAppendedSurvivesAKillAtOnce) {
  Folder folder;
  Opened first(folder, moment(1));
  EXPECT_TRUE(first.told.sums.empty());
  EXPECT_TRUE(first.journal.on_disk());
  for (std::uint64_t i = 1; i <= 50; ++i) {
    first.add(i % 3, i);
    auto sums = sums_after_kill(folder);
    std::uint64_t all = 0;
    for (auto& [name, sum] : sums) all += sum;
    ASSERT_EQ(all, i * (i + 1) / 2);
  }
}

TEST(Journal, ARestartGoesOnFromWhatTheLastOneLeft) {
  Folder folder;
  for (std::uint64_t round = 0; round < 5; ++round) {
    Opened opened(folder, moment(static_cast<int>(10 * round + 5)));
    EXPECT_EQ(opened.told.sums[7], round);
    opened.add(7, 1);
  }
}

// Cut or spoilt at any byte, the file tells a state that was true once, and all of it up to there.
TEST(Journal, EveryTornEndReplaysToAnEarlierState) {
  Folder folder;
  std::vector<std::uint64_t> ends = {8};  // in words
  {
    Opened opened(folder, moment(1), {.bytes = 4096});
    for (std::uint64_t i = 1; i <= 12; ++i) {
      opened.add(1, i);
      ends.push_back(8 + opened.journal.size());
    }
  }
  const std::string whole = content(folder.path());
  auto expect = [&](std::size_t byte) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 1; i <= 12 && ends[i] * 8 <= byte; ++i) sum += i;
    return sum;
  };
  Folder other;
  for (std::size_t byte = 64; byte < ends.back() * 8; ++byte) {
    put(other.path(), whole.substr(0, byte));
    ASSERT_EQ(Opened(other, moment(2), {.bytes = 4096}).told.sums[1], expect(byte)) << "cut at " << byte;
    std::string spoilt = whole;
    spoilt[byte] = static_cast<char>(spoilt[byte] ^ (1 << byte % 8));
    put(other.path(), spoilt);
    ASSERT_EQ(Opened(other, moment(2), {.bytes = 4096}).told.sums[1], expect(byte)) << "spoilt at " << byte;
  }
  // What follows a torn end is new.
  put(other.path(), whole.substr(0, ends[3] * 8 + 5));
  Opened opened(other, moment(2));
  opened.add(1, 1000);
  EXPECT_EQ(sums_after_kill(other)[1], 1006u);
}

TEST(Journal, AHeaderThatIsNoneIsKeptAside) {
  Folder folder;
  {
    Opened(folder, moment(1)).add(1, 1);
  }
  std::string bytes = content(folder.path());
  for (std::size_t at : {0, 8, 16, 24, 32, 40}) {
    std::string spoilt = bytes;
    spoilt[at] = static_cast<char>(spoilt[at] ^ 2);
    put(folder.path(), spoilt);
    EXPECT_TRUE(Opened(folder, moment(1)).told.sums.empty()) << at;
    EXPECT_EQ(content(folder.path("journal.unreadable")), spoilt);
  }
  put(folder.path(), "");
  EXPECT_TRUE(Opened(folder, moment(1)).told.sums.empty());
}

TEST(Journal, CompactionKeepsTheStateAndTheSizeInBounds) {
  Folder folder;
  Opened opened(folder, moment(1), {.bytes = 1 << 16});
  std::size_t most = 0;
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    opened.add(i % 5, 1);
    if (i % 100 == 0) opened.journal.tend();
    most = std::max(most, opened.journal.size());
  }
  EXPECT_LE(most, (1U << 16) / 8);
  EXPECT_EQ(std::filesystem::file_size(folder.path()), 1U << 16);
  EXPECT_FALSE(std::filesystem::exists(folder.path("journal.new")));
  EXPECT_EQ(sums_after_kill(folder), (Sums{{0, 10000}, {1, 10000}, {2, 10000}, {3, 10000}, {4, 10000}}));
}

TEST(Journal, GrowsWithItsState) {
  Folder folder;
  Opened opened(folder, moment(1), {.bytes = 1 << 16});
  for (std::uint64_t i = 0; i < 10'000; ++i) opened.add(i, 1);
  EXPECT_FALSE(opened.journal.on_disk()) << "it ran over";
  opened.journal.tend();
  EXPECT_TRUE(opened.journal.on_disk());
  EXPECT_GE(std::filesystem::file_size(folder.path()), 2 * 10'000 * 5 * 8U);
  EXPECT_EQ(sums_after_kill(folder).size(), 10'000u);
}

TEST(Journal, OfTwoFilesTheCompleteNewOneCounts) {
  Folder folder;
  Folder later;
  {
    Opened(folder, moment(1)).add(1, 1);
    folder.kill_into(later);
    Opened(folder, moment(2)).add(1, 10);
  }
  // Killed between the switch and the renaming.
  std::filesystem::copy_file(folder.path(), later.path("journal.new"));
  EXPECT_EQ(sums_after_kill(later)[1], 11u);
  // Killed before the switch: the new one is not complete.
  std::string bytes = content(later.path("journal.new"));
  bytes[40] = 0;
  put(later.path("journal.new"), bytes);
  EXPECT_EQ(sums_after_kill(later)[1], 1u);
  // The power went before the new one's records were on the disk.
  bytes = content(folder.path());
  for (std::size_t i = 64; i < bytes.size(); ++i) bytes[i] = 0;
  put(later.path("journal.new"), bytes);
  EXPECT_EQ(sums_after_kill(later)[1], 1u);
  Opened opened(later, moment(2));
  EXPECT_EQ(opened.told.sums[1], 1u);
  EXPECT_FALSE(std::filesystem::exists(later.path("journal.new")));
}

TEST(Journal, GoesOnInMemoryWhileTheDiskRefuses) {
  Folder folder;
  std::string path = folder.path("missing") + "/journal";
  Opened opened(folder, moment(1), {.path = path, .bytes = 1 << 16});
  EXPECT_FALSE(opened.journal.on_disk());
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    opened.add(1, 1);
    if (i % 100 == 0) opened.journal.tend();
  }
  EXPECT_LT(opened.journal.size(), 200'000u) << "compacted in memory, too";
  std::filesystem::create_directory(folder.path("missing"));
  for (int i = 0; i < 10 && !opened.journal.on_disk(); ++i) opened.journal.tend();
  EXPECT_TRUE(opened.journal.on_disk());
  EXPECT_EQ(Opened(folder, moment(2), {.path = path}).told.sums[1], 50'000u);
}

TEST(Journal, InstantsOfAnotherBootAreMovedByTheWall) {
  auto told_at = [](int seconds, int wall_ahead, const char* boot) {
    Folder folder;
    {
      Opened opened(folder, moment(5000));
      opened.add(1, 1, 5000);
      opened.add(2, 1, 5040);
    }
    Opened opened(folder, moment(seconds, wall_ahead), {.boot = boot});
    return std::pair(opened.told.last[1], opened.told.last[2]);
  };
  auto at = [](int seconds) { return Instant(std::chrono::seconds(seconds)); };
  EXPECT_EQ(told_at(5100, 0, "a boot"), std::pair(at(5000), at(5040)));
  // 30 s up; the wall says that 100 s have passed since the last record.
  EXPECT_EQ(told_at(30, 5110, "another"), std::pair(at(-110), at(-70)));
  // The wall went back: no time has passed.
  EXPECT_EQ(told_at(30, 1000, "another"), std::pair(at(-10), at(30)));
  // The same boot, but a clock that is behind: as another one.
  EXPECT_EQ(told_at(30, 5110, "a boot"), std::pair(at(-110), at(-70)));
}

// Four threads append through a file that is much too small for them while it is compacted again and again.
TEST(Journal, LosesNothingBetweenThreads) {
  constexpr std::uint64_t kEach = 30'000;
  Folder folder;
  {
    Journal journal({.path = folder.path(), .bytes = 1 << 16, .boot = "a boot"}, {tally}, moment(1));
    std::vector<std::thread> threads;
    for (std::uint64_t name = 0; name < 4; ++name) {
      threads.emplace_back([&journal, name] {
        for (std::uint64_t i = 1; i <= kEach; ++i) {
          std::uint64_t payload[] = {name, 1};
          journal.append(Kind::session, moment(1), payload);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    for (auto& [name, sum] : sums_after_kill(folder)) EXPECT_LE(sum, kEach);
  }
  EXPECT_EQ(Opened(folder, moment(2)).told.sums, (Sums{{0, kEach}, {1, kEach}, {2, kEach}, {3, kEach}}));
}

// One thread appends at a pace that the journal's thread can follow; at every moment, a kill leaves all of it.
TEST(Journal, AKillWhileItIsCompactedLeavesEverything) {
  Folder folder;
  Journal journal({.path = folder.path(), .bytes = 1 << 16, .boot = "a boot"}, {tally}, moment(1));
  std::uint64_t added = 0;
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 1200; ++i, ++added) {
      std::uint64_t payload[] = {1, 1};
      journal.append(Kind::session, moment(1), payload);
    }
    while (!journal.on_disk()) std::this_thread::yield();
    EXPECT_EQ(sums_after_kill(folder)[1], added);
  }
}

TEST(Record, TextsAndNumbers) {
  for (std::size_t size : {0, 1, 7, 8, 9, 300}) {
    Payload payload;
    payload.text(std::string(size, 'x')).number(-5).word(UINT64_MAX);
    Reader reader(payload.words());
    EXPECT_EQ(reader.text(), std::string(size, 'x'));
    EXPECT_EQ(reader.number(), -5);
    EXPECT_EQ(reader.word(), UINT64_MAX);
    EXPECT_TRUE(reader.good());
    EXPECT_EQ(reader.word(), 0u);
    EXPECT_FALSE(reader.good());
  }
  std::uint64_t lying[] = {UINT64_MAX, 1};
  Reader reader(lying);
  EXPECT_EQ(reader.text(), "");
  EXPECT_FALSE(reader.good());
}

}  // namespace
}  // namespace freeway::journal

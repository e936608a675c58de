#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/published.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/text.h"

namespace freeway {
namespace {

using namespace std::chrono_literals;

TEST(Buffer, KeepsBytesInOrder) {
  Buffer buffer;
  SeededRandom random(3);
  std::string model;
  char next = 0;
  for (int round = 0; round < 5000; ++round) {
    if (random.next() % 2 == 0) {
      std::string bytes(random.next() % 40, next++);
      buffer.append(bytes);
      model += bytes;
    } else {
      auto count = model.empty() ? 0 : random.next() % model.size();
      buffer.consume(count);
      model.erase(0, count);
    }
    ASSERT_EQ(buffer.view(), model);
    ASSERT_EQ(buffer.size(), model.size());
  }
}

TEST(Buffer, PreparesWhatIsAskedForAndMovesInsteadOfGrowing) {
  Buffer buffer;
  auto room = buffer.prepare(100);
  ASSERT_GE(room.size(), 100u);
  std::fill_n(room.begin(), 100, 'x');
  buffer.commit(100);
  std::size_t capacity = buffer.capacity();
  buffer.consume(90);
  EXPECT_GE(buffer.prepare(capacity - 10).size(), capacity - 10);
  EXPECT_EQ(buffer.capacity(), capacity);
  EXPECT_EQ(buffer.view(), "xxxxxxxxxx");
  buffer.release();
  EXPECT_EQ(buffer.capacity(), capacity);
  buffer.consume(10);
  buffer.release();
  EXPECT_EQ(buffer.capacity(), 0u);
  EXPECT_TRUE(buffer.empty());
  buffer.append("again");
  EXPECT_EQ(buffer.view(), "again");
}

TEST(ManualClock, MovesWhenTold) {
  ManualClock clock;
  Instant start = clock.now();
  EXPECT_EQ(start.time_since_epoch(), 1h);
  EXPECT_EQ(clock.wall().time_since_epoch(), std::chrono::seconds(1767225600));
  clock.advance(5s);
  EXPECT_EQ(clock.now() - start, 5s);
  EXPECT_EQ(clock.wall().time_since_epoch(), std::chrono::seconds(1767225605));
  clock.set_wall(WallTime(7s));
  EXPECT_EQ(clock.now() - start, 5s);
  EXPECT_EQ(clock.wall(), WallTime(7s));
}

TEST(SystemClock, GoesForward) {
  SystemClock clock;
  Instant before = clock.now();
  EXPECT_GE(clock.now(), before);
  EXPECT_GT(clock.wall(), WallTime(std::chrono::seconds(1767225600)));
}

TEST(Text, IgnoresTheCaseOfAscii) {
  EXPECT_TRUE(iequals("Content-Type", "content-TYPE"));
  EXPECT_FALSE(iequals("a", "ab"));
  EXPECT_FALSE(iequals("[", "{"));
  EXPECT_FALSE(iequals("\xc4", "\xe4"));
  EXPECT_TRUE(istarts_with("Bearer x", "bearer "));
  EXPECT_FALSE(istarts_with("Bear", "bearer"));
  EXPECT_EQ(ifind("the RATE limit", "rate"), 4u);
  EXPECT_EQ(ifind("rat", "rate"), std::string_view::npos);
  EXPECT_EQ(ifind("", ""), 0u);
}

TEST(Text, Trims) {
  EXPECT_EQ(trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Text, MakesHeaderValuesSafeAndReversible) {
  EXPECT_EQ(header_safe("plain text ~!"), "plain text ~!");
  EXPECT_EQ(header_safe("a\r\nb"), "a%0D%0Ab");
  EXPECT_EQ(header_safe("100%\x7f"), "100%25%7F");
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every.push_back(static_cast<char>(byte));
  EXPECT_EQ(percent_decode(header_safe(every)), every);
  EXPECT_EQ(percent_decode("%2f%2F%zz%2%"), "//%zz%2%");
}

TEST(Text, IsClippedBetweenCharacters) {
  EXPECT_EQ(clip("short", 5), "short");
  EXPECT_EQ(clip("longer", 5), "longe");
  EXPECT_EQ(clip("aä€😀", 10), "aä€😀");
  EXPECT_EQ(clip("aä€😀", 9), "aä€");
  EXPECT_EQ(clip("aä€😀", 6), "aä€");
  EXPECT_EQ(clip("aä€😀", 5), "aä");
  EXPECT_EQ(clip("aä€😀", 2), "a");
  EXPECT_EQ(clip("ä", 1), "");
}

TEST(Text, IsToldWithoutAPart) {
  EXPECT_EQ(leave_out("one 'x', two 'x'", "'x'"), "one …, two …");
  EXPECT_EQ(leave_out("as it is", ""), "as it is");
  EXPECT_EQ(leave_out("as it is", "it was"), "as it is");
  EXPECT_EQ(leave_out("……", "…"), "……") << "comes to an end";
}

TEST(Error, KindsHaveNames) {
  EXPECT_EQ(to_string(ErrorKind::too_large), "too_large");
  Result<int> failed = fail(ErrorKind::closed, "the peer went away");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::closed);
  EXPECT_EQ(failed.error().message, "the peer went away");
}

TEST(Secret, IsNeverPrinted) {
  Secret secret("sk-12345");
  EXPECT_EQ(fmt::format("{}", secret), "[redacted]");
  EXPECT_EQ(secret.reveal(), "sk-12345");
  EXPECT_TRUE(secret.matches("sk-12345"));
  EXPECT_FALSE(secret.matches("sk-12346"));
  EXPECT_FALSE(secret.matches("xk-12345"));
  EXPECT_FALSE(secret.matches("sk-1234"));
  EXPECT_FALSE(secret.matches(""));
  EXPECT_TRUE(Secret().matches(""));
}

TEST(Random, RepeatsWithItsSeed) {
  SeededRandom one(5), same(5), other(6);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(one.next(), same.next());
  EXPECT_NE(one.next(), other.next());
  for (int i = 0; i < 1000; ++i) {
    double unit = one.unit();
    EXPECT_GE(unit, 0.0);
    EXPECT_LT(unit, 1.0);
  }
  std::string id = random_id(one, 200);
  EXPECT_EQ(id.size(), 200u);
  EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), std::string::npos);
}

TEST(Published, KeepsOldSnapshotsAliveForTheirReaders) {
  Published<std::string> current(std::make_shared<const std::string>("old"));
  auto held = current.load();
  std::weak_ptr<const std::string> old = held;
  current.store(std::make_shared<const std::string>("new"));
  EXPECT_EQ(*held, "old");
  EXPECT_EQ(*current.load(), "new");
  held.reset();
  EXPECT_TRUE(old.expired());
}

TEST(Published, IsReadWhileItIsReplaced) {
  Published<int> current(std::make_shared<const int>(0));
  std::thread writer([&] {
    for (int i = 1; i <= 2000; ++i) current.store(std::make_shared<const int>(i));
  });
  int last = 0;
  while (last < 2000) {
    int now = *current.load();
    ASSERT_GE(now, last);
    last = now;
  }
  writer.join();
}

std::string logged(bool json, log::Level level) {
  log::configure(level, json);
  testing::internal::CaptureStderr();
  log::debug("hidden {}", 1);
  log::info("a \"quoted\" name\nand a\\line {}", 2);
  log::error("failed {}", Secret("sk-1"));
  log::configure(log::Level::info, false);  // after what was logged is written
  return testing::internal::GetCapturedStderr();
}

TEST(Log, WritesOneJsonObjectALine) {
  std::string out = logged(true, log::Level::info);
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 2);
  EXPECT_TRUE(out.starts_with("{\"time\":\"20")) << out;
  EXPECT_NE(out.find(R"(Z","level":"info","message":"a \"quoted\" name\u000aand a\\line 2"})"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("level":"error","message":"failed [redacted]"})"), std::string::npos) << out;
}

TEST(Log, AnnouncesWhateverTheLevelIs) {
  for (log::Level level : {log::Level::error, log::Level::off}) {
    log::configure(level, true);
    testing::internal::CaptureStderr();
    log::announce(log::Level::warn, "others can reach \"this\"");
    log::warn("hidden");
    log::configure(log::Level::info, false);
    std::string out = testing::internal::GetCapturedStderr();
    EXPECT_NE(out.find(R"("level":"warning","message":"others can reach \"this\""})"), std::string::npos) << out;
    EXPECT_EQ(out.find("hidden"), std::string::npos) << out;
  }
}

TEST(Log, NeverWaitsForAReaderOfStandardError) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  int kept = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  log::configure(log::Level::info, true);
  const std::string line(1000, 'x');
  for (int i = 0; i < 2000; ++i) log::info("{}", line);  // far more than a pipe holds, and nobody reads yet
  std::size_t lines = 0;
  std::thread reader([&] {
    char piece[65536];
    for (ssize_t got = 0; (got = read(ends[0], piece, sizeof piece)) > 0;)
      lines += static_cast<std::size_t>(std::count(piece, piece + got, '\n'));
  });
  log::configure(log::Level::info, false);
  dup2(kept, STDERR_FILENO);
  close(ends[1]);
  reader.join();
  close(ends[0]);
  close(kept);
  EXPECT_GE(lines, 1000U);
  EXPECT_LT(lines, 2000U) << "the oldest gave way";
}

TEST(Log, HidesSecretsWhoeverLogsThem) {
  log::hide(std::make_shared<SecretSet>(std::vector<std::string_view>{"sk-0123456789"}));
  log::configure(log::Level::info, true);
  testing::internal::CaptureStderr();
  log::warn("the provider said: bad key sk-0123456789.");
  log::hide(nullptr);
  log::configure(log::Level::info, false);
  std::string out = testing::internal::GetCapturedStderr();
  EXPECT_NE(out.find("bad key [redacted].\""), std::string::npos) << out;
}

TEST(Log, CarriesFieldsForPrograms) {
  log::hide(std::make_shared<SecretSet>(std::vector<std::string_view>{"sk-0123456789"}));
  log::configure(log::Level::info, true);
  testing::internal::CaptureStderr();
  log::write(log::Level::warn, "failed", {{"route", "u1/m1 \"x\""}, {"evidence", "key sk-0123456789"}});
  log::configure(log::Level::info, false);
  log::write(log::Level::warn, "failed", {{"route", "u1/m1"}, {"evidence", "no"}});
  log::hide(nullptr);
  log::configure(log::Level::info, false);
  std::string out = testing::internal::GetCapturedStderr();
  EXPECT_NE(out.find(R"("message":"failed","route":"u1/m1 \"x\"","evidence":"key [redacted]"})"), std::string::npos) << out;
  EXPECT_NE(out.find("failed route=u1/m1 evidence=no\n"), std::string::npos) << out;
}

TEST(Log, GivesAPeersTextNoPower) {
  log::configure(log::Level::info, true);
  testing::internal::CaptureStderr();
  // A colour, an 8-bit control, an override of the order, bytes that are no UTF-8, and honest text.
  log::info("{}", "\x1b[31m|\xc2\x9b|\xe2\x80\xae|\xff\xc0\xaf\xed\xa0\x80|\xe4\xb8\xad \xf0\x9f\x98\x80");
  log::configure(log::Level::info, false);
  std::string out = testing::internal::GetCapturedStderr();
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_NE(
      out.find("\"\\u001b[31m|\\u009b|\\u202e|" + bad + bad + bad + bad + bad + bad + "|\xe4\xb8\xad \xf0\x9f\x98\x80\""),
      std::string::npos)
      << out;
}

TEST(Log, ReadsLevels) {
  EXPECT_EQ(log::parse_level("Debug"), log::Level::debug);
  EXPECT_EQ(log::parse_level("warning"), log::Level::warn);
  EXPECT_EQ(log::parse_level("off"), log::Level::off);
  EXPECT_FALSE(log::parse_level("loud").has_value());
  EXPECT_FALSE(log::parse_level("").has_value());
}

// What a terminal would be sent.
std::string on_a_terminal(bool colours) {
  int controller = posix_openpt(O_RDWR | O_NOCTTY);
  EXPECT_TRUE(controller >= 0 && grantpt(controller) == 0 && unlockpt(controller) == 0);
  int terminal = open(ptsname(controller), O_RDWR | O_NOCTTY);
  int kept = dup(STDERR_FILENO);
  setenv("TERM", "xterm-256color", 1);
  dup2(terminal, STDERR_FILENO);
  log::Options options;
  options.colours = colours;
  log::configure(options);
  log::warn("hello");
  log::configure(log::Level::info, false);
  dup2(kept, STDERR_FILENO);
  char bytes[256];
  ssize_t got = read(controller, bytes, sizeof bytes);
  for (int descriptor : {kept, terminal, controller}) close(descriptor);
  return std::string(bytes, got > 0 ? static_cast<std::size_t>(got) : 0);
}

TEST(Log, HasColoursOnlyOnATerminalThatWantsThem) {
  EXPECT_NE(on_a_terminal(true).find("\x1b["), std::string::npos);
  std::string plain = on_a_terminal(false);
  EXPECT_EQ(plain.find('\x1b'), std::string::npos) << plain;
  EXPECT_NE(plain.find("warning hello"), std::string::npos) << plain;
}

TEST(Log, WritesLinesForPeople) {
  std::string out = logged(false, log::Level::error);
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1);
  EXPECT_NE(out.find("error   failed [redacted]"), std::string::npos) << out;
  EXPECT_EQ(logged(false, log::Level::off), "");
  EXPECT_NE(logged(false, log::Level::debug).find("hidden 1"), std::string::npos);
  EXPECT_NE(logged(false, log::Level::info).find("name\\u000aand a\\line 2"), std::string::npos);
}

}  // namespace
}  // namespace freeway

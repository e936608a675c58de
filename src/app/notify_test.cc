#include "app/notify.h"

#include <gtest/gtest.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "app/test_outside.h"
#include "net/unix_test.h"

namespace freeway::app {
namespace {

using namespace std::chrono_literals;

// The manager's end: a datagram socket.
class NotifyTest : public testing::Test {
 protected:
  NotifyTest() {
    std::string pattern = testing::TempDir() + "/freeway-notify-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    listen(folder_ + "/notify");
  }
  ~NotifyTest() override { std::filesystem::remove_all(folder_); }
  void listen(const std::string& path) {
    manager_.emplace(net::testing::UnixEnd::Kind::datagram, path);
    outside_.variables["NOTIFY_SOCKET"] = path;
  }
  std::string heard() const { return manager_->received(); }

  TestOutside outside_;
  std::string folder_;
  std::optional<net::testing::UnixEnd> manager_;
};

TEST_F(NotifyTest, TellsTheManagerEachTurn) {
  Notify notify(outside_.outside());
  EXPECT_TRUE(notify.wanted());
  notify.ready("listens on 127.0.0.1:8420\nREADY=0");
  EXPECT_EQ(heard(), "READY=1\nSTATUS=listens on 127.0.0.1:8420");
  timespec before{};
  clock_gettime(CLOCK_MONOTONIC, &before);
  notify.reloading();
  const std::string reloading = heard();
  ASSERT_TRUE(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC=")) << reloading;
  const long long at = std::stoll(reloading.substr(reloading.find('=', 12) + 1));
  EXPECT_GE(at, before.tv_sec * 1'000'000LL);
  EXPECT_LT(at, before.tv_sec * 1'000'000LL + 60'000'000);
  notify.status("two providers");
  EXPECT_EQ(heard(), "STATUS=two providers");
  notify.alive();
  EXPECT_EQ(heard(), "WATCHDOG=1");
  notify.stopping();
  EXPECT_TRUE(heard().starts_with("STOPPING=1\n"));
}

TEST_F(NotifyTest, FindsAbstractSockets) {
  listen("@freeway-notify-" + std::to_string(getpid()));
  Notify notify(outside_.outside());
  notify.alive();
  EXPECT_EQ(heard(), "WATCHDOG=1");
}

TEST_F(NotifyTest, IsQuietWithoutAManager) {
  outside_.variables.clear();
  Notify none(outside_.outside());
  EXPECT_FALSE(none.wanted());
  none.ready("x");
  EXPECT_EQ(heard(), "");
  // Whoever set this no longer listens.
  outside_.variables["NOTIFY_SOCKET"] = folder_ + "/gone";
  Notify gone(outside_.outside());
  gone.ready("x");
  outside_.variables["NOTIFY_SOCKET"] = "relative";
  EXPECT_FALSE(Notify(outside_.outside()).wanted());
}

TEST_F(NotifyTest, GivesTwoSignsOfLifeInThePeriodThatIsAllowed) {
  EXPECT_FALSE(Notify(outside_.outside()).watchdog().has_value());
  outside_.variables["WATCHDOG_USEC"] = "30000000";
  EXPECT_EQ(Notify(outside_.outside()).watchdog(), 15s);
  outside_.variables["WATCHDOG_PID"] = std::to_string(getpid());
  EXPECT_EQ(Notify(outside_.outside()).watchdog(), 15s);
  outside_.variables["WATCHDOG_PID"] = "1";
  EXPECT_FALSE(Notify(outside_.outside()).watchdog().has_value()) << "it watches another process";
  outside_.variables.erase("WATCHDOG_PID");
  outside_.variables["WATCHDOG_USEC"] = "soon";
  EXPECT_FALSE(Notify(outside_.outside()).watchdog().has_value());
}

}  // namespace
}  // namespace freeway::app

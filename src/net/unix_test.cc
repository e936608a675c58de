#include "net/unix.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "net/inbox.h"
#include "net/testing.h"

namespace freeway::net {
namespace {

namespace fs = std::filesystem;

class UnixTest : public ::testing::Test {
 protected:
  UnixTest() {
    std::string made = (fs::temp_directory_path() / "freeway-unix-XXXXXX").string();
    folder = ::mkdtemp(made.data());
    path = folder + "/freeway.sock";
  }
  ~UnixTest() override {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  Result<std::unique_ptr<UnixListener>> listen() {
    return UnixListener::open(loop, path, [this](std::unique_ptr<Stream> stream) { accepted(std::move(stream)); });
  }
  // Echoes one message and ends the loop.
  void accepted(std::unique_ptr<Stream> stream) {
    streams.push_back(std::move(stream));
    Task<> task = echo(*this, *streams.back());
    loop.spawn(std::move(task));
  }
  static Task<> echo(UnixTest& test, Stream& stream) {
    Wakeup wakeup(test.loop);
    Inbox inbox(stream, wakeup);
    while (inbox.bytes().empty() && !inbox.end()) {
      Task<bool> woken = wakeup.wait(kNever);
      co_await std::move(woken);
    }
    const std::string heard(inbox.bytes());
    Task<Result<void>> writing = testing::write(stream, heard);
    const Result<void> written = co_await std::move(writing);
    EXPECT_TRUE(written.has_value());
    stream.shutdown_write();
    test.loop.stop();
  }

  // A socket file that nobody listens behind.
  void leave_stale() const {
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(socket);
  }

  // Asks from another thread while the loop runs.
  std::string ask(std::string_view words) {
    std::string answer;
    std::thread client([&] {
      auto connection = UnixConnection::open(path, testing::kPatience);
      EXPECT_TRUE(connection.has_value());
      if (!connection) return loop.stop();
      EXPECT_TRUE(connection->write(words).has_value());
      char bytes[256];
      for (;;) {
        const auto got = connection->read(bytes);
        if (!got) {
          EXPECT_EQ(got.error().kind, ErrorKind::closed);
          return;
        }
        answer.append(bytes, *got);
      }
    });
    loop.run();
    client.join();
    return answer;
  }

  const SystemClock clock;
  Loop loop{clock};
  std::string folder;
  std::string path;
  std::vector<std::unique_ptr<Stream>> streams;
};

TEST_F(UnixTest, ServesItsOwner) {
  const mode_t before = ::umask(0);
  auto listener = listen();
  ::umask(before);
  ASSERT_TRUE(listener.has_value()) << listener.error().message;
  struct stat file{};
  ASSERT_EQ(::stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600U);
  EXPECT_EQ(ask("hello"), "hello");
  ASSERT_EQ(streams.size(), 1U);
  EXPECT_TRUE(streams[0]->from_owner());
  EXPECT_EQ(streams[0]->peer_address(), "unix");
  (*listener)->close();
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(UnixTest, ReplacesWhatADeadListenerLeft) {
  leave_stale();
  EXPECT_EQ(UnixConnection::open(path, testing::kPatience).error().kind, ErrorKind::refused);
  const auto listener = listen();
  ASSERT_TRUE(listener.has_value()) << listener.error().message;
  EXPECT_EQ(ask("again"), "again");
}

TEST_F(UnixTest, LeavesALivingListenerAndFilesOfOthersAlone) {
  auto first = listen();
  ASSERT_TRUE(first.has_value());
  const auto second = listen();
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind, ErrorKind::exhausted);
  EXPECT_NE(second.error().message.find(path), std::string::npos);
  first->reset();
  std::ofstream(path) << "mine";
  const auto third = listen();
  ASSERT_FALSE(third.has_value());
  EXPECT_NE(third.error().message.find("no socket"), std::string::npos) << third.error().message;
  EXPECT_EQ(fs::file_size(path), 4U);
}

TEST_F(UnixTest, RemovesOnlyItsOwnFile) {
  auto listener = listen();
  ASSERT_TRUE(listener.has_value());
  fs::remove(path);
  std::ofstream(path) << "mine";
  listener->reset();
  EXPECT_TRUE(fs::exists(path));
}

TEST_F(UnixTest, ReachesPathsThatNoAddressHolds) {
  path = folder;
  for (int i = 0; i < 12; ++i) path += "/a-folder-with-a-long-name";
  fs::create_directories(path);
  path += "/freeway.sock";
  ASSERT_GT(path.size(), sizeof(sockaddr_un::sun_path));
  auto listener = listen();
  ASSERT_TRUE(listener.has_value()) << listener.error().message;
  EXPECT_TRUE(fs::is_socket(path));
  EXPECT_EQ(ask("far"), "far");
  EXPECT_FALSE(listen().has_value()) << "the one that answers is found there too";
  listener->reset();
  EXPECT_FALSE(fs::exists(path));
  path = folder + "/" + std::string(120, 'n');
  const auto named = listen();
  ASSERT_FALSE(named.has_value());
  EXPECT_NE(named.error().message.find("too long"), std::string::npos);
}

TEST_F(UnixTest, TellsWhyThereIsNoConnection) {
  EXPECT_EQ(UnixConnection::open(path, testing::kPatience).error().kind, ErrorKind::not_found);
  EXPECT_EQ(UnixConnection::open(folder + "/none/x", testing::kPatience).error().kind, ErrorKind::not_found);
  path = folder + "/none/freeway.sock";
  const auto listener = listen();
  ASSERT_FALSE(listener.has_value());
  EXPECT_NE(listener.error().message.find(path), std::string::npos);
}

TEST_F(UnixTest, GivesUpOnASilentServer) {
  auto listener = listen();  // whose loop does not run
  ASSERT_TRUE(listener.has_value());
  auto connection = UnixConnection::open(path, testing::kPatience);
  ASSERT_TRUE(connection.has_value());
  connection->set_limit(std::chrono::milliseconds(10));
  char bytes[16];
  const auto got = connection->read(bytes);
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().kind, ErrorKind::timeout);
}

}  // namespace
}  // namespace freeway::net

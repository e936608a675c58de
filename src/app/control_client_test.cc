#include "app/control_client.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <thread>
#include <vector>

#include "net/unix_test.h"

namespace freeway::app {
namespace {

using namespace std::chrono_literals;

// A server that takes one connection, reads a request to the end of its body and says what it was told to.
class ControlClientTest : public testing::Test {
 protected:
  ControlClientTest() {
    std::string pattern = testing::TempDir() + "/freeway-control-XXXXXX";
    data_ = mkdtemp(pattern.data());
  }
  ~ControlClientTest() override {
    if (server_.joinable()) server_.join();
    std::filesystem::remove_all(data_);
  }
  void bind_socket() { end_.emplace(net::testing::UnixEnd::Kind::stream, control_socket(data_)); }
  // Without an answer the connection stays open until the client leaves.
  void serve(std::vector<std::string> pieces, std::size_t request_size) {
    bind_socket();
    end_->listen();
    server_ = std::thread([this, pieces = std::move(pieces), request_size] {
      end_->accept();
      asked_ = end_->read(request_size);
      for (const std::string& piece : pieces) end_->write(piece);
      if (pieces.empty()) end_->read(1);
      end_->close_connection();
    });
  }

  std::string data_;
  std::optional<net::testing::UnixEnd> end_;
  std::thread server_;
  std::string asked_;  // read after join
};

constexpr std::string_view kGet = "GET /admin/api/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

TEST_F(ControlClientTest, AsksAndReads) {
  const std::string request =
      "POST /admin/api/keys HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
      "Content-Length: 7\r\n\r\n{\"a\":1}";
  serve(
      {"HTTP/1.1 201 Created\r\nX-A: b\r\nTransfer-", "Encoding: chunked\r\n\r\n3\r\n{\"o", "\r\n5\r\nk\":1}\r\n0\r\n\r\n"},
      request.size());
  const auto answer = ControlClient(data_).call("POST", "/admin/api/keys", "{\"a\":1}");
  server_.join();
  EXPECT_EQ(asked_, request);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_TRUE(answer->ok());
  EXPECT_EQ(answer->fields.find("x-a"), "b");
  EXPECT_EQ(answer->body, "{\"ok\":1}");
}

TEST_F(ControlClientTest, TellsWhyTheServerRefused) {
  serve({"HTTP/1.1 404 Not Found\r\nContent-Length: 41\r\n\r\n{\"error\":{\"message\":\"no such k\\u00e9y\"}}\r\n\r\n"},
        kGet.size());
  const auto answer = ControlClient(data_).call("GET", "/admin/api/status");
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_FALSE(answer->ok());
  EXPECT_EQ(answer->error().kind, ErrorKind::not_found);
  EXPECT_EQ(answer->error().message, "no such k\xc3\xa9y");
  ControlClient::Answer odd;
  odd.status = 503;
  odd.body = "oops";
  EXPECT_EQ(odd.error().message, "the server answered with status 503 (Service Unavailable)");
}

TEST_F(ControlClientTest, FollowsLineByLine) {
  serve({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ndata: 1\n\r\n", "5\r\n\ndata\r\n",
         "b\r\n: 2\r\n\r\nlast\r\n", "0\r\n\r\n"},
        kGet.size());
  std::vector<std::string> lines;
  const auto answer = ControlClient(data_).follow("GET", "/admin/api/status", "", [&](std::string_view line) {
    lines.emplace_back(line);
    return true;
  });
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(lines, (std::vector<std::string>{"data: 1", "", "data: 2", "", "last"}));
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "");
}

TEST_F(ControlClientTest, StopsFollowingWhenToldTo) {
  serve({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n1\n2\n\r\n"}, kGet.size());
  int lines = 0;
  const auto answer =
      ControlClient(data_).follow("GET", "/admin/api/status", "", [&](std::string_view) { return ++lines < 2; });
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(lines, 2);
}

TEST_F(ControlClientTest, GivesARefusalWholeEvenWhenFollowing) {
  serve({"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}"}, kGet.size());
  const auto answer = ControlClient(data_).follow("GET", "/admin/api/status", "", [](std::string_view) {
    ADD_FAILURE() << "no line of a refusal";
    return true;
  });
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 403);
  EXPECT_EQ(answer->body, "{}");
}

TEST_F(ControlClientTest, TellsThatNoServerRuns) {
  const std::string told = "no server is running on the data directory " + data_;
  auto answer = ControlClient(data_).call("GET", "/");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::not_found);
  EXPECT_EQ(answer.error().message, told);
  // One that died leaves its socket.
  bind_socket();
  answer = ControlClient(data_).call("GET", "/");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::not_found);
  EXPECT_EQ(answer.error().message, told);
}

TEST_F(ControlClientTest, TellsABrokenAnswer) {
  serve({"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut"}, kGet.size());
  auto answer = ControlClient(data_).call("GET", "/admin/api/status");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::closed);
}

TEST_F(ControlClientTest, TellsThatTheServerIsSilent) {
  serve({}, kGet.size());
  ControlClient::Options options;
  options.silence = 20ms;
  const auto answer = ControlClient(data_, options).call("GET", "/admin/api/status");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, ErrorKind::timeout);
  EXPECT_NE(answer.error().message.find("does not answer"), std::string::npos);
}

}  // namespace
}  // namespace freeway::app

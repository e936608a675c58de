#include "api/upload.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "net/testing.h"

namespace freeway::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

namespace fs = std::filesystem;

constexpr std::string_view kType = "multipart/form-data; boundary=b";

std::string form_of(const std::string& file) {
  return "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n" + file + "\r\n--b--\r\n";
}

class UploadTest : public testing::Test {
 protected:
  UploadTest() {
    folder_ = fs::path(testing::TempDir()) / fmt::format("freeway-upload-{}", ::getpid());
    fs::create_directories(folder_);
    store::Spools::Options options;
    options.folder = folder_;
    options.memory = 1000;
    spools_ = std::make_unique<store::Spools>(std::move(options));
  }
  ~UploadTest() override {
    spools_.reset();
    fs::remove_all(folder_);
  }
  net::Task<> take(Upload& upload, std::string_view body) {
    while (!body.empty()) {
      std::string_view piece = body.substr(0, 300);
      body.remove_prefix(piece.size());
      upload.take(piece);
      while (!upload.ready()) {
        net::Task<bool> waiting = wakeup_.wait(kNever);
        co_await std::move(waiting);
      }
    }
  }
  std::expected<Result<chat::Form>, Problem> upload(std::string_view body, std::string_view coding = "") {
    http::Fields fields;
    fields.add("content-type", std::string(kType));
    if (!coding.empty()) fields.add("content-encoding", std::string(coding));
    Upload upload(fields, 50'000, *spools_, wakeup_);
    net::testing::run(loop_, take(upload, body));
    return upload.finish();
  }

  fs::path folder_;
  SystemClock clock_;
  net::Loop loop_{clock_};
  net::Wakeup wakeup_{loop_};
  std::unique_ptr<store::Spools> spools_;
};

TEST_F(UploadTest, ItsFileLiesInASpool) {
  auto form = upload(form_of(std::string(20'000, 'x')));
  ASSERT_TRUE(form && *form);
  ASSERT_EQ((*form)->parts.size(), 1U);
  EXPECT_EQ((*form)->parts[0].count, 20'000U);
  EXPECT_EQ((*form)->spool->size(), 20'000U);
  EXPECT_EQ((*form)->spool->held(0), "") << "not in memory";
}

TEST_F(UploadTest, AFormThatIsNoneIsToldOnceItHasCome) {
  auto form = upload("--b\r\n\r\n" + std::string(20'000, 'x'));
  ASSERT_TRUE(form);
  ASSERT_FALSE(*form);
  EXPECT_THAT(form->error().message, HasSubstr("has no name"));
}

TEST_F(UploadTest, ADiskWithoutRoomIsTold) {
  auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  rlimit small = old;
  small.rlim_cur = 4000;
  setrlimit(RLIMIT_FSIZE, &small);
  auto form = upload(form_of(std::string(20'000, 'x')));
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, before);
  ASSERT_FALSE(form);
  EXPECT_EQ(form.error().status, 507);
  EXPECT_EQ(form.error().code, "upload_not_kept");
  EXPECT_THAT(form.error().message, HasSubstr("no room"));
}

TEST_F(UploadTest, WhatDoesNotFitBesideTheOthersIsAskedForAgain) {
  spools_->set_space(30'000);
  auto first = upload(form_of(std::string(20'000, 'x')));
  ASSERT_TRUE(first && *first);
  auto second = upload(form_of(std::string(20'000, 'x')));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().status, 503);
  EXPECT_EQ(second.error().code, "upload_not_kept");
  EXPECT_GT(second.error().retry_after.value_or(0), 0);
  EXPECT_THAT(second.error().message, HasSubstr("server.upload_space"));
  EXPECT_TRUE(upload(form_of("x"))) << "what is held needs no space";
  first = upload(form_of("x"));
  while (spools_->on_disk() > 0) std::this_thread::yield();
  EXPECT_TRUE(upload(form_of(std::string(20'000, 'x'))));
}

TEST_F(UploadTest, AFolderThatIsGoneIsTold) {
  fs::remove_all(folder_);
  auto form = upload(form_of(std::string(20'000, 'x')));
  ASSERT_FALSE(form);
  EXPECT_EQ(form.error().status, 503);
  EXPECT_THAT(form.error().message, Not(HasSubstr(folder_.string())));
  auto little = upload(form_of("x"));
  EXPECT_TRUE(little && *little) << "what is held needs no folder";
}

// Forms of so many equal letters, packed, in hexadecimal.
constexpr std::string_view kPacked40000 =
    "1f8b0800000000000203edc8410ac2301440c17d207728ddff0b585ce94552ac10b089d82c3cbe88e02966360f5ec49ad3a5b7b1b511d77a"
    "3cfb5147eded34ddfb6b8f5b1965995ad9b7f37caf8f6d5ea66f7ea3cc39e5f4060000000000000000000000000000000000000000000000"
    "000000000000000000000000000000fe728a582372fa00f2944beb8b9c0000";
constexpr std::string_view kPacked60000 =
    "1f8b0800000000000203edc8310ac2301880d13d903b94eeff052c4e7a91142b046c223683c717f1120eef2d1f7c116b4e97dec6d6465ceb"
    "f1ec471db5b7d374efaf3d6e6594656a65dfcef3bd3eb67999bef98d32e794d31b0000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000000000000000e0cfe414b146e4f401ca909163abea0000";

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return bytes;
}

TEST_F(UploadTest, CodingsAreUndoneOrRefused) {
  auto form = upload(from_hex(kPacked40000), "gzip");
  ASSERT_TRUE(form && *form);
  EXPECT_EQ((*form)->spool->size(), 40'000U);
  auto bomb = upload(from_hex(kPacked60000), "gzip");
  ASSERT_FALSE(bomb);
  EXPECT_EQ(bomb.error().status, 413);
  EXPECT_THAT(bomb.error().message, HasSubstr("server.upload_limit"));
  EXPECT_EQ(upload(form_of("x"), "br").error().status, 415);
  EXPECT_EQ(upload(form_of("x"), "gzip").error().status, 400);
  EXPECT_EQ(upload(std::string_view("\x1f\x8b\x08", 3), "gzip").error().status, 400) << "cut short";
  EXPECT_TRUE(upload(form_of("x"), "identity"));
}

}  // namespace
}  // namespace freeway::api

#include "app/data_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "app/test_outside.h"
#include "crypto/digest.h"

namespace freeway::app {
namespace {

using testing::HasSubstr;

class DataDirectoryTest : public testing::Test {
 protected:
  DataDirectoryTest() {
    std::string pattern = testing::TempDir() + "/freeway-data-XXXXXX";
    root_ = mkdtemp(pattern.data());
    path_ = root_ + "/share/freeway";
  }
  ~DataDirectoryTest() override { std::filesystem::remove_all(root_); }

  DataDirectory opened() {
    auto data = DataDirectory::open(path_);
    EXPECT_TRUE(data.has_value()) << (data ? "" : data.error().message);
    return std::move(*data);
  }
  std::string content(const std::string& name) {
    std::ifstream file(path_ + "/" + name);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  unsigned int mode(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(stat(path.c_str(), &status), 0);
    return status.st_mode & 07777U;
  }

  std::string root_;
  std::string path_;
};

TEST_F(DataDirectoryTest, IsCreatedForItsOwnerAlone) {
  DataDirectory data = opened();
  EXPECT_EQ(data.path(), path_);
  EXPECT_EQ(mode(path_), 0700U);
}

TEST_F(DataDirectoryTest, ASecondUserIsToldWhoHasIt) {
  DataDirectory data = opened();
  auto second = DataDirectory::open(path_);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind, ErrorKind::exhausted);
  EXPECT_THAT(second.error().message, HasSubstr(path_));
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(getpid())));
}

TEST_F(DataDirectoryTest, IsFreeAgainAfterwards) {
  {
    DataDirectory data = opened();
  }
  DataDirectory data = opened();
  DataDirectory moved = std::move(data);
  EXPECT_FALSE(DataDirectory::open(path_).has_value());
}

TEST_F(DataDirectoryTest, APlaceThatCannotBeIsToldWithItsReason) {
  std::ofstream(root_ + "/file") << "x";
  auto data = DataDirectory::open(root_ + "/file/data");
  ASSERT_FALSE(data.has_value());
  EXPECT_EQ(data.error().kind, ErrorKind::io);
  EXPECT_THAT(data.error().message, HasSubstr(root_ + "/file"));
}

TEST_F(DataDirectoryTest, MakesAKeyOnceAndKeepsOnlyItsDigest) {
  std::string key;
  {
    DataDirectory data = opened();
    auto generated = data.client_key();
    ASSERT_TRUE(generated.has_value());
    ASSERT_TRUE(generated->fresh.has_value());
    key = std::string(generated->fresh->reveal());
    EXPECT_TRUE(key.starts_with("fw-"));
    EXPECT_GE(key.size(), 35U);
    EXPECT_EQ(generated->client.name, "default");
    EXPECT_TRUE(generated->client.key.empty());
    EXPECT_EQ(generated->client.digest, crypto::sha256_hex(key));
    EXPECT_EQ(mode(path_ + "/client_keys.json"), 0600U);
    EXPECT_THAT(content("client_keys.json"), testing::Not(HasSubstr(key.substr(3))));
  }
  DataDirectory data = opened();
  auto again = data.client_key();
  ASSERT_TRUE(again.has_value());
  EXPECT_FALSE(again->fresh.has_value());
  EXPECT_EQ(again->client.digest, crypto::sha256_hex(key));
}

TEST_F(DataDirectoryTest, AnotherDirectoryGetsAnotherKey) {
  std::string first = opened().client_key()->client.digest;
  path_ += "-2";
  EXPECT_NE(opened().client_key()->client.digest, first);
}

TEST_F(DataDirectoryTest, ABrokenKeyFileIsLeftAloneAndNamed) {
  for (const char* broken : {"", "{}", "nonsense", R"({"client_keys":[{"name":"default","sha256":"short"}]})"}) {
    DataDirectory data = opened();
    std::ofstream(path_ + "/client_keys.json", std::ios::trunc) << broken;
    auto generated = data.client_key();
    ASSERT_FALSE(generated.has_value()) << broken;
    EXPECT_EQ(generated.error().kind, ErrorKind::malformed);
    EXPECT_THAT(generated.error().message, HasSubstr(path_ + "/client_keys.json"));
    EXPECT_EQ(content("client_keys.json"), broken);
  }
}

TEST(DefaultDataDirectory, FollowsXdg) {
  TestOutside outside;
  outside.variables = {{"HOME", "/h"}};
  EXPECT_EQ(default_data_directory(outside.outside()), "/h/.local/share/freeway");
  outside.variables["XDG_DATA_HOME"] = "/x";
  EXPECT_EQ(default_data_directory(outside.outside()), "/x/freeway");
  outside.variables["FREEWAY_DATA"] = "/d";
  EXPECT_EQ(default_data_directory(outside.outside()), "/d");
}

}  // namespace
}  // namespace freeway::app

#include "app/data_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "app/test_outside.h"

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
  EXPECT_EQ(data.error().message, "can't create " + root_ +
                                      "/file: Not a directory; make it writable for this user, or choose another data "
                                      "directory with --data");
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

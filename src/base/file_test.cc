#include "base/file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>

namespace freeway {
namespace {

class FileTest : public ::testing::Test {
 protected:
  FileTest() {
    char pattern[] = "/tmp/freeway-test-XXXXXX";
    folder = ::mkdtemp(pattern);
  }
  ~FileTest() override { std::filesystem::remove_all(folder); }
  std::string folder;
};

TEST_F(FileTest, ReplacesWholeWithTheModeAsked) {
  std::string path = folder + "/key";
  EXPECT_EQ(read_file(path, 10).error().kind, ErrorKind::not_found);
  ASSERT_TRUE(replace_file(path, "one", 0600));
  ASSERT_TRUE(replace_file(path, "three", 0640));
  EXPECT_EQ(*read_file(path, 5), "three");
  struct stat facts{};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0640U);
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST_F(FileTest, SaysWhatItCanNotDo) {
  EXPECT_EQ(read_file(folder, 10).error().message, "can't read " + folder + ": Is a directory");
  ASSERT_TRUE(replace_file(folder + "/key", "123456", 0600));
  EXPECT_EQ(read_file(folder + "/key", 5).error().kind, ErrorKind::too_large);
  EXPECT_FALSE(replace_file(folder + "/none/key", "x", 0600));
  EXPECT_FALSE(move_file(folder + "/none", folder + "/some"));
}

}  // namespace
}  // namespace freeway

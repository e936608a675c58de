// wire_test FILE…: every case of every transcript as a test of its own.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>

#include "base/log.h"
#include "wire/player.h"

namespace {

class Transcript : public testing::Test {
 public:
  explicit Transcript(freeway::wire::Case play) : case_(std::move(play)) {}
  void TestBody() override {
    freeway::wire::Player player(case_);
    std::string problem = player.play();
    EXPECT_TRUE(problem.empty()) << case_.name << "\n" << problem;
  }

 private:
  freeway::wire::Case case_;
};

// Test names may hold letters, digits and underscores.
std::string test_name(std::string_view text) {
  std::string name;
  for (char c : text) name.push_back(std::isalnum(static_cast<unsigned char>(c)) ? c : '_');
  return name;
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  freeway::log::configure(freeway::log::Level::off, false);
  for (int i = 1; i < argc; ++i) {
    if (std::filesystem::path(argv[i]).filename() == "CMakeLists.txt") continue;  // of a pattern *.txt
    auto cases = freeway::wire::read_transcript(argv[i]);
    if (!cases) {
      std::fprintf(stderr, "%s\n", cases.error().message.c_str());
      return 1;
    }
    std::string suite = test_name(std::filesystem::path(argv[i]).stem().string());
    for (const auto& play : *cases) {
      testing::RegisterTest(suite.c_str(), test_name(play.name).c_str(), nullptr, nullptr, play.file.c_str(), play.line,
                            [play]() -> testing::Test* { return new Transcript(play); });
    }
  }
  return RUN_ALL_TESTS();
}

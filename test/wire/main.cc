// wire_test [--threads N] FILE…: every case of every transcript as a test of its own; the gateway has one thread, or N,
// where the case does not say how many.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "base/log.h"
#include "wire/player.h"

namespace {

class Transcript : public testing::Test {
 public:
  Transcript(freeway::wire::Case play, unsigned threads) : case_(std::move(play)), threads_(threads) {}
  void TestBody() override {
    freeway::wire::Player player(case_, threads_);
    std::string problem = player.play();
    EXPECT_TRUE(problem.empty()) << case_.name << "\n" << problem;
  }

 private:
  freeway::wire::Case case_;
  unsigned threads_;
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
  int first = 1;
  unsigned threads = 1;
  if (argc > 2 && std::string_view(argv[1]) == "--threads") {
    threads = static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10));
    first = 3;
  }
  for (int i = first; i < argc; ++i) {
    if (std::filesystem::path(argv[i]).filename() == "CMakeLists.txt") continue;  // of a pattern *.txt
    auto cases = freeway::wire::read_transcript(argv[i]);
    if (!cases) {
      std::fprintf(stderr, "%s\n", cases.error().message.c_str());
      return 1;
    }
    std::string suite = test_name(std::filesystem::path(argv[i]).stem().string());
    for (const auto& play : *cases) {
      testing::RegisterTest(suite.c_str(), test_name(play.name).c_str(), nullptr, nullptr, play.file.c_str(), play.line,
                            [play, threads]() -> testing::Test* { return new Transcript(play, threads); });
    }
  }
  return RUN_ALL_TESTS();
}

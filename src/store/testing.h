// Rows that tests make up, and folders that go with them.
#pragma once

#include <fmt/format.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "store/rows.h"

namespace freeway::store {

class TestFolder {
 public:
  TestFolder() {
    char pattern[] = "/tmp/freeway-test-XXXXXX";
    if (const char* made = ::mkdtemp(pattern)) path_ = made;
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline WallTime at_second(std::int64_t seconds) { return WallTime(std::chrono::seconds(seconds)); }

// Served by u1/m1 at the first attempt, 10 + number tokens of prompt.
inline RequestRecord test_record(int number, WallTime time) {
  RequestRecord record;
  record.time = time;
  record.id = fmt::format("req-{}", number);
  record.client = "laptop";
  record.surface = "chat_completions";
  record.asked = "auto";
  record.provider = "u1";
  record.model = "m1";
  record.key = "k1";
  record.status = 200;
  record.total = std::chrono::milliseconds(number % 1000);
  record.tokens = {10U + static_cast<unsigned>(number), 5, 2};
  record.strategy = "balanced";
  AttemptRecord& attempt = record.attempts.emplace_back();
  attempt.provider = "u1";
  attempt.model = "m1";
  attempt.key = "k1";
  attempt.outcome = "answered";
  attempt.duration = record.total;
  attempt.status = 200;
  attempt.tokens = record.tokens;
  return record;
}

}  // namespace freeway::store

#include "token/count.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "token/estimate.h"
#include "token/ranks.h"

namespace freeway::token {
namespace {

std::string unescape(std::string_view escaped) {
  std::string text;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '\\') {
      text.push_back(escaped[i]);
      continue;
    }
    char next = escaped[++i];
    text.push_back(next == 'n' ? '\n' : next == 'r' ? '\r' : next == 't' ? '\t' : next);
  }
  return text;
}

TEST(Count, IsThatOfAnotherCounter) {
  std::ifstream file(GOLDEN_TOKENS);
  std::uint64_t cl100k = 0, o200k = 0, times = 0;
  int lines = 0;
  while (file >> cl100k >> o200k >> times) {
    file.get();
    std::string line, text;
    std::getline(file, line);
    for (; times > 0; --times) text += unescape(line);
    EXPECT_EQ(count(Encoding::cl100k, text), cl100k) << line;
    EXPECT_EQ(count(Encoding::o200k, text), o200k) << line;
    ++lines;
  }
  EXPECT_TRUE(file.eof());
  EXPECT_GT(lines, 120);
}

TEST(Count, OfNothingIsNone) {
  EXPECT_EQ(count(Encoding::cl100k, ""), 0u);
  EXPECT_EQ(count(Encoding::o200k, ""), 0u);
}

TEST(Count, TakesBytesThatAreNoText) {
  for (Encoding encoding : {Encoding::cl100k, Encoding::o200k}) {
    for (std::string_view bytes : {"\xff", "\x80", "\xc3", "\xe4\xba", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80"}) {
      EXPECT_GE(count(encoding, bytes), 1u);
      EXPECT_LE(count(encoding, bytes), bytes.size());
    }
    EXPECT_EQ(count(encoding,
                    "a\xff"
                    "b"),
              3u);
  }
}

TEST(Count, AddsUpOverTexts) {
  Counter counter(Encoding::o200k);
  counter.add("hello world").add_tokens(4).add("hello").add(" world");
  EXPECT_EQ(counter.tokens(), 2u + 4 + 1 + 1);
}

TEST(Count, CutsOnlyWordsThatNobodyWrites) {
  std::string word(Counter::kLongestPiece, 'a');
  EXPECT_EQ(count(Encoding::o200k, word + word), 2 * count(Encoding::o200k, word));
  // A character is left whole.
  std::string han(1, 'a');
  while (han.size() < 2 * Counter::kLongestPiece) han += "\xe4\xba\xba";
  EXPECT_LE(count(Encoding::o200k, han), han.size() / 3 + 1);
}

TEST(Count, EstimatesTheRestOfWhatIsTooLong) {
  std::string text;
  while (text.size() < Counter::kMostWork) text += "one two three four five six seven eight nine ten ";
  std::uint64_t words = text.size() / 49 * 10;
  Counter counter(Encoding::o200k);
  counter.add(text + text);
  EXPECT_NEAR(static_cast<double>(counter.tokens()), 2.0 * static_cast<double>(words), static_cast<double>(words) / 100);
  // Nothing is counted any more, and the proportion still holds.
  std::uint64_t before = counter.tokens();
  counter.add(text);
  EXPECT_NEAR(static_cast<double>(counter.tokens() - before), static_cast<double>(words), static_cast<double>(words) / 100);
  EXPECT_LT(words, estimate(text));
}

TEST(Count, IsTheSameOnEveryThread) {
  std::vector<std::uint64_t> counts(4);
  std::vector<std::thread> threads;
  for (auto& one : counts)
    threads.emplace_back([&one] { one = count(Encoding::cl100k, "the same text everywhere: \xe4\xba\xba\xe5\xb7\xa5"); });
  for (auto& thread : threads) thread.join();
  for (auto one : counts) EXPECT_EQ(one, counts.front());
}

TEST(Ranks, HoldEveryByteAndNothingElse) {
  for (Encoding encoding : {Encoding::cl100k, Encoding::o200k}) {
    const Ranks& ranks = Ranks::of(encoding);
    EXPECT_EQ(ranks.size(), encoding == Encoding::cl100k ? 100'256u : 199'998u);
    for (int byte = 0; byte < 256; ++byte) EXPECT_LT(ranks.find(std::string(1, static_cast<char>(byte))), 256u);
    EXPECT_EQ(ranks.find(""), Ranks::kNone);
    EXPECT_EQ(ranks.find("hello world"), Ranks::kNone);
    EXPECT_EQ(ranks.find(std::string(ranks.longest() + 1, ' ')), Ranks::kNone);
    EXPECT_NE(ranks.find(std::string(ranks.longest(), ' ')), Ranks::kNone);
  }
}

TEST(Vocabulary, IsKnownByTheModelsName) {
  struct Case {
    std::string_view model;
    Encoding encoding;
    bool own;
  };
  const Case cases[] = {
      {"gpt-4o-mini", Encoding::o200k, true},
      {"openai/gpt-oss-120b", Encoding::o200k, true},
      {"@cf/openai/gpt-oss-20b", Encoding::o200k, true},
      {"openai/gpt-5-nano", Encoding::o200k, true},
      {"GPT-4.1", Encoding::o200k, true},
      {"o3-mini", Encoding::o200k, true},
      {"o1", Encoding::o200k, true},
      {"olmo-7b", Encoding::o200k, false},
      {"gpt-4-turbo", Encoding::cl100k, true},
      {"gpt-3.5-turbo", Encoding::cl100k, true},
      {"text-embedding-3-small", Encoding::cl100k, true},
      {"llama-3.3-70b-versatile", Encoding::cl100k, false},
      {"Qwen/Qwen3-32B", Encoding::cl100k, false},
      {"gemini-2.5-flash", Encoding::o200k, false},
      {"", Encoding::o200k, false},
      {"o", Encoding::o200k, false},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(vocabulary_of(one.model).encoding, one.encoding) << one.model;
    EXPECT_EQ(vocabulary_of(one.model).own, one.own) << one.model;
  }
}

}  // namespace
}  // namespace freeway::token

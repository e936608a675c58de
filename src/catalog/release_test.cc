#include "catalog/release.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/seal.h"
#include "crypto/sign.h"

namespace freeway::catalog {
namespace {

using testing::HasSubstr;

const Secret kKey(std::string(crypto::kSigningKeyBytes, 'k'));
std::string public_half(const Secret& key) { return *crypto::public_key_of(key.reveal()); }

constexpr std::string_view kOne = "id = \"a\"\nbase_url = \"http://a.example/v1\"\nmodels = [{ id = \"m1\" }]\n";
constexpr std::string_view kTwo = "id = \"b\"\nbase_url = \"http://b.example/v1\"\nmodels = [{ id = \"m2\" }]\n";

Release some() {
  Release release;
  release.version = 7;
  release.as_of = "2026-11-22";
  release.files = {{"a", kOne}, {"b", kTwo}};
  return release;
}

std::string text_of(const Release& release) {
  auto text = write_release(release, kKey);
  EXPECT_TRUE(text) << text.error().message;
  return text.value_or("");
}

TEST(Release, IsReadAsItWasWritten) {
  std::string text = text_of(some());
  auto read = read_release(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->version, 7U);
  EXPECT_EQ(read->as_of, "2026-11-22");
  ASSERT_EQ(read->files.size(), 2U);
  EXPECT_EQ(read->files[0].id, "a");
  EXPECT_EQ(read->files[0].text, kOne);
  EXPECT_EQ(read->files[1].text, kTwo);
  EXPECT_TRUE(check_signature(text, public_half(kKey)));
}

// docs/catalog.md shows the format; other programs may write it.
TEST(Release, IsTextThatPeopleCanRead) {
  std::string text = text_of(some());
  std::size_t end = text.find('\n', text.find("signature "));
  EXPECT_TRUE(text.starts_with("freeway-catalog 1\nsignature "));
  EXPECT_EQ(text.substr(end), fmt::format("\nversion 7\nas_of 2026-11-22\nfiles 2\nfile a.toml {}\n{}file b.toml {}\n{}",
                                          kOne.size(), kOne, kTwo.size(), kTwo));
}

TEST(Release, NoByteOfItMayChange) {
  std::string text = text_of(some());
  std::string key = public_half(kKey);
  std::size_t last = text.find('\n', text.find("signature "));
  for (std::size_t i = 0; i < text.size(); ++i) {
    // The last character of a signature in base64 holds bits of no byte.
    if (i + 3 >= last && i < last) continue;
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(check_signature(changed, key)) << i;
  }
  EXPECT_FALSE(check_signature(text + "\n", key));
  EXPECT_FALSE(check_signature(text.substr(0, text.size() - 1), key));
}

TEST(Release, IsNobodyElses) {
  auto judged = check_signature(text_of(some()), public_half(Secret(std::string(crypto::kSigningKeyBytes, 'x'))));
  ASSERT_FALSE(judged);
  EXPECT_EQ(judged.error().kind, ErrorKind::denied);
}

TEST(Release, SaysWhatIsWrongWithIt) {
  struct Broken {
    std::string from, to, said;
  };
  std::string good = text_of(some());
  for (const Broken& one : {Broken{"freeway-catalog 1", "freeway-catalog 2", "begin"},
                            {"signature ", "sig ", "line 2"},
                            {"version 7", "version 0", "version"},
                            {"version 7", "version 07", "version"},
                            {"version 7", "version 1000000000", "version"},
                            {"version 7", "version ", "version"},
                            {"as_of 2026-11-22", "as_of 2026-11", "as_of"},
                            {"files 2", "files 3", "after b"},
                            {"files 2", "files 1", "behind"},
                            {"file b.toml", "file a.toml", "twice or out of order"},
                            {"file a.toml", "file ../a.toml", "name"},
                            {"file a.toml", "file .toml", "name"},
                            {"file a.toml ", "file a.toml 9", "length"},
                            {"file a.toml ", "file a.toml\n", "length"}}) {
    std::string text = good;
    text.replace(text.find(one.from), one.from.size(), one.to);
    auto read = read_release(text);
    ASSERT_FALSE(read) << one.to;
    EXPECT_EQ(read.error().kind, ErrorKind::malformed);
    EXPECT_THAT(read.error().message, HasSubstr(one.said)) << one.to;
  }
  EXPECT_FALSE(read_release(""));
  EXPECT_FALSE(read_release(std::string(kLargestRelease + 1, 'x')));
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(read_release(good.substr(0, size))) << size;
}

TEST(Release, IsNotWrittenSoThatItCouldNotBeRead) {
  auto refused = [](auto change) {
    Release release = some();
    change(release);
    return !write_release(release, kKey);
  };
  EXPECT_TRUE(refused([](Release& release) { release.version = 0; }));
  EXPECT_TRUE(refused([](Release& release) { release.as_of = "yesterday"; }));
  EXPECT_TRUE(refused([](Release& release) { release.files.clear(); }));
  EXPECT_TRUE(refused([](Release& release) { std::swap(release.files[0], release.files[1]); }));
  EXPECT_TRUE(refused([](Release& release) { release.files[1].id = "a/b"; }));
  EXPECT_FALSE(write_release(some(), Secret("short")));
}

TEST(Release, FilesTellAllTheirMistakes) {
  auto read =
      read_files({{"a", "id = \"a\"\nbase_url = \"nowhere\"\nnonsense = 1\nmodels = [{ id = \"m\" }]\n"}, {"b", kOne}});
  EXPECT_TRUE(read.failed());
  std::vector<std::string> told;
  for (const reader::Mistake& one : read.mistakes) told.push_back(fmt::format("{}:{}: {}", one.file, one.line, one.message));
  EXPECT_THAT(told, testing::ElementsAre(HasSubstr("a.toml:2: "), HasSubstr("a.toml:3: "), HasSubstr("b.toml:1: ")));
  auto good = read_files(some().files);
  EXPECT_FALSE(good.failed());
  EXPECT_EQ(good.providers.size(), 2U);
}

TEST(Release, WhatItDropsOfTheBuiltInOnesStaysKnown) {
  Release release = some();
  auto providers = read_files(release.files).providers;
  Provider former = providers[0];
  former.models.emplace_back().id = "old";
  former.models.emplace_back().id = "older";
  former.models.back().retired = "2026-01-01";
  Provider gone;
  gone.id = "gone";
  keep_retired(release, {former, gone}, providers);
  ASSERT_EQ(providers.size(), 3U);
  ASSERT_EQ(providers[0].models.size(), 3U);
  EXPECT_TRUE(providers[0].models[0].served());
  EXPECT_EQ(providers[0].models[1].retired, "2026-11-22");
  EXPECT_EQ(providers[0].models[2].retired, "2026-01-01");
  EXPECT_FALSE(providers[0].retired);
  EXPECT_TRUE(providers[2].retired);
  EXPECT_FALSE(providers[2].enabled);
  EXPECT_THAT(providers[2].status, HasSubstr("version 7 of 2026-11-22"));
}

TEST(SigningKey, IsThirtyTwoBytesInBase64) {
  std::string key = public_half(kKey);
  auto read = parse_signing_key(crypto::to_base64(key) + "\n");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, key);
  EXPECT_FALSE(parse_signing_key(""));
  EXPECT_FALSE(parse_signing_key(crypto::to_base64(key.substr(1))));
  EXPECT_FALSE(parse_signing_key("not base64 at all, but words"));
}

}  // namespace
}  // namespace freeway::catalog

#include "http/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace freeway::http {
namespace {

constexpr int kGzip = 15 + 16;
constexpr int kZlib = 15;

std::string compress(std::string_view text, int wrapper = kGzip) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, wrapper, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string some_text() {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i * 7919 % 10007) + ",";
  return text;
}

// What comes out with pieces of this size; "!kind" behind it if it failed, "..." if it was not complete.
std::string inflate_all(std::string_view input, std::size_t piece, std::uint64_t limit = UINT64_MAX) {
  Inflater inflater(limit);
  std::string out;
  while (!input.empty()) {
    auto fed = inflater.feed(input.substr(0, piece), out);
    if (!fed) return "!" + std::string(to_string(fed.error().kind));
    input.remove_prefix(std::min(piece, input.size()));
  }
  return inflater.complete() ? out : out + "...";
}

TEST(Inflater, DecodesWhateverThePieces) {
  const std::string text = some_text();
  for (int wrapper : {kGzip, kZlib}) {
    const std::string packed = compress(text, wrapper);
    for (std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1000}, packed.size()}) {
      EXPECT_EQ(inflate_all(packed, piece), text);
    }
  }
  EXPECT_EQ(inflate_all(compress(""), 1), "");
}

TEST(Inflater, SeveralMembersAreOneBody) {
  const std::string packed = compress("one,") + compress("") + compress("two");
  for (std::size_t piece = 1; piece <= packed.size(); ++piece) EXPECT_EQ(inflate_all(packed, piece), "one,two");
  EXPECT_EQ(inflate_all(packed.substr(0, packed.size() - 1), 5), "one,two...");
}

TEST(Inflater, GivesOutWhatHasCome) {
  const std::string text = some_text();
  const std::string packed = compress(text);
  Inflater inflater(UINT64_MAX);
  std::string out;
  ASSERT_TRUE(inflater.feed(packed.substr(0, packed.size() / 2), out));
  EXPECT_GT(out.size(), text.size() / 4);
  EXPECT_TRUE(text.starts_with(out));
  EXPECT_FALSE(inflater.complete());
}

TEST(Inflater, CutAndEmptyInputIsNotComplete) {
  EXPECT_EQ(inflate_all("", 1), "...");
  const std::string packed = compress("hello");
  for (std::size_t size = 1; size < packed.size(); ++size)
    EXPECT_TRUE(inflate_all(packed.substr(0, size), 3).ends_with("..."));
}

TEST(Inflater, Bombs) {
  const std::string packed = compress(std::string(10'000'000, 'x'));
  ASSERT_LT(packed.size(), 20'000U);
  EXPECT_EQ(inflate_all(packed, packed.size(), 1'000'000), "!too_large");
  EXPECT_EQ(inflate_all(packed, 1, 9'999'999), "!too_large");
  EXPECT_EQ(inflate_all(packed, packed.size(), 10'000'000).size(), 10'000'000U);
  Inflater inflater(1000);
  std::string out;
  EXPECT_FALSE(inflater.feed(packed, out));
  EXPECT_LE(out.size(), 1000U);
  EXPECT_FALSE(inflater.feed(packed, out)) << "stays failed";
  EXPECT_LE(out.size(), 1000U);
}

TEST(Inflater, NothingIsReadBehindAFailure) {
  Inflater inflater(3);
  std::string out;
  EXPECT_FALSE(inflater.feed(compress("12345"), out));
  EXPECT_FALSE(inflater.feed(compress("1"), out));
}

TEST(Inflater, HoldsNoOutputBack) {
  const std::string packed = compress(std::string(1'000'000, 'x'));
  Inflater inflater(UINT64_MAX);
  std::string out;
  ASSERT_TRUE(inflater.feed(packed.substr(0, packed.size() - 8), out));  // all but the checksum and size
  EXPECT_EQ(out.size(), 1'000'000U);
}

TEST(Inflater, TheLimitHoldsForAllMembersTogether) {
  const std::string packed = compress("12345") + compress("67890");
  EXPECT_EQ(inflate_all(packed, 4, 10), "1234567890");
  EXPECT_EQ(inflate_all(packed, 4, 9), "!too_large");
  EXPECT_EQ(inflate_all(compress(""), 4, 0), "");
}

TEST(Inflater, Corrupt) {
  EXPECT_EQ(inflate_all("plain text", 4), "!malformed");
  std::string packed = compress(some_text());
  packed[packed.size() - 6] ^= 0x55;  // the checksum
  EXPECT_EQ(inflate_all(packed, 100), "!malformed");
  EXPECT_EQ(inflate_all(compress("a") + "trailing", 100), "!malformed");
}

}  // namespace
}  // namespace freeway::http

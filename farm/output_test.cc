#include "farm/output.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstring>

#include "farm/sha256.h"

namespace freeway::farm {
namespace {

TEST(OutputTest, VectorsAreOfTheirModelAndText) {
  const auto vector = embedding("m", "hello", 40);
  EXPECT_EQ(vector, embedding("m", "hello", 40));
  EXPECT_NE(vector, embedding("m2", "hello", 40));
  EXPECT_NE(vector, embedding("m", "hello ", 40));
  const auto digest = sha256_hex("m\nhello");
  EXPECT_EQ(vector[0], (std::stoi(digest.substr(0, 2), nullptr, 16) - 128) / 128.0);
  EXPECT_EQ(vector[33], ((std::stoi(digest.substr(2, 2), nullptr, 16) + 97) % 256 - 128) / 128.0);
  const auto shorter = embedding("m", "hello", 8);
  EXPECT_EQ(shorter, std::vector<double>(vector.begin(), vector.begin() + 8));
  for (const auto value : vector) EXPECT_EQ(value, static_cast<double>(static_cast<float>(value)));
}

TEST(OutputTest, VectorsAsBytes) {
  const auto bytes = float_bytes({0.5, -1});
  ASSERT_EQ(bytes.size(), 8U);
  float value = 0;
  std::memcpy(&value, bytes.data() + 4, 4);
  EXPECT_EQ(value, -1);
  EXPECT_EQ(bytes.substr(0, 4), std::string("\0\0\0\x3f", 4));
}

TEST(OutputTest, RelevanceIsOfQueryAndDocument) {
  const auto digest = sha256_hex("q\nd");
  EXPECT_EQ(relevance("q", "d"), static_cast<double>(std::stoul(digest.substr(0, 8), nullptr, 16)) / 4294967296.0);
  EXPECT_NE(relevance("q", "d"), relevance("d", "q"));
}

TEST(OutputTest, Base64) {
  for (const auto& [bytes, text] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"\xff\xfe\xfd\xfc", "//79/A=="}}) {
    EXPECT_EQ(base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  EXPECT_EQ(from_base64("__79_A"), "\xff\xfe\xfd\xfc");
  EXPECT_FALSE(from_base64("Zg=x"));
}

// Reads a PNG as a decoder would: its sums, its size, and as many pixels as the size says.
TEST(OutputTest, PicturesAreTrue) {
  const auto picture = png("a caption", 17, 3);
  ASSERT_EQ(picture.substr(0, 8), "\x89PNG\r\n\x1a\n");
  const auto number = [&](std::size_t at) {
    std::size_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value * 256 + static_cast<std::uint8_t>(picture[at + i]);
    return value;
  };
  std::string names, pixels(100, ' ');
  for (std::size_t at = 8; at < picture.size();) {
    const auto size = number(at);
    const auto name = picture.substr(at + 4, 4);
    const auto data = picture.substr(at + 8, size);
    const auto sum = crc32(0, reinterpret_cast<const Bytef*>(picture.data() + at + 4), static_cast<uInt>(size + 4));
    EXPECT_EQ(number(at + 8 + size), sum) << name;
    names += name + " ";
    if (name == "IHDR") {
      EXPECT_EQ(number(at + 8), 17U);
      EXPECT_EQ(number(at + 12), 3U);
    }
    if (name == "tEXt") EXPECT_EQ(data, std::string("farm\0a caption", 14));
    if (name == "IDAT") {
      uLongf room = pixels.size();
      ASSERT_EQ(uncompress(reinterpret_cast<Bytef*>(pixels.data()), &room, reinterpret_cast<const Bytef*>(data.data()),
                           static_cast<uLong>(size)),
                Z_OK);
      EXPECT_EQ(room, 3U * (1 + 3));
    }
    at += size + 12;
  }
  EXPECT_EQ(names, "IHDR tEXt IDAT IEND ");
  EXPECT_EQ(jpeg("hi"), "\xff\xd8\xff\xfe" + std::string("\0\4hi", 4) + "\xff\xd9");
}

TEST(OutputTest, SpeechIsOfItsText) {
  const auto sound = samples("m", "v", "abc");
  EXPECT_EQ(sound.size(), 3U * 48);
  EXPECT_EQ(sound.substr(0, 32), sound.substr(32, 32));
  EXPECT_NE(sound, samples("m", "w", "abc"));
  const auto wav = as_audio("wav", sound);
  EXPECT_EQ(wav.size(), 44 + sound.size());
  EXPECT_EQ(wav.substr(40, 4), std::string("\x90\0\0\0", 4));
  EXPECT_TRUE(wav.ends_with(sound));
  EXPECT_EQ(as_audio("pcm", sound), sound);
  EXPECT_EQ(as_audio("mp3", sound), "ID3" + sound);
  EXPECT_EQ(audio_type("mp3"), "audio/mpeg");
  EXPECT_EQ(audio_type("midi"), "");
  EXPECT_EQ(heard_in("abc"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad bytes:3");
}

}  // namespace
}  // namespace freeway::farm

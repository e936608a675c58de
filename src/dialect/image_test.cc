#include "dialect/image.h"

#include <gmock/gmock.h>

#include "dialect/foreign_test.h"

namespace freeway::dialect {
namespace {

using testing::decode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Speaker;

TEST(Image, IsKnownByItsFirstBytes) {
  struct Known {
    std::string bytes;
    std::string_view type;
  };
  for (const Known& one : {Known{"\x89PNG\r\n\x1a\n rest", "image/png"}, Known{"\xff\xd8\xff\xe0 rest", "image/jpeg"},
                           Known{"GIF89a rest", "image/gif"}, Known{"GIF87a rest", "image/gif"},
                           Known{"RIFF\x01\x02\x03\x04WEBPVP8 ", "image/webp"}, Known{"....ftypheic....", "image/heic"},
                           Known{"....ftypmif1....", "image/heif"}, Known{"....ftypavif....", "image/avif"},
                           Known{"BM1234" + std::string(30, '\0'), "image/bmp"}})
    EXPECT_EQ(image_type(one.bytes), one.type);
}

TEST(Image, IsNothingElse) {
  for (std::string_view bytes :
       {"", "<svg xmlns='http://www.w3.org/2000/svg'/>", "<!doctype html>", "GIF", "RIFF....WAVEfmt ", "....ftypisom....",
        "BM a text that begins like a bitmap", "{}", "\xff\xd8"})
    EXPECT_EQ(image_type(bytes), "") << bytes;
}

std::string with_image(std::string_view address) {
  return R"({"messages":[{"role":"user","content":"a"},{"role":"user","content":[{"type":"text","text":"b"},)"
         R"({"type":"image_url","image_url":{"url":")" +
         std::string(address) + R"(","detail":"low"}}]}]})";
}

TEST(ImageAddress, IsFoundWithItsPlace) {
  auto request = decode(
      R"({"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"https://x/no.png"},)"
      R"({"type":"image_url","image_url":{"url":"https://x/a.png"}},{"type":"image_url","image_url":"HTTP:\/\/x/b.png"},)"
      R"({"type":"image_url","image_url":{"url":"https://x/a.png"}},{"type":"image_url","image_url":{"url":"data:,x"}}]},)"
      R"({"role":"user","content":[{"image_url":{"url":"https://x/c.png"}},{"type":"image_url","image_url":{"url":7}}]}]})");
  ASSERT_EQ(request->image_addresses.size(), 3U);
  EXPECT_EQ(request->image_addresses[0].address, "https://x/a.png");
  EXPECT_EQ(request->image_addresses[0].part, "messages[1].content[1]");
  EXPECT_EQ(request->image_addresses[1].address, "HTTP://x/b.png");
  EXPECT_EQ(request->image_addresses[1].part, "messages[1].content[2]");
  EXPECT_EQ(request->image_addresses[2].part, "messages[2].content[0]");
}

TEST(ImageAddress, BecomesDataWhereBytesAreWanted) {
  auto request = decode(with_image("https://x/a.png"));
  request->image_data["https://x/a.png"] = data_address("image/png", "abc");
  auto gemini = Speaker("gemini", "gemini-2.5-flash").ask(*request);
  ASSERT_TRUE(gemini) << gemini.error().message;
  EXPECT_THAT(gemini->body, HasSubstr(R"({"inlineData":{"mimeType":"image/png","data":"YWJj"}})"));
  EXPECT_THAT(gemini->dropped, ElementsAre("messages[].content[].image_url.detail"));
  auto ollama = Speaker("ollama", "llava").ask(*request);
  ASSERT_TRUE(ollama) << ollama.error().message;
  EXPECT_THAT(ollama->body, HasSubstr(R"("images":["YWJj"])"));
  Speaker particular("openai", "m1");
  particular.provider.quirks.image_addresses = false;
  auto openai = particular.ask(*request);
  ASSERT_TRUE(openai) << openai.error().message;
  EXPECT_THAT(openai->body, HasSubstr(R"("image_url":{"url":"data:image/png;base64,YWJj","detail":"low"})"));
}

TEST(ImageAddress, StaysWhereAddressesAreTaken) {
  std::string text = with_image("https://x/a.png");
  auto request = decode(text);
  request->image_data["https://x/a.png"] = data_address("image/png", "abc");
  for (std::string_view dialect : {"openai", "cohere"}) {
    auto out = Speaker(std::string(dialect), "m1").ask(*request);
    ASSERT_TRUE(out) << dialect;
    EXPECT_THAT(out->body, HasSubstr(R"("url":"https://x/a.png")"));
    EXPECT_THAT(out->body, Not(HasSubstr("data:")));
  }
}

}  // namespace
}  // namespace freeway::dialect

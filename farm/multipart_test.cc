#include "farm/multipart.h"

#include <gtest/gtest.h>

namespace freeway::farm {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=\"x y\"";

TEST(MultipartTest, ReadsParts) {
  const std::string body =
      "--x y\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n"
      "--x y\r\ncontent-type: audio/wav\r\nContent-Disposition: form-data; name=file; filename=\"a \\\"b\\\".wav\"\r\n\r\n"
      "\r\n--x\r\n\r\n--x y--\r\n";
  const auto parts = read_form(kType, body);
  ASSERT_TRUE(parts) << parts.error().message;
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].name, "model");
  EXPECT_EQ((*parts)[0].data, "m");
  EXPECT_FALSE((*parts)[0].filename);
  EXPECT_EQ((*parts)[1].name, "file");
  EXPECT_EQ((*parts)[1].filename, "a \"b\".wav");
  EXPECT_EQ((*parts)[1].content_type, "audio/wav");
  EXPECT_EQ((*parts)[1].data, "\r\n--x\r\n");
  const auto none = read_form(kType, "--x y--");
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

TEST(MultipartTest, RefusesWhatIsNoForm) {
  const std::string part = "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nv\r\n";
  EXPECT_TRUE(read_form(kType, "--x y" + part + "--x y--\r\n"));
  for (const auto& body :
       {"--x y" + part, "--x y" + part + "--x y", "a--x y" + part + "--x y--", "--x y" + part + "--x y--more",
        std::string("--x y\r\n\r\nv\r\n--x y--"), std::string("--x yv\r\n--x y--"), std::string(),
        std::string("--x y\r\nContent-Disposition: attachment; name=a\r\n\r\nv\r\n--x y--"),
        std::string("--x y\r\nContent-Disposition: form-data\r\n\r\nv\r\n--x y--"),
        std::string("--x y\r\nContent-Disposition: form-data; name=\"a\r\n\r\nv\r\n--x y--"),
        std::string("--x y\r\nno colon\r\n\r\nv\r\n--x y--")}) {
    EXPECT_FALSE(read_form(kType, body)) << body;
  }
  for (const auto* type :
       {"application/json", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=x"}) {
    EXPECT_FALSE(read_form(type, "--x--")) << type;
  }
}

}  // namespace
}  // namespace freeway::farm

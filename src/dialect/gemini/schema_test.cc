#include "dialect/gemini/schema.h"

#include <gmock/gmock.h>

namespace freeway::dialect::gemini {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Cleaned {
  std::string schema;
  std::vector<std::string> lost;
};

Cleaned clean(std::string_view text) {
  auto document = json::Document::parse(text);
  Cleaned out;
  if (document) out.schema = clean_schema(document->root(), out.lost);
  EXPECT_TRUE(json::Document::parse(out.schema)) << out.schema;
  return out;
}

TEST(GeminiSchema, LeavesWhatIsTakenAsItIs) {
  const std::string plain =
      R"({"type":"object","description":"d","properties":{"a":{"type":"number","minimum":1.50},"b":{"type":"array","maxItems":3,"items":{"type":"string","enum":["x","y"]}}},"required":["a"]})";
  auto out = clean(plain);
  EXPECT_EQ(out.schema, plain);
  EXPECT_THAT(out.lost, IsEmpty());
}

TEST(GeminiSchema, SaysNothingOfWhatMeansNothing) {
  auto out = clean(R"({"$schema":"x","$id":"y","type":"string","examples":["a"],"default":"b"})");
  EXPECT_EQ(out.schema, R"({"type":"string"})");
  EXPECT_THAT(out.lost, IsEmpty());
}

TEST(GeminiSchema, TellsWhatIsLost) {
  auto out = clean(
      R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"integer","multipleOf":2,"exclusiveMinimum":0},"b":{"type":"integer","enum":[1,2]},"c":{"type":"string","format":"uuid"}},"patternProperties":{}})");
  EXPECT_EQ(out.schema,
            R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"},"c":{"type":"string"}}})");
  EXPECT_THAT(out.lost,
              ElementsAre("additionalProperties", "patternProperties", "multipleOf", "exclusiveMinimum", "enum", "format"));
}

TEST(GeminiSchema, OneValueIsAnEnumOfOne) {
  EXPECT_EQ(clean(R"({"const":"a"})").schema, R"({"type":"string","enum":["a"]})");
}

TEST(GeminiSchema, OrNull) {
  EXPECT_EQ(clean(R"({"type":["string","null"]})").schema, R"({"type":"string","nullable":true})");
  EXPECT_EQ(clean(R"({"anyOf":[{"type":"null"},{"type":"integer"}]})").schema, R"({"type":"integer","nullable":true})");
  EXPECT_EQ(clean(R"({"oneOf":[{"type":"string"},{"type":"integer"},{"type":"null"}]})").schema,
            R"({"anyOf":[{"type":"string"},{"type":"integer"}],"nullable":true})");
}

TEST(GeminiSchema, ReferencesArePutInPlace) {
  auto out = clean(
      R"({"$defs":{"n":{"type":"object","properties":{"v":{"type":"string"}}}},"type":"object","properties":{"a":{"$ref":"#/$defs/n"},"b":{"allOf":[{"$ref":"#/$defs/n"}]}}})");
  const std::string n = R"({"type":"object","properties":{"v":{"type":"string"}}})";
  EXPECT_EQ(out.schema, R"({"type":"object","properties":{"a":)" + n + R"(,"b":)" + n + "}}");
  EXPECT_THAT(out.lost, IsEmpty());
}

// A list in which everything refers to everything must neither run for ever nor grow without bound.
TEST(GeminiSchema, ASchemaOfItselfEnds) {
  auto out = clean(
      R"({"$defs":{"n":{"type":"object","properties":{"l":{"$ref":"#/$defs/n"},"m":{"$ref":"#/$defs/n"},"r":{"$ref":"#/$defs/n"}}}},"$ref":"#/$defs/n"})");
  EXPECT_LT(out.schema.size(), 4u << 20);
  EXPECT_THAT(out.lost, ElementsAre("$ref"));
  auto chained = clean(R"({"$ref":"#"})");
  EXPECT_THAT(chained.lost, SizeIs(0));
}

TEST(GeminiSchema, RequiresOnlyWhatItNames) {
  EXPECT_EQ(clean(R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a","b"]})").schema,
            R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"]})");
}

}  // namespace
}  // namespace freeway::dialect::gemini

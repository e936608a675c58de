#include <gmock/gmock.h>

#include "dialect/openai/openai_test.h"

namespace freeway::dialect::openai {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::write;

// The request with these members behind its messages, as a provider with one rule gets it; without what all have.
Outgoing bent(const std::string& members, const catalog::ParameterRule& rule, catalog::Quirks quirks = {}) {
  quirks.parameters.push_back(rule);
  std::string head = R"({"model":"m1","messages":[{"role":"user","content":"hi"}])";
  Outgoing out = write(head + (members.empty() ? "" : "," + members) + "}", quirks);
  EXPECT_TRUE(out.body.starts_with(head)) << out.body;
  out.body = out.body.substr(head.size());
  return out;
}

catalog::ParameterRule rule(std::string name) {
  catalog::ParameterRule made;
  made.name = std::move(name);
  return made;
}

TEST(ParameterRules, BoundNumbers) {
  auto output = rule("max_tokens");
  output.least = 16;
  output.most = 8192;
  auto low = bent(R"("max_tokens":1)", output);
  EXPECT_EQ(low.body, R"(,"max_tokens":16})");
  EXPECT_THAT(low.dropped, ElementsAre("max_tokens"));
  EXPECT_EQ(bent(R"("max_tokens":100000)", output).body, R"(,"max_tokens":8192})");
  auto fits = bent(R"("max_tokens":1e2)", output);
  EXPECT_EQ(fits.body, R"(,"max_tokens":1e2})");
  EXPECT_THAT(fits.dropped, IsEmpty());
  EXPECT_EQ(bent(R"("max_completion_tokens":1)", output).body, R"(,"max_completion_tokens":16})");
  EXPECT_EQ(bent("", output).body, "}");

  auto heat = rule("temperature");
  heat.most = 1;
  heat.least = 0.01;
  EXPECT_EQ(bent(R"("temperature":1.5)", heat).body, R"(,"temperature":1})");
  EXPECT_EQ(bent(R"("temperature":0)", heat).body, R"(,"temperature":0.01})");
}

TEST(ParameterRules, SayWhatMustBeSaid) {
  auto output = rule("max_tokens");
  output.initial = 8192;
  auto out = bent("", output);
  EXPECT_EQ(out.body, R"(,"max_tokens":8192})");
  EXPECT_THAT(out.dropped, IsEmpty());
  EXPECT_EQ(bent(R"("max_tokens":5)", output).body, R"(,"max_tokens":5})");
  EXPECT_EQ(bent(R"("max_completion_tokens":5)", output).body, R"(,"max_completion_tokens":5})");
}

TEST(ParameterRules, KnowWhatTravelsUnderAnotherName) {
  catalog::Quirks quirks;
  quirks.rename = {{"max_tokens", "max_completion_tokens"}};
  auto output = rule("max_completion_tokens");
  output.least = 16;
  EXPECT_EQ(bent(R"("max_tokens":1)", output, quirks).body, R"(,"max_completion_tokens":16})");
  quirks.rename.clear();
  quirks.drop = {"max_tokens"};
  EXPECT_EQ(bent(R"("max_tokens":1)", output, quirks).body, "}");
}

TEST(ParameterRules, SpellValuesAndLeaveOutForeignOnes) {
  auto choice = rule("tool_choice");
  choice.values = {{"required", "any"}};
  auto spelt = bent(R"("tool_choice":"required")", choice);
  EXPECT_EQ(spelt.body, R"(,"tool_choice":"any"})");
  EXPECT_THAT(spelt.dropped, IsEmpty());

  choice.values.clear();
  choice.allowed = {"auto"};
  auto out = bent(R"("tool_choice":"required")", choice);
  EXPECT_EQ(out.body, "}");
  EXPECT_THAT(out.dropped, ElementsAre("tool_choice"));
  EXPECT_EQ(bent(R"("tool_choice":"auto")", choice).body, R"(,"tool_choice":"auto"})");
  EXPECT_EQ(bent(R"("tool_choice":{"type":"function","function":{"name":"f"}})", choice).body, "}");
}

TEST(ParameterRules, MakeAListOfOne) {
  auto stop = rule("stop");
  stop.list = true;
  EXPECT_EQ(bent(R"("stop":"END")", stop).body, R"(,"stop":["END"]})");
  EXPECT_EQ(bent(R"("stop":["END"])", stop).body, R"(,"stop":["END"]})");
}

TEST(ParameterRules, TakeWordsOutOfSchemasButNotNamesOfProperties) {
  catalog::Quirks quirks;
  quirks.drop = {"tools[].schema.$schema", "tools[].schema.additionalProperties"};
  std::string head = R"({"model":"m1","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":)";
  auto out =
      write(head + R"({"name":"f","parameters":{"$schema":"x","type":"object","additionalProperties":false,"properties":)"
                   R"({"additionalProperties":{"type":"object","additionalProperties":{"type":"string"}},)"
                   R"("list":{"type":"array","items":{"additionalProperties":true,"type":"object"}},)"
                   R"("kept":{"default":{"additionalProperties":1}}}}}}]})",
            quirks);
  EXPECT_EQ(out.body, head + R"({"name":"f","parameters":{"type":"object","properties":)"
                             R"({"additionalProperties":{"type":"object"},)"
                             R"("list":{"type":"array","items":{"type":"object"}},)"
                             R"("kept":{"default":{"additionalProperties":1}}}}}}]})");
  EXPECT_THAT(out.dropped, ElementsAre("tools[].schema"));
}

TEST(ParameterRules, SayJsonObjectAsASchema) {
  catalog::Quirks quirks;
  quirks.json_object = false;
  std::string head = R"({"model":"m1","messages":[{"role":"user","content":"hi"}],"response_format":)";
  EXPECT_EQ(write(head + R"({"type":"json_object"}})", quirks).body,
            head + R"({"type":"json_schema","json_schema":{"name":"object","schema":{"type":"object","properties":{}}}}})");
  EXPECT_EQ(write(head + R"({"type":"text"}})", quirks).body, head + R"({"type":"text"}})");
}

}  // namespace
}  // namespace freeway::dialect::openai

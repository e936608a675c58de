#include "dialect/model_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freeway::dialect {
namespace {

using catalog::ListShape;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> ids(const Result<ModelPage>& page) {
  std::vector<std::string> all;
  if (page) {
    for (const ListedModel& model : page->models) all.push_back(model.id);
  } else {
    ADD_FAILURE() << page.error().message;
  }
  return all;
}

TEST(ModelList, OfOpenAiWithWhatProvidersAddToIt) {
  auto page = read_models(ListShape::openai, R"({"object":"list","data":[
    {"id":"openai/gpt-oss-120b","object":"model","context_window":131072},
    {"id":"a/b:free","context_length":32768,"pricing":{"prompt":"0.0000001","completion":"0"}},
    {"id":"c","max_model_len":8192,"pricing":{"prompt":"0","completion":"0","request":"0"},"architecture":{"output_modalities":["text"]}},
    {"id":"d","pricing":{"input":0.1,"output":0.3},"architecture":{"output_modalities":["image"]}},
    {"id":"e","pricing":{"prompt":"0","completion":"0","request":"0.02"},"capabilities":{"completion_chat":false}}]})");
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(page->models, ElementsAre(ListedModel{"openai/gpt-oss-120b", 131072, {}, {}},
                                        ListedModel{"a/b:free", 32768, true, {}}, ListedModel{"c", 8192, true, true},
                                        ListedModel{"d", {}, false, false}, ListedModel{"e", {}, false, false}));
  EXPECT_TRUE(page->whole);
  EXPECT_EQ(page->next, "");
}

TEST(ModelList, OfARouterTellsWhatItsHostsOffer) {
  auto page = read_models(ListShape::openai, R"({"data":[{"id":"org/m","providers":[
    {"provider":"x","context_length":32768,"pricing":{"input":0.1,"output":0.2}},
    {"provider":"y","context_length":131072},{"provider":"z","pricing":{"input":0,"output":0}}]}]})");
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(page->models, ElementsAre(ListedModel{"org/m", 131072, true, {}, true}));
}

TEST(ModelList, MayBeABareArray) {
  auto page = read_models(ListShape::openai, R"([
    {"id":"openai/gpt-4.1","name":"GPT-4.1","limits":{"max_input_tokens":1048576},"supported_output_modalities":["text"]},
    {"id":"openai/text-embedding-3-small","supported_output_modalities":["embeddings"]}, "plain"])");
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(page->models,
              ElementsAre(ListedModel{"openai/gpt-4.1", 1048576, {}, true},
                          ListedModel{"openai/text-embedding-3-small", {}, {}, false}, ListedModel{"plain", {}, {}, {}}));
}

TEST(ModelList, OfGeminiIsPaged) {
  auto page = read_models(ListShape::gemini, R"({"models":[
    {"name":"models/gemini-3.5-flash","inputTokenLimit":1048576,"supportedGenerationMethods":["generateContent","countTokens"]},
    {"name":"models/embedding-001","inputTokenLimit":2048,"supportedGenerationMethods":["embedContent"]}],
    "nextPageToken":"a+b="})");
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(page->models, ElementsAre(ListedModel{"gemini-3.5-flash", 1048576, {}, true},
                                        ListedModel{"embedding-001", 2048, {}, false}));
  EXPECT_EQ(page->next, "pageToken=a%2Bb%3D");
}

TEST(ModelList, OfOllama) {
  auto page = read_models(ListShape::ollama, R"({"models":[{"name":"llama3:latest","model":"llama3:latest","size":1}]})");
  EXPECT_THAT(ids(page), ElementsAre("llama3:latest"));
}

TEST(ModelList, OfCohereIsPaged) {
  auto page = read_models(ListShape::cohere, R"({"models":[
    {"name":"command-a-03-2025","endpoints":["chat"],"context_length":256000},
    {"name":"embed-v4.0","endpoints":["embed"],"context_length":128000}],"next_page_token":"t"})");
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(page->models,
              ElementsAre(ListedModel{"command-a-03-2025", 256000, {}, true}, ListedModel{"embed-v4.0", 128000, {}, false}));
  EXPECT_EQ(page->next, "page_token=t");
}

TEST(ModelList, OfCloudflareGoesByNamesAndNumberedPages) {
  auto page = read_models(ListShape::cloudflare, R"({"success":true,"result":[
    {"id":"429b9e8b","name":"@cf/openai/gpt-oss-120b","task":{"name":"Text Generation"},
     "properties":[{"property_id":"beta","value":"true"},{"property_id":"context_window","value":"128000"}]}],
    "result_info":{"page":1,"per_page":1,"count":1,"total_count":2}})");
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(page->models, ElementsAre(ListedModel{"@cf/openai/gpt-oss-120b", 128000, {}, true}));
  EXPECT_EQ(page->next, "page=2");
  page = read_models(ListShape::cloudflare,
                     R"({"result":[{"name":"m"}],"result_info":{"page":2,"per_page":1,"total_count":2}})");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->next, "");
}

TEST(ModelList, ThatGoesOnWhereNobodyCanAskIsNotWhole) {
  auto page = read_models(ListShape::openai, R"({"data":[{"id":"m"}],"has_more":true})");
  ASSERT_TRUE(page);
  EXPECT_FALSE(page->whole);
}

TEST(ModelList, EmptyIsAListAndNonsenseIsNone) {
  for (ListShape shape :
       {ListShape::openai, ListShape::gemini, ListShape::ollama, ListShape::cohere, ListShape::cloudflare}) {
    for (std::string_view body : {"", "<html>", "{}", "null", R"({"data":"m","models":{},"result":null})", "[1"}) {
      EXPECT_FALSE(read_models(shape, body)) << body;
    }
    auto none = read_models(shape, R"({"data":[{"object":"x"}],"models":[{"object":"x"}],"result":[{"object":"x"}]})");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().kind, ErrorKind::malformed);
    EXPECT_THAT(ids(read_models(shape, R"({"data":[],"models":[],"result":[]})")), IsEmpty());
  }
}

TEST(ModelList, NamesThatNoRequestCouldHoldArePassedOver) {
  std::string body = R"({"data":[{"id":"good"},{"id":""},{"id":"two words"},{"id":"line\nend"},{"id":7},null,{"id":")" +
                     std::string(300, 'x') + R"("}]})";
  EXPECT_THAT(ids(read_models(ListShape::openai, body)), ElementsAre("good"));
}

TEST(ModelList, TooManyValuesOrTooDeepIsAnError) {
  std::string deep = R"({"data":)" + std::string(100, '[') + std::string(100, ']') + "}";
  EXPECT_EQ(read_models(ListShape::openai, deep).error().kind, ErrorKind::too_large);
}

TEST(ModelList, IsWhereTheDialectHasItUnlessTheProviderSaysOtherwise) {
  catalog::Provider provider;
  provider.base_url = "https://api.example/v1";
  auto list = list_of(provider);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->base + list->path, "https://api.example/v1/models");
  EXPECT_EQ(list->shape, ListShape::openai);
  provider.dialect = "nvidia";
  EXPECT_EQ(list_of(provider)->path, "/models");
  provider.dialect = "ollama";
  EXPECT_EQ(list_of(provider)->path, "/api/tags");
  provider.dialect = "gemini";
  EXPECT_EQ(list_of(provider)->path, "/models?pageSize=1000");
  provider.dialect = "openai";
  provider.list = {ListShape::cohere, "https://other.example", "/v1/models"};
  list = list_of(provider);
  EXPECT_EQ(list->base + list->path, "https://other.example/v1/models");
  EXPECT_EQ(list->shape, ListShape::cohere);
  provider.list = {ListShape::none, "", ""};
  EXPECT_FALSE(list_of(provider));
}

}  // namespace
}  // namespace freeway::dialect

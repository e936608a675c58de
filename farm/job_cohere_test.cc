#include "farm/output.h"
#include "farm/wire_test.h"

namespace freeway::farm {
namespace {

class CohereJobTest : public WireTest {
 protected:
  void SetUp() override {
    start(R"(wire = "cohere"
models = ["m", { id = "e", kind = "embedding", dimensions = 4 }, { id = "r", kind = "rerank" }]
)");
  }
  Heard ask(std::string_view path, std::string_view body) {
    http::Fields fields;
    fields.add("authorization", "Bearer k");
    return send("POST", fmt::format("/v2/{}", path), body, std::move(fields));
  }
  std::string refused(std::string_view path, std::string_view body) {
    const auto heard = ask(path, body);
    EXPECT_EQ(heard.status, 400) << body;
    return at(heard.body, "message");
  }
};

std::string as_json(const std::vector<double>& vector) {
  std::string json;
  json::Writer out(json);
  write_vector(out, vector);
  return json;
}

TEST_F(CohereJobTest, EmbedsTexts) {
  EXPECT_EQ(
      ask("embed", R"({"model":"e","texts":["hello","you"],"input_type":"search_query","embedding_types":["float"]})").body,
      fmt::format(R"({{"id":"farm-1","embeddings":{{"float":[{},{}]}},"texts":["hello","you"],)"
                  R"("response_type":"embeddings_by_type","meta":{{"api_version":{{"version":"2"}},)"
                  R"("billed_units":{{"input_tokens":3}}}}}})",
                  as_json(embedding("e", "hello", 4)), as_json(embedding("e", "you", 4))));
  const auto inputs =
      ask("embed", R"({"model":"e","input_type":"clustering","embedding_types":["base64"],"output_dimension":2,)"
                   R"("inputs":[{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]})")
          .body;
  EXPECT_EQ(at(inputs, "embeddings", "base64", "0"), json::quote(base64(float_bytes(embedding("e", "ab", 2)))));
  EXPECT_EQ(at(inputs, "embeddings", "float"), "");
}

TEST_F(CohereJobTest, RefusesWrongEmbeddings) {
  EXPECT_EQ(refused("embed", R"({"model":"e","texts":["a"]})"), R"("invalid request: input_type is required")");
  const auto with = [&](std::string_view members) {
    return refused("embed", fmt::format(R"({{"model":"e","input_type":"search_query",{}}})", members));
  };
  for (const auto* members :
       {R"("texts":[])", R"("texts":"a")", R"("texts":[1])", R"("texts":["a"],"inputs":[])", R"("images":["x"])",
        R"("texts":["a"],"output_dimension":5)", R"("texts":["a"],"embedding_types":["int3"])",
        R"("texts":["a"],"user":"me")", R"("texts":["a"],"input_type":"query")"}) {
    EXPECT_NE(with(members), "") << members;
  }
  std::string many = R"("a")";
  for (int i = 1; i < 96; ++i) many += R"(,"a")";
  const auto body = R"({{"model":"e","input_type":"search_query","texts":[{}]}})";
  EXPECT_EQ(ask("embed", fmt::format(fmt::runtime(body), many)).status, 200);
  EXPECT_EQ(refused("embed", fmt::format(fmt::runtime(body), many + R"(,"b")")),
            R"("invalid request: total number of texts must be at most 96 - received 97")");
  refused("embed", R"({"model":"m","texts":["a"],"input_type":"search_query"})");
  EXPECT_EQ(send("GET", "/v2/embed", "", {}).status, 405);
}

TEST_F(CohereJobTest, Ranks) {
  const auto heard = ask("rerank", R"({"model":"r","query":"q","documents":["one","two","three"],"top_n":2})").body;
  const auto first = std::stoi(at(heard, "results", "0", "index"));
  const char* texts[] = {"one", "two", "three"};
  for (const auto* text : texts) EXPECT_GE(relevance("q", texts[first]), relevance("q", text));
  EXPECT_EQ(std::stod(at(heard, "results", "0", "relevance_score")), relevance("q", texts[first]));
  EXPECT_NE(at(heard, "results", "1"), "");
  EXPECT_EQ(at(heard, "results", "2"), "");
  EXPECT_EQ(at(heard, "meta", "billed_units"), R"({"search_units":1})");
  refused("rerank", R"({"model":"r","query":"q","documents":[{"text":"a"}]})");
  refused("rerank", R"({"model":"r","query":"q","documents":[]})");
  refused("rerank", R"({"model":"r","documents":["a"]})");
  refused("rerank", R"({"model":"r","query":"q","documents":["a"],"return_documents":true})");
}

TEST_F(CohereJobTest, ListsWhatEachIsFor) {
  http::Fields fields;
  fields.add("authorization", "Bearer k");
  const auto list = send("GET", "/v1/models", "", std::move(fields)).body;
  EXPECT_EQ(at(list, "models", "0", "endpoints"), R"(["chat"])");
  EXPECT_EQ(at(list, "models", "1", "endpoints"), R"(["embed"])");
  EXPECT_EQ(at(list, "models", "2", "endpoints"), R"(["rerank"])");
}

}  // namespace
}  // namespace freeway::farm

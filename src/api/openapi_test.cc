// The description of the API against the program: every address and method, and nothing else.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "api/admin/admin.h"
#include "api/assets.h"
#include "api/endpoint.h"
#include "json/document.h"
#include "json/schema.h"

namespace freeway::api {
namespace {

using Methods = std::set<std::string>;

constexpr std::string_view kAdmin = "/admin/api/";

class OpenapiTest : public testing::Test {
 protected:
  void SetUp() override {
    auto parsed = document_.reparse(find_asset("/v1/openapi.json")->bytes);
    ASSERT_TRUE(parsed) << parsed.error().message;
    root_ = document_.root();
  }

  // "{id}" becomes `part`.
  static std::string fill(std::string_view path, std::string_view part) {
    std::string filled;
    for (std::size_t at = 0; at < path.size(); ++at) {
      if (path[at] == '{') {
        filled += part;
        at = path.find('}', at);
      } else {
        filled += path[at];
      }
    }
    return filled;
  }

  static Methods methods_of_item(json::Value item) {
    Methods methods;
    for (std::string_view name : {"get", "post", "put", "patch", "delete", "options", "head", "trace"}) {
      std::string upper(name);
      std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
      if (item[name]) methods.insert(upper);
    }
    return methods;
  }

  // "GET, HEAD" without HEAD: the description says once that whatever has GET has it.
  static Methods split(std::string_view list) {
    Methods methods;
    while (!list.empty()) {
      auto end = std::min(list.find(", "), list.size());
      if (list.substr(0, end) != "HEAD") methods.emplace(list.substr(0, end));
      list.remove_prefix(std::min(end + 2, list.size()));
    }
    return methods;
  }

  void for_each_operation(const std::function<void(const std::string& path, json::Value operation)>& take) const {
    for (json::Value item : root_["paths"])
      for (json::Value member : item)
        if (member["responses"]) take(std::string(item.key()), member);
  }

  void for_each_value(json::Value value, const std::function<void(json::Value)>& take) const {
    take(value);
    for (json::Value child : value) for_each_value(child, take);
  }

  json::Value follow(std::string_view reference) const {
    if (!reference.starts_with("#/")) return {};
    json::Value at = root_;
    for (reference.remove_prefix(1); !reference.empty();) {
      reference.remove_prefix(1);
      auto end = std::min(reference.find('/'), reference.size());
      at = at[reference.substr(0, end)];
      reference.remove_prefix(end);
    }
    return at;
  }

  json::Document document_;
  json::Value root_;
};

TEST_F(OpenapiTest, HoldsEachEndpointWithItsMethodsAndNothingElse) {
  std::set<Endpoint> told;
  for (json::Value item : root_["paths"]) {
    std::string path = fill(item.key(), "x");
    Endpoint endpoint = endpoint_of(path);
    EXPECT_NE(endpoint, Endpoint::none) << path << " is described and not there";
    if (endpoint == Endpoint::admin || endpoint == Endpoint::not_built) continue;
    Methods methods = methods_of_item(item);
    EXPECT_FALSE(methods.empty()) << path;
    EXPECT_EQ(methods, split(methods_of(endpoint, path))) << path;
    told.insert(endpoint);
  }
  for (int one = 0; one <= static_cast<int>(Endpoint::not_built); ++one) {
    auto endpoint = static_cast<Endpoint>(one);
    if (endpoint == Endpoint::none || endpoint == Endpoint::admin || endpoint == Endpoint::not_built) continue;
    EXPECT_TRUE(told.contains(endpoint)) << "endpoint number " << one << " of api/endpoint.h";
  }
}

TEST_F(OpenapiTest, HoldsEachAssetButThePartsOfThePages) {
  for (const Asset& one : assets()) {
    bool part = one.path.starts_with("/docs/") || one.path.starts_with("/assets/");
    EXPECT_EQ(root_["paths"][one.path].present(), !part) << one.path;
  }
}

// Who builds one takes the mark away.
TEST_F(OpenapiTest, MarksWhatIsNotBuiltYetAndNothingElse) {
  for (json::Value item : root_["paths"]) {
    std::string path = fill(item.key(), "x");
    bool marked = item["x-freeway-not-built"].boolean().value_or(false);
    EXPECT_EQ(marked, endpoint_of(path) == Endpoint::not_built) << path;
  }
}

TEST_F(OpenapiTest, HoldsTheAdminApiAndNothingElse) {
  std::set<std::string> there;
  for (const auto& [method, path] : admin::addresses()) there.insert(fmt::format("{} {}{}", method, kAdmin, path));
  std::set<std::string> told;
  for (json::Value item : root_["paths"]) {
    if (!item.key().starts_with(kAdmin)) continue;
    for (const auto& method : methods_of_item(item)) told.insert(fmt::format("{} {}", method, fill(item.key(), "*")));
  }
  EXPECT_EQ(told, there);
}

TEST_F(OpenapiTest, ResolvesEachReference) {
  std::size_t references = 0;
  for_each_value(root_, [&](json::Value value) {
    if (!value.key_equals("$ref")) return;
    ++references;
    EXPECT_TRUE(follow(value.string().value_or(""))) << value.raw();
  });
  EXPECT_GT(references, 300U);
}

TEST_F(OpenapiTest, UsesEachComponent) {
  std::set<std::string> used;
  for_each_value(root_, [&](json::Value value) {
    if (value.key_equals("$ref")) used.insert(value.string().value_or(""));
  });
  for (json::Value group : root_["components"]) {
    if (group.key_equals("securitySchemes")) continue;
    for (json::Value one : group) {
      auto name = fmt::format("#/components/{}/{}", group.key(), one.key());
      // The chunks of a stream are named in words: no schema can describe server-sent events.
      EXPECT_TRUE(used.contains(name) || one.key_equals("ChatChunk")) << name;
    }
  }
}

TEST_F(OpenapiTest, ExamplesSatisfyTheirSchemas) {
  std::string_view components = root_["components"].raw();
  std::size_t examples = 0;
  for_each_value(root_, [&](json::Value value) {
    json::Value example = value["example"];
    if (!example) return;
    ++examples;
    json::Value schema = value["schema"] ? value["schema"] : value;
    auto compiled = json::Schema::compile(fmt::format(R"({{"allOf":[{}],"components":{}}})", schema.raw(), components));
    ASSERT_TRUE(compiled) << compiled.error().message << ": " << schema.raw().substr(0, 200);
    auto checked = compiled->check(example.raw());
    EXPECT_TRUE(checked) << checked.error().message << ": " << example.raw().substr(0, 200);
  });
  EXPECT_GT(examples, 30U);
}

TEST_F(OpenapiTest, EachSchemaIsOne) {
  std::string_view components = root_["components"].raw();
  for (json::Value schema : root_["components"]["schemas"]) {
    auto text = fmt::format(R"({{"$ref":"#/components/schemas/{}","components":{}}})", schema.key(), components);
    auto compiled = json::Schema::compile(text);
    EXPECT_TRUE(compiled) << schema.key() << ": " << compiled.error().message;
  }
}

TEST_F(OpenapiTest, OperationsAreComplete) {
  std::set<std::string> tags;
  for (json::Value tag : root_["tags"]) tags.insert(tag["name"].string().value_or(""));
  std::set<std::string> names;
  for_each_operation([&](const std::string& path, json::Value operation) {
    auto name = operation["operationId"].string().value_or("");
    EXPECT_TRUE(!name.empty() && names.insert(name).second) << path << ' ' << name;
    EXPECT_FALSE(operation["summary"].string().value_or("").empty()) << name;
    EXPECT_TRUE(tags.contains(operation["tags"].first().string().value_or(""))) << name;
    bool answers = operation["responses"]["200"] || operation["responses"]["201"] || operation["responses"]["204"];
    EXPECT_TRUE(answers || name == "cancelResponse") << name << ": only a response in the background can be called off";
    std::set<std::string> parameters;
    for (json::Value given : operation["parameters"]) {
      json::Value parameter = given["$ref"] ? follow(given["$ref"].string().value_or("")) : given;
      if (parameter["in"].equals("path")) parameters.insert(parameter["name"].string().value_or(""));
    }
    std::set<std::string> wanted;
    for (auto at = path.find('{'); at != std::string::npos; at = path.find('{', at + 1))
      wanted.insert(path.substr(at + 1, path.find('}', at) - at - 1));
    EXPECT_EQ(parameters, wanted) << name;
  });
}

// Paths without a key say so, and no other does.
TEST_F(OpenapiTest, TellsWhoNeedsWhichKey) {
  for (json::Value item : root_["paths"]) {
    Endpoint endpoint = endpoint_of(fill(item.key(), "x"));
    for (json::Value operation : item) {
      if (!operation["responses"]) continue;
      json::Value security = operation["security"];
      bool admin = security.first()["adminToken"].present();
      EXPECT_EQ(!security.present(), wants_client_key(endpoint)) << item.key();
      EXPECT_EQ(admin, endpoint == Endpoint::admin) << item.key();
    }
  }
}

}  // namespace
}  // namespace freeway::api

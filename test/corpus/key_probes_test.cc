// Every row of key_probes.jsonl, an answer of a real provider to a probe of a key, through the built-in catalog's probe:
// what it proves, or what it must not be taken to prove.
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "app/key_probe.h"
#include "catalog/builtin.h"
#include "json/document.h"

namespace freeway {
namespace {

using catalog::ProbeResult;

const catalog::Provider* find(std::string_view id) {
  for (const catalog::Provider& provider : catalog::builtin()) {
    if (provider.id == id) return &provider;
  }
  return nullptr;
}

bool as_expected(std::string_view expected, ProbeResult result) {
  if (expected == "valid") return result == ProbeResult::valid;
  if (expected == "invalid") return result == ProbeResult::invalid;
  if (expected == "inconclusive") return result == ProbeResult::inconclusive;
  if (expected == "not valid") return result != ProbeResult::valid;
  return expected == "not invalid" && result != ProbeResult::invalid;
}

TEST(KeyProbes, AnswersOfRealProviders) {
  std::ifstream file(FREEWAY_KEY_PROBES);
  std::set<std::string> seen;
  std::size_t rows = 0;
  catalog::Key key;
  key.secret = Secret("k3y0123456789abcdef");
  for (std::string line; std::getline(file, line); ++rows) {
    auto document = json::Document::parse(line);
    ASSERT_TRUE(document) << line;
    json::Value root = document->root();
    std::string id = root["provider"].string().value_or("");
    const catalog::Provider* provider = find(id);
    if (provider == nullptr) continue;
    seen.insert(id);
    int status = static_cast<int>(root["status"].integer().value_or(0));
    std::string body = root["body"].string().value_or("");
    app::KeyVerdict verdict = app::judge_answer(*provider, key, status, {}, body);
    EXPECT_TRUE(as_expected(root["expect"].string().value_or(""), verdict.result)) << line << "\n" << verdict.reason;
  }
  EXPECT_GT(rows, 300U);
  EXPECT_GE(seen.size(), 40U);
}

// A public list of models proves nothing, so no probe asks for one where the list is known to be public.
TEST(KeyProbes, EveryProviderCanBeAsked) {
  for (const catalog::Provider& provider : catalog::builtin()) {
    catalog::Key key;
    key.secret = Secret("k3y0123456789abcdef");
    key.account_id = "account";
    auto calls = app::probe_calls(provider, key);
    if (!calls) {
      EXPECT_EQ(calls.error().kind, ErrorKind::unsupported) << provider.id << ": " << calls.error().message;
      continue;
    }
    for (const upstream::Call& call : *calls) {
      EXPECT_FALSE(call.head.target.contains("{")) << provider.id << " " << call.head.target;
      bool shown = call.head.target.contains("k3y0123456789abcdef");
      for (const http::Field& field : call.head.fields) shown = shown || field.value.contains("k3y0123456789abcdef");
      EXPECT_TRUE(shown) << provider.id;
    }
  }
}

}  // namespace
}  // namespace freeway

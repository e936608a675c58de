// Every row of error_bodies.jsonl, an error answer of a real provider, through the dialect's reader and the judge with the
// provider's entry of the built-in catalog: reason, blame, kind of bench, delay and window as the row says. Then again in
// spellings that mean the same, and inside a 200 and a stream.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "base/random.h"
#include "catalog/builtin.h"
#include "dialect/dialect.h"
#include "dialect/openai/surface.h"
#include "json/document.h"
#include "router/verdict.h"
#include "variation.h"

namespace freeway {
namespace {

using chat::Per;
using router::Blame;
using router::Verdict;

// 2025-12-30T13:06:40Z
const WallTime kNow{std::chrono::seconds(1767100000)};

struct Row {
  std::string provider;  // the catalog's id; of others nothing is known
  int status = 0;
  http::Fields fields;
  std::string body;
  std::string reason, blame, bench, per;
  std::string bare;  // the reason where the body came without its status; "": the same
  bool elsewhere = true;
  std::optional<Duration> told;
  std::string where;
};

std::string text_of(json::Value value) { return value.string().value_or(""); }

std::vector<Row> read_rows() {
  std::vector<Row> rows;
  std::ifstream file(FREEWAY_CORPUS);
  for (std::string line; std::getline(file, line);) {
    auto document = json::Document::parse(line);
    if (!document) {
      ADD_FAILURE() << document.error().message << "\n" << line;
      continue;
    }
    auto root = document->root();
    Row row;
    row.provider = text_of(root["provider"]);
    row.status = static_cast<int>(root["status"].integer().value_or(0));
    for (auto field : root["headers"]) row.fields.add(json::unescape(field.key()), text_of(field));
    row.body = text_of(root["body"]);
    row.reason = text_of(root["reason"]);
    row.blame = text_of(root["blame"]);
    row.bench = text_of(root["bench"]);
    row.per = text_of(root["per"]);
    row.bare = text_of(root["bare"]);
    row.elsewhere = root["elsewhere"].boolean().value_or(false);
    if (auto delay = root["delay_ms"].integer()) row.told = std::chrono::milliseconds(*delay);
    row.where = row.provider + " " + std::to_string(row.status) + " " + row.body;
    rows.push_back(std::move(row));
  }
  return rows;
}

const catalog::Provider& provider_of(const Row& row) {
  static const catalog::Provider kUnknown;
  const auto& known = catalog::builtin();
  auto same = [&](const catalog::Provider& provider) { return provider.id == row.provider; };
  auto found = std::find_if(known.begin(), known.end(), same);
  return found == known.end() ? kUnknown : *found;
}

const catalog::Model& model_of(const catalog::Provider& provider) {
  static const catalog::Model kUnknown;
  auto served = [](const catalog::Model& model) { return model.served() && model.kind == catalog::Kind::chat; };
  auto found = std::find_if(provider.models.begin(), provider.models.end(), served);
  return found == provider.models.end() ? kUnknown : *found;
}

std::string_view name_of(Blame blame) {
  switch (blame) {
    case Blame::client: return "client";
    case Blame::route: return "route";
    case Blame::key: return "key";
    case Blame::account: return "account";
    case Blame::model: return "model";
    case Blame::provider: return "provider";
  }
  return "";
}

std::string_view name_of(Per per) {
  constexpr std::array<std::string_view, 7> kNames = {"", "second", "minute", "hour", "day", "month", "once"};
  return kNames[static_cast<std::size_t>(per)];
}

std::string_view kind_of(const Verdict& verdict) {
  if (!verdict.bench) return "none";
  if (*verdict.bench == Duration::max()) return "forever";
  if (verdict.told) return "told";
  return verdict.reset ? "reset" : "guess";
}

Verdict judge(const Row& row, const chat::Fault& fault) {
  const auto& provider = provider_of(row);
  return router::judge(fault, provider, model_of(provider), kNow);
}

Verdict verdict_on(const Row& row, const std::string& body, const http::Fields& fields) {
  return judge(row, dialect::find("openai")->read_fault(row.status, fields, body, kNow));
}

std::unique_ptr<chat::Request> request() {
  auto decoded =
      dialect::openai::decode_request(std::string(R"({"model":"m","messages":[{"role":"user","content":"hi"}]})"));
  return decoded ? std::move(*decoded) : nullptr;
}

// The body as a whole answer with 200; nothing: it was not taken for an error.
std::optional<chat::Fault> inside_a_success(const std::string& body) {
  std::optional<chat::Fault> fault;
  auto answer = dialect::find("openai")->read_answer(*request(), catalog::Model(), "application/json", body, fault);
  EXPECT_FALSE(answer.has_value()) << body;
  return fault;
}

std::optional<chat::Fault> inside_a_stream(const std::string& body) {
  std::string line;
  for (char c : body) line += c == '\n' ? ' ' : c;
  auto asked = request();
  catalog::Model model;
  auto reader = dialect::find("openai")->read_stream(*asked, model);
  chat::Event event;
  if (!reader->feed(": waiting\n\ndata: " + line + "\n\n")) return std::nullopt;
  auto next = reader->next(event);
  if (!next || !*next || event.kind != chat::Event::Kind::error) return std::nullopt;
  return event.fault;
}

TEST(Corpus, EveryBodyIsUnderstood) {
  auto rows = read_rows();
  ASSERT_GT(rows.size(), 220U);
  for (const Row& row : rows) {
    Verdict verdict = verdict_on(row, row.body, row.fields);
    EXPECT_EQ(to_string(verdict.reason), row.reason) << row.where;
    EXPECT_EQ(name_of(verdict.blame), row.blame) << row.where;
    EXPECT_EQ(kind_of(verdict), row.bench) << row.where;
    EXPECT_EQ(name_of(verdict.per), row.per) << row.where;
    EXPECT_EQ(verdict.elsewhere, row.elsewhere) << row.where;
    EXPECT_EQ(verdict.told, row.told.has_value()) << row.where;
    if (row.told && verdict.bench) {
      EXPECT_LT(std::chrono::abs(*verdict.bench - *row.told), std::chrono::milliseconds(2)) << row.where;
    }
  }
}

// The scope of a reset is the provider's clock, never longer than its window.
TEST(Corpus, ResetsAreWithinTheirWindow) {
  for (const Row& row : read_rows()) {
    if (row.bench != "reset") continue;
    Verdict verdict = verdict_on(row, row.body, row.fields);
    ASSERT_TRUE(verdict.bench.has_value()) << row.where;
    EXPECT_GT(*verdict.bench, Duration::zero()) << row.where;
    EXPECT_LE(*verdict.bench, std::chrono::hours(row.per == "day" ? 25 : 32 * 24)) << row.where;
  }
}

TEST(Corpus, SpellingsNumbersAndIdsMeanNothing) {
  SeededRandom random(11);
  for (const Row& row : read_rows()) {
    http::Fields fields = row.fields;
    fields.add("x-request-id", "req_402_429");
    fields.add("cf-ray", "429402401-AMS");
    for (int round = 0; round < 60; ++round) {
      std::string body = corpus::vary(row.body, random);
      Verdict verdict = verdict_on(row, body, fields);
      ASSERT_EQ(to_string(verdict.reason), row.reason) << row.where << "\nvaried " << body;
      ASSERT_EQ(name_of(verdict.blame), row.blame) << row.where << "\nvaried " << body;
      ASSERT_EQ(kind_of(verdict), row.bench) << row.where << "\nvaried " << body;
    }
  }
}

// An error that comes without its status means the same if its body names it in any way; else nobody knows what it means,
// and the next route is asked.
TEST(Corpus, InsideASuccessItMeansTheSame) {
  SeededRandom random(12);
  std::size_t same = 0;
  for (const Row& row : read_rows()) {
    if (!json::Document::parse(row.body)) continue;
    const std::string& wanted = row.bare.empty() ? row.reason : row.bare;
    same += row.bare.empty() ? 1 : 0;
    for (int round = 0; round < 20; ++round) {
      std::string body = round == 0 ? row.body : corpus::vary(row.body, random);
      for (bool stream : {false, true}) {
        auto fault = stream ? inside_a_stream(body) : inside_a_success(body);
        ASSERT_TRUE(fault.has_value()) << row.where << "\nvaried " << body;
        Verdict verdict = judge(row, *fault);
        ASSERT_EQ(to_string(verdict.reason), wanted) << row.where << "\nvaried " << body;
        if (row.bare.empty()) {
          ASSERT_EQ(name_of(verdict.blame), row.blame) << row.where << "\nvaried " << body;
        }
        ASSERT_TRUE(verdict.elsewhere);
      }
    }
  }
  EXPECT_GT(same, 180U);
}

TEST(Corpus, EveryProviderThatIsOnHasARefusedKeyAndALimit) {
  std::map<std::string, std::set<int>> statuses;
  for (const Row& row : read_rows()) statuses[row.provider].insert(row.status);
  for (const catalog::Provider& provider : catalog::builtin()) {
    if (!provider.enabled) continue;
    EXPECT_TRUE(statuses[provider.id].contains(401)) << provider.id;
    EXPECT_TRUE(statuses[provider.id].contains(429)) << provider.id;
  }
}

// A rule that no known answer needs can't be trusted.
TEST(Corpus, EveryRuleOfTheCatalogIsNeeded) {
  auto rows = read_rows();
  for (const catalog::Provider& provider : catalog::builtin()) {
    std::set<const catalog::ErrorRule*> used;
    for (const Row& row : rows) {
      if (row.provider != provider.id) continue;
      auto fault = dialect::find("openai")->read_fault(row.status, row.fields, row.body, kNow);
      used.insert(catalog::find_rule(provider.errors, fault, 0));
    }
    for (std::size_t i = 0; i < provider.errors.size(); ++i)
      EXPECT_TRUE(used.contains(&provider.errors[i])) << provider.id << " rule " << i + 1;
  }
}

}  // namespace
}  // namespace freeway

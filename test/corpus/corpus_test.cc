// Every row of error_bodies.jsonl through the dialect's reader and the judge: reason, blame and delay as the row says. Then
// again with the numbers in its prose changed, which must change neither reason nor blame.
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "base/random.h"
#include "dialect/dialect.h"
#include "json/document.h"
#include "router/verdict.h"

namespace freeway {
namespace {

using router::Blame;

struct Row {
  std::string provider;
  int status = 0;
  http::Fields fields;
  std::string body;
  std::string reason;
  std::string blame;
  std::optional<Duration> told;
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
    if (auto delay = root["delay_ms"].integer()) row.told = std::chrono::milliseconds(*delay);
    rows.push_back(std::move(row));
  }
  return rows;
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

router::Verdict verdict_on(const Row& row, const std::string& body) {
  const auto* dialect = dialect::find("openai");
  WallTime now{std::chrono::seconds(1767100000)};
  return router::judge(dialect->read_fault(row.status, row.fields, body, now));
}

bool prose(std::string_view member) {
  for (std::string_view name : {"message", "detail", "msg", "raw", "error", "status_msg", "title"})
    if (member == name) return true;
  return false;
}

// The body with every run of digits in its prose replaced by one of the numbers that look like statuses.
std::string vary(const std::string& body, Random& random) {
  auto document = json::Document::parse(body);
  if (!document) return body;
  constexpr std::array<std::string_view, 8> kNumbers = {"402", "401", "403", "413", "429", "500", "7", "86400"};
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  std::vector<json::Value> open = {document->root()};
  while (!open.empty()) {
    auto value = open.back();
    open.pop_back();
    for (auto child : value) {
      if (child.is(json::Type::string) && value.is(json::Type::object) && prose(child.key())) {
        ranges.emplace_back(child.offset(), child.offset() + child.raw().size());
      } else {
        open.push_back(child);
      }
    }
  }
  std::string varied;
  for (std::size_t i = 0; i < body.size(); ++i) {
    bool digit = body[i] >= '0' && body[i] <= '9';
    bool inside =
        std::any_of(ranges.begin(), ranges.end(), [i](auto range) { return range.first <= i && i < range.second; });
    if (!digit || !inside) {
      varied.push_back(body[i]);
      continue;
    }
    varied += kNumbers[random.next() % kNumbers.size()];
    while (i + 1 < body.size() && body[i + 1] >= '0' && body[i + 1] <= '9') ++i;
  }
  return varied;
}

TEST(Corpus, EveryBodyIsUnderstood) {
  auto rows = read_rows();
  ASSERT_GT(rows.size(), 190u);
  for (const auto& row : rows) {
    auto verdict = verdict_on(row, row.body);
    std::string where = row.provider + " " + std::to_string(row.status) + " " + row.body;
    EXPECT_EQ(to_string(verdict.reason), row.reason) << where;
    EXPECT_EQ(name_of(verdict.blame), row.blame) << where;
    EXPECT_TRUE(verdict.elsewhere) << where;
    EXPECT_EQ(verdict.told, row.told.has_value()) << where;
    if (row.told && verdict.bench) {
      EXPECT_LT(std::chrono::abs(*verdict.bench - *row.told), std::chrono::milliseconds(2)) << where;
    }
    if (row.blame == "client") {
      EXPECT_FALSE(verdict.bench.has_value()) << where;
    }
  }
}

TEST(Corpus, NumbersInProseMeanNothing) {
  SeededRandom random(11);
  for (const auto& row : read_rows()) {
    for (int round = 0; round < 20; ++round) {
      std::string body = vary(row.body, random);
      auto verdict = verdict_on(row, body);
      ASSERT_EQ(to_string(verdict.reason), row.reason) << row.provider << " " << row.status << " " << body;
      ASSERT_EQ(name_of(verdict.blame), row.blame) << row.provider << " " << row.status << " " << body;
    }
  }
}

}  // namespace
}  // namespace freeway

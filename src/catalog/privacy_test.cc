#include "catalog/privacy.h"

#include <gtest/gtest.h>

#include "catalog/builtin.h"

namespace freeway::catalog {
namespace {

using namespace std::chrono_literals;
using Trains = DataUse::Trains;

WallTime at(int year, unsigned month, unsigned day, Duration past = {}) {
  return WallTime(std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day))) + past;
}

DataUse label(Trains trains, std::string as_of) {
  DataUse made;
  made.trains = trains;
  made.as_of = std::move(as_of);
  return made;
}

constexpr PrivacyPolicy kPolicy{Privacy::no_training, 30 * 24h};

TEST(Privacy, NamesAreExact) {
  EXPECT_EQ(privacy_named("any"), Privacy::any);
  EXPECT_EQ(privacy_named("no-training"), Privacy::no_training);
  for (const char* name : {"", "Any", "no_training", "no-training ", "none"}) EXPECT_FALSE(privacy_named(name)) << name;
  EXPECT_EQ(stricter(Privacy::any, Privacy::no_training), Privacy::no_training);
  EXPECT_EQ(stricter(Privacy::no_training, Privacy::any), Privacy::no_training);
  EXPECT_EQ(stricter(Privacy::any, Privacy::any), Privacy::any);
}

TEST(Privacy, DatesAreDaysOrMonthsAndNothingElse) {
  EXPECT_EQ(label_date("2026-08-22"), at(2026, 8, 22));
  EXPECT_EQ(label_date("2026-08"), at(2026, 8, 1));
  EXPECT_EQ(label_date("2024-02-29"), at(2024, 2, 29));
  for (const char* text : {"",           "2026",        "2026-8",  "2026-08-2",  "2026-13",    "2026-00", "2026-08-00",
                           "2026-02-29", "2026-08-32",  "2026/08", "2026-08/22", "26-08-2226", "2026-0x", "-026-08",
                           "202a-08-22", "2026-08-22T", "9999-01", "0001-01",    "yesterday",  "2026-08 "})
    EXPECT_FALSE(label_date(text)) << text;
}

TEST(Privacy, OnlyAFreshNoPasses) {
  WallTime now = at(2026, 1, 1);
  EXPECT_EQ(objection(label(Trains::no, "2025-12"), {Privacy::no_training, 31 * 24h}, now), Objection::none);
  EXPECT_EQ(objection(label(Trains::no, "2025-12-02"), kPolicy, now), Objection::none);
  EXPECT_EQ(objection(DataUse(), kPolicy, now), Objection::unlabelled);
  EXPECT_EQ(objection(label(Trains::yes, "2025-12-20"), kPolicy, now), Objection::trains);
  EXPECT_EQ(objection(label(Trains::opt_out, "2025-12-20"), kPolicy, now), Objection::opt_out);
  EXPECT_EQ(objection(label(Trains::unknown, "2025-12-20"), kPolicy, now), Objection::unknown);
  EXPECT_EQ(objection(label(Trains::no, ""), kPolicy, now), Objection::undated);
  EXPECT_EQ(objection(label(Trains::no, "lately"), kPolicy, now), Objection::undated);
  EXPECT_EQ(objection(label(Trains::no, "2025-12-01"), kPolicy, now), Objection::stale);
  EXPECT_EQ(objection(label(Trains::no, "2026-01-03"), kPolicy, now), Objection::ahead);
  EXPECT_EQ(objection(label(Trains::no, "2026-01-02"), kPolicy, now), Objection::none) << "a day that has begun elsewhere";
}

TEST(Privacy, ALabelIsStaleTheMomentThatItsAgeHasPassed) {
  DataUse is = label(Trains::no, "2025-12-02");
  EXPECT_EQ(objection(is, kPolicy, at(2026, 1, 1)), Objection::none);
  EXPECT_EQ(objection(is, kPolicy, at(2026, 1, 1, 1ns)), Objection::stale);
}

TEST(Privacy, AnyAsksForNoLabel) {
  PrivacyPolicy any{Privacy::any, 1ns};
  for (const DataUse& is : {DataUse(), label(Trains::yes, ""), label(Trains::no, "1999-01")})
    EXPECT_EQ(objection(is, any, at(2026, 1, 1)), Objection::none);
}

TEST(Privacy, ObjectionsAreTold) {
  EXPECT_TRUE(describe(Objection::none, DataUse(), kPolicy).empty());
  EXPECT_EQ(describe(Objection::stale, label(Trains::no, "2025-01"), kPolicy).text(),
            "its label is of 2025-01 and older than 30 d");
  for (auto one : {Objection::unlabelled, Objection::trains, Objection::opt_out, Objection::unknown, Objection::undated,
                   Objection::ahead})
    EXPECT_FALSE(describe(one, DataUse(), kPolicy).empty());
}

TEST(Privacy, BuiltInLabelsHaveDatesThatCanBeRead) {
  for (const Provider& provider : builtin()) EXPECT_TRUE(label_date(provider.data_use.as_of)) << provider.id;
}

}  // namespace
}  // namespace freeway::catalog

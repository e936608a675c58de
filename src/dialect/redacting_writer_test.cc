#include "dialect/redacting_writer.h"

#include "dialect/openai/openai_test.h"

namespace freeway::dialect {
namespace {
using openai::testing::chunk;
using openai::testing::sse;

// Writes each event on a line.
class Lines final : public StreamWriter {
 public:
  void write(std::string& out, const chat::Event& event) override { out.append(event.json).append("\n"); }
  void finish(std::string& out, const chat::Usage&) override { out.append("end\n"); }
  void fail(std::string& out, const Trouble&) override { out.append("broken\n"); }
  std::size_t held() const override { return 0; }
  void shrink() override {}
};

class RedactingWriterTest : public ::testing::Test {
 protected:
  // Reads the documents as a provider's stream and writes what comes of them; nothing for the end, which is the caller's.
  std::string write(const std::vector<std::string>& documents) {
    auto reader = openai::testing::dialect().read_stream(*request_, openai::testing::model());
    EXPECT_TRUE(reader->feed(sse(documents)));
    std::string out;
    chat::Event event;
    for (auto given = reader->next(event); given && *given; given = reader->next(event)) writer_->write(out, event);
    return out;
  }
  std::string finish() {
    std::string out;
    writer_->finish(out, {});
    return out;
  }

  std::unique_ptr<chat::Request> request_ = openai::testing::decode(
      R"({"stream":true,"n":2,"tools":[{"type":"function","function":{"name":"f"}}],"messages":[{"role":"user","content":"hi"}]})");
  std::unique_ptr<StreamWriter> writer_ =
      hide_secrets(std::make_unique<Lines>(),
                   std::make_shared<const SecretSet>(std::vector<std::string_view>{"gsk_abcdefgh", "p\"ss+word"}));
};

std::string said(std::string_view text) { return chunk(R"({"content":)" + std::string(text) + "}"); }
std::string lines(const std::vector<std::string>& all) {
  std::string out;
  for (const auto& line : all) out += line + "\n";
  return out;
}

TEST_F(RedactingWriterTest, LeavesEventsWithoutSecretsAsTheyAre) {
  const std::vector<std::string> events = {chunk(R"({"role":"assistant","content":""})"),
                                           said(R"("gsk")"),
                                           said(R"(" \u4f60\n")"),
                                           said(R"("gs" )"),
                                           chunk(R"({"reasoning":"k_a"})"),
                                           chunk(R"({})", R"("stop")")};
  EXPECT_EQ(write(events), lines(events));
  EXPECT_EQ(finish(), "end\n");
}

TEST_F(RedactingWriterTest, HidesASecretInPartsOfTheContent) {
  EXPECT_EQ(write({said(R"("a gsk_")"), said(R"("abc")"), said(R"("defgh!")"), said(R"("on")")}),
            lines({said(R"("a ")"), said(R"("")"), said(R"("[redacted]!")"), said(R"("on")")}));
}

TEST_F(RedactingWriterTest, HidesOneThatComesByLetters) {
  std::vector<std::string> events;
  for (char c : std::string_view("gsk_abcdefgh")) events.push_back(said(std::string("\"") + c + "\""));
  const std::string out = write(events);
  EXPECT_TRUE(out.starts_with(lines({said(R"("g")"), said(R"("s")"), said(R"("k")"), said(R"("")")})));
  EXPECT_TRUE(out.ends_with(lines({said(R"("")"), said(R"("[redacted]")")})));
}

TEST_F(RedactingWriterTest, ReadsEscapes) {
  EXPECT_EQ(write({said(R"("p\"ss")"), said(R"("\u002bword\n")")}), lines({said(R"("")"), said(R"("[redacted]\n")")}));
}

TEST_F(RedactingWriterTest, GivesBackWhatIsNoSecretWithTheNextPiece) {
  EXPECT_EQ(write({said(R"("a gsk_a")"), said(R"("b\"c")")}), lines({said(R"("a ")"), said(R"("gsk_ab\"c")")}));
}

TEST_F(RedactingWriterTest, WatchesEveryTextForItself) {
  const std::string both = R"({"reasoning":"gsk_ab","reasoning_details":[{"type":"t","text":"gsk_ab","index":0}]})";
  const std::string rest = R"({"reasoning":"cdefgh.","reasoning_details":[{"type":"t","text":"cdefgh.","index":0}]})";
  EXPECT_EQ(
      write({chunk(both), chunk(rest)}),
      lines({chunk(R"({"reasoning":"","reasoning_details":[{"type":"t","text":"","index":0}]})"),
             chunk(R"({"reasoning":"[redacted].","reasoning_details":[{"type":"t","text":"[redacted].","index":0}]})")}));
}

TEST_F(RedactingWriterTest, WatchesEveryChoiceForItself) {
  auto choice = [](int index, std::string_view text) {
    return R"({"id":"c","model":"m1","choices":[{"index":)" + std::to_string(index) + R"(,"delta":{"content":")" +
           std::string(text) + R"("}}]})";
  };
  EXPECT_EQ(
      write({choice(0, "gsk_ab"), choice(1, "cd"), choice(0, "cdef"), choice(1, "gsk_"), choice(0, "gh"), choice(1, "x")}),
      lines({choice(0, ""), choice(1, "cd"), choice(0, ""), choice(1, ""), choice(0, "[redacted]"), choice(1, "gsk_x")}));
}

TEST_F(RedactingWriterTest, GivesBackATextsRestBeforeAnotherTextGoesOn) {
  EXPECT_EQ(write({chunk(R"({"reasoning":"so gsk_a"})"), said(R"("Hi")")}),
            lines({chunk(R"({"reasoning":"so "})"), chunk(R"({"reasoning":"gsk_a"})"), said(R"("Hi")")}));
}

TEST_F(RedactingWriterTest, GivesBackATextsRestBeforeACallOrAPictureBegins) {
  const std::string call = chunk(
      R"({"content":"","tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":""}}]})");
  const std::string picture = chunk(R"({"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,aa"}}]})");
  for (const auto& next : {call, picture}) {
    EXPECT_EQ(write({said(R"("a gsk_")"), chunk(R"({"role":"assistant","content":""})"), next}),
              lines({said(R"("a ")"), chunk(R"({"role":"assistant","content":""})"), said(R"("gsk_")"), next}));
  }
}

TEST_F(RedactingWriterTest, HidesSecretsInTheArgumentsOfCalls) {
  auto arguments = [](int call, std::string_view text) {
    return chunk(R"({"tool_calls":[{"index":)" + std::to_string(call) + R"(,"function":{"arguments":")" + std::string(text) +
                 R"("}}]})");
  };
  auto begin = [](int call) {
    return chunk(R"({"tool_calls":[{"index":)" + std::to_string(call) + R"(,"id":"t)" + std::to_string(call) +
                 R"(","type":"function","function":{"name":"f","arguments":""}}]})");
  };
  EXPECT_EQ(
      write({begin(0), arguments(0, R"({\"k\":\"gsk_)"), arguments(0, R"(abcdefgh\"}gsk_)"), begin(1), arguments(1, "{}")}),
      lines({begin(0), arguments(0, R"({\"k\":\")"), arguments(0, R"([redacted]\"})"), begin(1), arguments(1, "{}")}));
  EXPECT_EQ(finish(), lines({arguments(0, "gsk_"), "end"}));
}

TEST_F(RedactingWriterTest, LeavesNamesIdsAndAddressesWhole) {
  const std::vector<std::string> events = {
      chunk(
          R"({"tool_calls":[{"index":0,"id":"call-gsk_","type":"function","function":{"name":"f_gsk_","arguments":""}}]})"),
      chunk(R"({"images":[{"type":"image_url","image_url":{"url":"https://a/gsk_"}}]})"),
      chunk(R"({"annotations":[{"type":"url_citation","url_citation":{"title":"about gsk_","url":"https://a/gsk_"}}]})"),
      chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]})")};
  EXPECT_EQ(write(events), lines(events));
}

TEST_F(RedactingWriterTest, PutsSeveralPiecesInOneEventInOrder) {
  auto two = [](std::string_view a, std::string_view b) {
    return chunk(R"({"reasoning_details":[{"index":0,"text":")" + std::string(a) + R"("},{"index":0,"text":")" +
                 std::string(b) + R"("}]})");
  };
  EXPECT_EQ(write({two("a gsk_", "ab"), two("x", "gsk_ab"), two("cdef", "gh!")}),
            lines({two("a ", ""), two("gsk_abx", ""), two("", "[redacted]!")}));
}

TEST_F(RedactingWriterTest, HoldsTheArgumentsOfOneCallWhileAnotherGoesOn) {
  auto arguments = [](int call, std::string_view text) {
    return chunk(R"({"tool_calls":[{"index":)" + std::to_string(call) + R"(,"id":"t","function":{"name":"f","arguments":")" +
                 std::string(text) + R"("}}]})");
  };
  const std::string out = write({arguments(0, "gsk_abcd"), arguments(1, "{"), arguments(0, "efgh"), arguments(1, "}")});
  EXPECT_EQ(out.find("gsk_"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("arguments":"[redacted]")"), std::string::npos) << out;
}

TEST_F(RedactingWriterTest, GoesOnWhereAFinishReasonIsEmpty) {
  auto piece = [](std::string_view text) { return chunk(R"({"content":")" + std::string(text) + R"("})", R"("")"); };
  EXPECT_EQ(write({piece("a gsk_"), piece("abcd"), piece("efgh")}), lines({piece("a "), piece(""), piece("[redacted]")}));
}

TEST_F(RedactingWriterTest, GivesBackWhatIsHeldBeforeTheFinishReason) {
  EXPECT_EQ(write({said(R"("a gsk_")"), chunk("{}", R"("stop")")}),
            lines({said(R"("a ")"), said(R"("gsk_")"), chunk("{}", R"("stop")")}));
  EXPECT_EQ(write({chunk(R"({"content":"b gsk_"})", R"("length")")}),
            lines({chunk(R"({"content":"b gsk_"})", R"("length")")}));
  EXPECT_EQ(finish(), "end\n");
}

TEST_F(RedactingWriterTest, GivesBackWhatIsHeldAtTheEnd) {
  EXPECT_EQ(write({said(R"("a gsk_")")}), lines({said(R"("a ")")}));
  EXPECT_EQ(finish(), lines({said(R"("gsk_")"), "end"}));
  EXPECT_EQ(write({said(R"("a gsk_")")}), lines({said(R"("a ")")}));
  std::string out;
  writer_->fail(out, {});
  EXPECT_EQ(out, lines({said(R"("gsk_")"), "broken"}));
}

TEST_F(RedactingWriterTest, KeepsLittleOfALargeEvent) {
  const std::string large(1024 * 1024, 'x');
  write({said("\"" + large + " gsk_\"")});
  writer_->shrink();
  EXPECT_LT(writer_->held(), 256U);
  EXPECT_EQ(write({said(R"("abcdefgh")")}), lines({said(R"("[redacted]")")}));
}

TEST_F(RedactingWriterTest, IsTheWriterItselfWhereNothingIsSecret) {
  auto plain = std::make_unique<Lines>();
  const StreamWriter* given = plain.get();
  auto writer = hide_secrets(std::move(plain), nullptr);
  EXPECT_EQ(writer.get(), given);
  EXPECT_EQ(hide_secrets(std::move(writer), std::make_shared<const SecretSet>()).get(), given);
}

}  // namespace
}  // namespace freeway::dialect

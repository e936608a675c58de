#include "http/sse.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/replay.h"

namespace freeway::http {
namespace {

using namespace std::string_literals;

std::string outcome(std::string_view input) {
  const std::string whole = replay::events(input, replay::whole()).record();
  EXPECT_EQ(whole, replay::events(input, replay::pieces_of(1)).record());
  EXPECT_EQ(whole, replay::events(input, replay::pieces_of(3)).record());
  for (std::size_t at = 1; at < input.size(); ++at) {
    EXPECT_EQ(whole, replay::events(input, replay::split_at(at)).record()) << "cut at " << at;
  }
  return whole;
}

struct Case {
  std::string input;
  std::string expected;
};

TEST(SseReader, FollowsTheStandard) {
  const std::string clean = " pending 0 clean 0 comments";
  const std::vector<Case> cases = {
      {"", clean},
      {"data: a\n\n", "(||a)" + clean},
      {"data:a\n\ndata:  b \n\n", "(||a)(|| b )" + clean},
      {"data: a\ndata: b\ndata:c\n\n", "(||a\nb\nc)" + clean},
      {"data\n\n", "(||)" + clean},
      {"data:\n\n", "(||)" + clean},
      {"data: \n\n", "(||)" + clean},
      {"data\ndata\n\n", "(||\n)" + clean},
      {"data\ndata: x\n\n", "(||\nx)" + clean},
      {"event: ping\nid: 7\ndata: a\n\ndata: b\n\n", "(ping|7|a)(||b)" + clean},
      {"data: a\nid: 7\nevent: x\nevent: y\n\n", "(y|7|a)" + clean},
      {"event: lonely\n\ndata: a\n\n", "(||a)" + clean},
      {"id: a\0b\ndata: x\n\n"s, "(||x)" + clean},
      {"id: 1\nid\ndata: x\n\n", "(||x)" + clean},
      {"retry: 10\nunknown: x\nnonsense\ndata: a\nDATA: b\n data: c\ndatax: d\n\n", "(||a)" + clean},
      {": ping\n\n:\n: x\ndata: a\n: y\ndata: b\n\n", "(||a\nb) pending 0 clean 4 comments"},
      {"\n\n\n\r\r\n\ndata: a\n\n\n\n", "(||a)" + clean},
      {"\xEF\xBB\xBF"
       "data: a\n\n",
       "(||a)" + clean},
      {"\xEF\xBB\xBF\xEF\xBB\xBF"
       "data: a\n\n",
       clean},
      {"data: a\0b\xFF\n\n"s, "(||a\0b\xFF)"s + clean},
      {"data: a: b\n\n", "(||a: b)" + clean},
  };
  for (const Case& each : cases) EXPECT_EQ(outcome(each.input), each.expected) << each.input;
}

TEST(SseReader, EndsOfStreams) {
  const std::vector<Case> cases = {
      {"data: a\n\ndata: [DONE]\n", "(||a) pending 13 cut (||[DONE])0 comments"},
      {"data: a\n\ndata: [DONE]", "(||a) pending 12 cut (||[DONE])0 comments"},
      {"data: a\ndata: b", " pending 15 cut (||a\nb)0 comments"},
      {"event: x\n", " pending 9 cut 0 comments"},
      {"da", " pending 2 cut 0 comments"},
      {": half a com", " pending 12 clean 1 comments"},
      {"\xEF\xBB", " pending 2 cut 0 comments"},
      {"data: a\r", " pending 8 cut (||a)0 comments"},
  };
  for (const Case& each : cases) EXPECT_EQ(outcome(each.input), each.expected) << each.input;
}

// The same lines with other ends are the same events.
TEST(SseReader, FramingDoesNotMatter) {
  const std::string text =
      "\xEF\xBB\xBF: hello\n\nevent: a\ndata: 1\ndata: 2\n\ndata\n\nid: 9\ndata: {\"x\": 1}\n\n: end\n\n";
  const std::string expected = "(a||1\n2)(||)(|9|{\"x\": 1}) pending 0 clean 2 comments";
  for (int style = 0; style < 6; ++style) {
    std::string input;
    int line = 0;
    for (char c : text) {
      if (c != '\n') {
        input += c;
        continue;
      }
      static constexpr std::string_view kEnds[] = {"\n", "\r\n", "\r"};
      ++line;
      if (style < 3) {
        input += kEnds[style];
      } else if (style == 3) {
        input += line % 2 == 0 ? "\r\n" : "\n";
      } else {
        // CR before an empty line that ends with LF would be one CRLF: keep such a pair apart.
        std::string_view end = kEnds[(line + style) % 3];
        input += end == "\n" && input.ends_with('\r') ? "\r\n" : end;
      }
    }
    EXPECT_EQ(outcome(input), expected) << "style " << style;
  }
}

// The LF of a last CRLF is not awaited.
TEST(SseReader, AnEventIsGivenOutAsSoonAsItsEmptyLineIsSeen) {
  for (std::string_view input : {"data: a\n\n", "data: a\r\n\r", "data: a\r\r", "data: a\n\r", "data: a\r\n\n"}) {
    SseReader reader;
    SseEvent event;
    for (std::size_t i = 0; i < input.size(); ++i) {
      ASSERT_FALSE(reader.next(event)) << input.substr(0, i);
      ASSERT_TRUE(reader.feed(input.substr(i, 1)));
    }
    ASSERT_TRUE(reader.next(event));
    EXPECT_EQ(event.data, "a");
  }
}

TEST(SseReader, OneDataLineIsNotCopied) {
  SseReader reader;
  SseEvent first;
  SseEvent second;
  ASSERT_TRUE(reader.feed("data: one\n\ndata: two\r\n\r\n"));
  ASSERT_TRUE(reader.next(first));
  EXPECT_EQ(first.data, "one");
  const char* at = first.data.data();
  ASSERT_TRUE(reader.next(second));
  EXPECT_EQ(second.data, "two");
  // Both lie in the one buffer that holds what was fed.
  EXPECT_EQ(second.data.data() - at, 11);
}

TEST(SseReader, LimitsOneEventNotTheStream) {
  SseReader reader(100);
  SseEvent event;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(reader.feed("data: " + std::string(50, 'x') + "\n\n: comment\n"));
    ASSERT_TRUE(reader.next(event));
    ASSERT_FALSE(reader.next(event));
    ASSERT_EQ(reader.pending(), 0U);
  }
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(reader.feed("data: " + std::string(40, 'x') + "\n"));
    ASSERT_FALSE(reader.next(event));
  }
  auto fed = reader.feed("\n");
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().kind, ErrorKind::too_large);
}

// Would take minutes if a byte were looked at again with every piece.
TEST(SseReader, LongEventsInSmallPiecesAreLinear) {
  SseReader reader;
  SseEvent event;
  const std::string piece(100, 'x');
  for (std::string_view before : {"data: ", "event: x\ndata: "}) {
    ASSERT_TRUE(reader.feed(before));
    for (int i = 0; i < 100'000; ++i) {
      ASSERT_TRUE(reader.feed(piece));
      ASSERT_FALSE(reader.next(event));
    }
    ASSERT_TRUE(reader.feed("\n\n"));
    ASSERT_TRUE(reader.next(event));
    EXPECT_EQ(event.data.size(), 10'000'000U);
  }
  std::string cr;
  for (int i = 0; i < 200'000; ++i) cr += "data: x\r\r";
  ASSERT_TRUE(reader.feed(cr));
  int count = 0;
  while (reader.next(event)) ++count;
  EXPECT_EQ(count, 200'000);
}

TEST(SseReader, GivesBackWhatALargeEventNeeded) {
  const std::string large(1'000'000, 'x');
  for (std::string_view lines : {"data: ", "data: a\ndata: "}) {
    SseReader reader;
    SseEvent event;
    ASSERT_TRUE(reader.feed(std::string(lines) + large));
    EXPECT_FALSE(reader.next(event));
    reader.shrink();
    EXPECT_GE(reader.held(), large.size()) << "its event has not all come";
    ASSERT_TRUE(reader.feed("\n\ndata: b\nda"));
    ASSERT_TRUE(reader.next(event));
    EXPECT_EQ(event.data.size(), large.size() + (lines.size() - 6) / 4);
    EXPECT_FALSE(reader.next(event));
    reader.shrink();
    EXPECT_LT(reader.held(), 32U);
    ASSERT_TRUE(reader.feed("ta: c\n\n"));
    ASSERT_TRUE(reader.next(event));
    EXPECT_EQ(event.data, "b\nc");
  }
}

TEST(AppendSse, WritesWhatTheReaderReads) {
  std::string out;
  append_sse_comment(out, "hel\r\nlo");
  append_sse_data(out, "a\nb\r\nc\rd");
  append_sse_data(out, "");
  append_sse_event(out, "pi\nng", " {}");
  append_sse_event(out, "", "x");
  EXPECT_EQ(out, ": hel  lo\n\ndata: a\ndata: b\ndata: c\ndata: d\n\ndata: \n\nevent: pi ng\ndata:  {}\n\ndata: x\n\n");
  EXPECT_EQ(outcome(out), "(||a\nb\nc\nd)(||)(pi ng|| {})(||x) pending 0 clean 1 comments");
}

}  // namespace
}  // namespace freeway::http

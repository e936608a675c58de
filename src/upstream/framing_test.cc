#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "upstream/provider_test.h"

namespace freeway::upstream {
namespace {

// gzip of 3000 times 'a'.
constexpr char kPacked[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x31\x01\x00\x00"
    "\x00\xc2\xa0\xac\xeb\x5f\xc2\x1a\x1e\x40\x01\x00\x00\xef\x06\xc8"
    "\x3c\xdc\x5e\xb8\x0b\x00\x00";

struct Framing {
  const char* name;
  std::string answer;
  bool close;
  std::string body;               // as far as it comes
  std::optional<ErrorKind> kind;  // of the failure
};

std::vector<Framing> framings() {
  const std::string text(3000, 'a');
  const std::string packed(kPacked, sizeof kPacked - 1);
  const auto head = [](std::string_view fields) { return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "\r\n"; };
  const auto length = [](std::size_t n) { return "Content-Length: " + std::to_string(n) + "\r\n"; };
  const std::string coded = "Content-Encoding: gzip\r\n";
  return {
      {"cut length", head(length(10)) + "12345", true, "12345", ErrorKind::closed},
      {"cut head", "HTTP/1.1 200 OK\r\nX: y\r\n", true, "", ErrorKind::closed},
      {"nothing", "", true, "", ErrorKind::closed},
      {"chunked",
       head("Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n",
       false,
       "abcde",
       {}},
      {"cut chunks", head("Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n", true, "abc", ErrorKind::closed},
      {"bad chunk", head("Transfer-Encoding: chunked\r\n") + "zz\r\n", false, "", ErrorKind::protocol},
      {"HTTP/1.0 to the end", "HTTP/1.0 200 OK\r\n\r\nto the end", true, "to the end", {}},
      {"no body", "HTTP/1.1 204 No Content\r\n\r\n", false, "", {}},
      {"gzip", head(coded + length(packed.size())) + packed, false, text, {}},
      {"gzip to the end", head(coded) + packed, true, text, {}},
      {"cut gzip to the end", head(coded) + packed.substr(0, packed.size() - 5), true, text, ErrorKind::closed},
      {"cut gzip", head(coded + length(packed.size() - 5)) + packed.substr(0, packed.size() - 5), false, text,
       ErrorKind::closed},
      {"corrupt gzip", head(coded + length(20)) + std::string(20, 'q'), false, "", ErrorKind::protocol},
      {"empty gzip", head(coded + length(0)), false, "", {}},
      {"unknown coding", head("Content-Encoding: br\r\n" + length(2)) + "xx", false, "", ErrorKind::protocol},
      {"not HTTP", "<html>hello</html>", false, "", ErrorKind::protocol},
      {"interim", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + std::string(kOk), false, "ok", {}},
  };
}

Task<> framing_story(Bench& bench, const Framing& framing, bool bytewise) {
  auto exchange = bench.start();
  AWAIT(bench.peers.size() == 1 && bench.peers[0]->has("{}"));
  if (bytewise) {
    for (const char& byte : framing.answer) {
      if (exchange->failure()) break;
      bench.peers[0]->send(std::string_view(&byte, 1));
      Task<> settled = net::testing::settle(bench.loop);
      co_await std::move(settled);
    }
  } else {
    bench.peers[0]->send(framing.answer);
  }
  if (framing.close) bench.peers[0]->stream->shutdown_write();
  AWAIT(exchange->complete() || exchange->failure());
  EXPECT_EQ(exchange->complete(), !framing.kind.has_value());
  EXPECT_TRUE(exchange->body() == framing.body) << exchange->body();
  if (framing.kind && exchange->failure()) {
    EXPECT_EQ(exchange->failure()->kind, *framing.kind) << exchange->failure()->message;
  }
  if (framing.answer.find("gzip") != std::string::npos && exchange->head() != nullptr) {
    EXPECT_EQ(exchange->head()->fields.count("content-encoding"), 0U);
    EXPECT_EQ(exchange->head()->fields.count("content-length"), 0U);
  }
}

TEST(Exchange, KnowsWhereAnAnswerEndsHoweverItIsFramed) {
  for (const Framing& framing : framings()) {
    for (const bool bytewise : {false, true}) {
      if (bytewise && framing.answer.size() > 200) continue;
      SCOPED_TRACE(framing.name);
      Bench bench;
      Task<> task = framing_story(bench, framing, bytewise);
      net::testing::run(bench.loop, std::move(task));
    }
  }
}

}  // namespace
}  // namespace freeway::upstream

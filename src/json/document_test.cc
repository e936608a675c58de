#include "json/document.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <vector>

#include "base/random.h"

namespace freeway::json {
namespace {

std::string error_of(std::string_view text, Limits limits = {}) {
  auto document = Document::parse(text, limits);
  return document ? "accepted" : document.error().message;
}

bool accepts(std::string_view text) { return Document::parse(text).has_value(); }

// Owns the text of a document, for tests of values.
struct Parsed {
  explicit Parsed(std::string json) : text(std::move(json)), document(*Document::parse(text)) {}
  Value root() const { return document.root(); }
  std::string text;
  Document document;
};

TEST(Document, AcceptsTheGrammar) {
  for (std::string_view text : {
           "null",
           " true ",
           "\t\r\nfalse\n",
           "0",
           "-0",
           "10",
           "-1.5e+10",
           "1E5",
           "1e-5",
           "0.0",
           R"("")",
           "[]",
           "{}",
           "[ ]",
           "{ }",
           "[[],[]]",
           R"({"a":{"b":[1,2,{"c":null}]}})",
           R"("\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00")",
           R"("\ud800")",
           "\"\xf0\x9f\x98\x80 \x7f\"",
           "\xef\xbb\xbf{}",
           "1e400",
           "123456789012345678901234567890",
       })
    EXPECT_TRUE(accepts(text)) << text;
}

TEST(Document, RefusesWhatIsNoJson) {
  for (std::string_view text : {
           "",
           " ",
           "nul",
           "nulll",
           "True",
           "tru e",
           "01",
           "-",
           "-a",
           "+1",
           ".5",
           "1.",
           "1.e1",
           "1e",
           "1e+",
           "0x10",
           "1 2",
           "[",
           "]",
           "{",
           "}",
           "[1",
           "[1,",
           "[1,]",
           "[,1]",
           "[1 2]",
           "[1}",
           "{\"a\"}",
           "{\"a\":}",
           "{\"a\":1,}",
           "{,}",
           "{\"a\":1 \"b\":2}",
           "{1:2}",
           "{a:1}",
           "{\"a\":1]",
           "'a'",
           "\"",
           "\"a",
           "\"\\\"",
           "\"\\x\"",
           "\"\\u12\"",
           "\"\\u12g4\"",
           "\"\\u",
           "\"\t\"",
           "\"\n\"",
           "NaN",
           "Infinity",
           "//x\n1",
           "[1]x",
           "\xef\xbb",
           "\xef\xbb\xbf",
           "\xc2\xa0"
           "1",
           "\x0c"
           "1",
       })
    EXPECT_FALSE(accepts(text)) << text;
  EXPECT_FALSE(accepts(std::string_view("\"a\0b\"", 5)));
  EXPECT_FALSE(accepts(std::string_view("1\0", 2)));
  EXPECT_FALSE(accepts(std::string_view("\0", 1)));
}

TEST(Document, NamesThePlaceOfAnError) {
  EXPECT_EQ(error_of("{\"a\":1,\n\"b\",2}"), "unexpected ',' at byte 11 (line 2): ':' was expected");
  EXPECT_EQ(error_of("[1,2"), "unexpected end of the JSON text at byte 4 (line 1): an array is not closed");
  EXPECT_EQ(error_of("\xef\xbb\xbf!"), "unexpected '!' at byte 3 (line 1): a value was expected");
  EXPECT_EQ(error_of("[truth]"), "unexpected 't' at byte 4 (line 1): a value was expected");
  EXPECT_EQ(error_of("\"a\x01\""),
            "unexpected byte 0x01 at byte 2 (line 1): a control character in a string must be escaped");
  EXPECT_EQ(Document::parse("[1,]").error().kind, ErrorKind::malformed);
}

TEST(Document, NamesTheByteThatIsNotUtf8) {
  struct Case {
    std::string bytes;
    std::size_t at;
  };
  for (const Case& bad : std::vector<Case>{{"\x80", 0},
                                           {"\xc0\x80", 0},
                                           {"\xc2", 0},
                                           {"a\xc2\xa9\xff", 3},
                                           {"\xe0\x9f\xbf", 0},
                                           {"\xed\xa0\x80", 0},
                                           {"\xf0\x8f\xbf\xbf", 0},
                                           {"\xf4\x90\x80\x80", 0},
                                           {"\xf5\x80\x80\x80", 0},
                                           {"\xe4\xba\xba\xe4\xba", 3},
                                           {std::string(100, 'x') + "\xfe", 100}}) {
    std::string place = "invalid UTF-8 at byte " + std::to_string(bad.at + 1) + " (line 1)";
    EXPECT_EQ(error_of("\"" + bad.bytes + "\""), place);
  }
  EXPECT_TRUE(accepts("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""));
}

TEST(Document, KeepsItsLimits) {
  auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(accepts(nested(256)));
  EXPECT_EQ(error_of(nested(257)), "the JSON text has more than 256 levels at byte 256 (line 1)");
  EXPECT_EQ(Document::parse(nested(257)).error().kind, ErrorKind::too_large);
  EXPECT_EQ(error_of("[1,[2]]", {.depth = 1}), "the JSON text has more than 1 levels at byte 3 (line 1)");
  EXPECT_EQ(error_of("1", {.depth = 0}), "accepted");
  EXPECT_EQ(error_of("[1,2,3]", {.values = 4}), "accepted");
  EXPECT_EQ(error_of("[1,2,3,4]", {.values = 4}), "the JSON text has more than 4 values at byte 7 (line 1)");
  EXPECT_EQ(Document::parse("[[]]", {.values = 1}).error().kind, ErrorKind::too_large);
  // Siblings do not add up to depth.
  std::string wide = "[";
  for (int i = 0; i < 1000; ++i) wide += "[[]],";
  EXPECT_EQ(error_of(wide + "1]", {.depth = 3}), "accepted");
  EXPECT_TRUE(accepts(std::string(1'000'000, '[')) == false);
}

TEST(Document, WalksChildrenInOrder) {
  Parsed parsed(R"( {"a" : [1, {"x":2}, []] , "b":"t", "":null} )");
  std::vector<std::string> seen;
  for (Value member : parsed.root()) seen.push_back(std::string(member.key()) + "=" + std::string(member.raw()));
  EXPECT_EQ(seen, (std::vector<std::string>{R"(a=[1, {"x":2}, []])", R"(b="t")", "=null"}));
  EXPECT_EQ(parsed.root().size(), 3u);
  EXPECT_EQ(parsed.root().offset(), 1u);
  Value array = parsed.root()["a"];
  EXPECT_EQ(array.size(), 3u);
  EXPECT_EQ(array.offset(), 8u);
  EXPECT_EQ(array.key_offset(), 2u);
  EXPECT_EQ(array.first().raw(), "1");
  EXPECT_EQ(array.first().key(), "");
  EXPECT_EQ(array.first().next()["x"].raw(), "2");
  EXPECT_TRUE(array.first().next().next().is(Type::array));
  EXPECT_FALSE(array.first().next().next().next().present());
  EXPECT_FALSE(array.first().next().next().first().present());
  EXPECT_FALSE(parsed.root().next().present());
  EXPECT_TRUE(parsed.root()[""].present());
  EXPECT_FALSE(parsed.root()[""].given());
}

TEST(Document, TakesTheLastOfDoubledMembers) {
  Parsed parsed(R"({"a":1,"b":2,"\u0061":3,"c":4})");
  EXPECT_EQ(parsed.root()["a"].integer(), 3);
  EXPECT_EQ(parsed.root()["c"].integer(), 4);
  EXPECT_EQ(parsed.root().size(), 4u);
  EXPECT_FALSE(parsed.root()["d"].present());
  EXPECT_FALSE(parsed.root()["\\u0061"].present());
}

TEST(Document, AnswersForAbsentValues) {
  Value nothing;
  EXPECT_FALSE(nothing);
  EXPECT_FALSE(nothing.given());
  EXPECT_FALSE(nothing.is(Type::null));
  EXPECT_EQ(nothing.type(), Type::null);
  EXPECT_EQ(nothing["a"]["b"].string(), std::nullopt);
  EXPECT_EQ(nothing.raw(), "");
  EXPECT_EQ(nothing.escaped(), "");
  EXPECT_EQ(nothing.key(), "");
  EXPECT_FALSE(nothing.equals(""));
  EXPECT_FALSE(nothing.key_equals(""));
  EXPECT_EQ(nothing.number(), std::nullopt);
  EXPECT_EQ(nothing.integer(), std::nullopt);
  EXPECT_EQ(nothing.boolean(), std::nullopt);
  EXPECT_EQ(nothing.size(), 0u);
  EXPECT_FALSE(nothing.first().present());
  EXPECT_FALSE(nothing.next().present());
  for (Value child : nothing) ADD_FAILURE() << child.raw();
}

TEST(Document, ReadsStrings) {
  Parsed parsed(R"(["plain","\"\\\/\b\f\n\r\tA\u00e9\u4eBa\uD83D\uDE00","\ud800","\ud800x\udc00","\ud800\ud83d\ude00",1])");
  Value value = parsed.root().first();
  EXPECT_EQ(value.string(), "plain");
  EXPECT_TRUE(value.equals("plain"));
  EXPECT_FALSE(value.equals("plai"));
  value = value.next();
  EXPECT_EQ(value.string(), "\"\\/\b\f\n\r\tA\xc3\xa9\xe4\xba\xba\xf0\x9f\x98\x80");
  EXPECT_TRUE(value.equals("\"\\/\b\f\n\r\tA\xc3\xa9\xe4\xba\xba\xf0\x9f\x98\x80"));
  EXPECT_FALSE(value.equals(value.escaped()));
  value = value.next();
  EXPECT_EQ(value.string(), "\xef\xbf\xbd");
  value = value.next();
  EXPECT_EQ(value.string(), "\xef\xbf\xbdx\xef\xbf\xbd");
  value = value.next();
  EXPECT_EQ(value.string(), "\xef\xbf\xbd\xf0\x9f\x98\x80");
  value = value.next();
  EXPECT_EQ(value.string(), std::nullopt);
  EXPECT_EQ(value.escaped(), "");
  EXPECT_EQ(unescape("\\u0000").size(), 1u);
}

TEST(Document, FindsTheEndOfStringsOfEveryLength) {
  for (std::size_t size = 0; size < 70; ++size)
    for (std::size_t lead = 0; lead < 3; ++lead) {
      std::string body(size, 'x');
      std::string text = std::string(lead, ' ') + "[\"" + body + "\",\"" + body + "\\n" + body + "\"]";
      auto document = Document::parse(text);
      ASSERT_TRUE(document) << text;
      EXPECT_EQ(document->root().first().escaped(), body);
      EXPECT_EQ(document->root().first().next().string(), body + "\n" + body);
      for (char bad : {'\x1f', '\n', '\0'}) {
        std::string broken = "\"" + body + bad + body + "\"";
        EXPECT_FALSE(accepts(broken));
      }
      EXPECT_TRUE(accepts("\"" + body + "\x7f \xc3\xa9" + body + "\""));
    }
}

TEST(Document, ReadsNumbers) {
  Parsed parsed("[8192,8192.0,8.192e3,81920e-1,-0,-0.0,0e99999999999999999999,9223372036854775807,-9223372036854775808]");
  std::vector<std::int64_t> whole;
  for (Value value : parsed.root()) whole.push_back(value.integer().value_or(-1));
  EXPECT_EQ(whole, (std::vector<std::int64_t>{8192, 8192, 8192, 8192, 0, 0, 0, INT64_MAX, INT64_MIN}));

  Parsed broken(
      "[1.5,9223372036854775808,-9223372036854775809,1e19,1e99999999999999999999,1e-99999999999999999999,"
      "18446744073709551616,\"1\",true]");
  for (Value value : broken.root()) EXPECT_EQ(value.integer(), std::nullopt) << value.raw();

  Parsed exact("[9223372036854775807.0,922337203685477580.7e1,-9.223372036854775808e18,100000000000000000000e-2]");
  whole.clear();
  for (Value value : exact.root()) whole.push_back(value.integer().value_or(-1));
  EXPECT_EQ(whole, (std::vector<std::int64_t>{INT64_MAX, INT64_MAX, INT64_MIN, 1'000'000'000'000'000'000}));

  Parsed doubles("[1.5,-2e3,1e-400,1e400,-1e400,3,\"1\"]");
  Value value = doubles.root().first();
  EXPECT_EQ(value.number(), 1.5);
  EXPECT_EQ((value = value.next()).number(), -2000.0);
  EXPECT_EQ((value = value.next()).number(), 0.0);
  EXPECT_EQ((value = value.next()).number(), std::nullopt);
  EXPECT_EQ((value = value.next()).number(), std::nullopt);
  EXPECT_EQ((value = value.next()).number(), 3.0);
  EXPECT_EQ((value = value.next()).number(), std::nullopt);
}

TEST(Document, ReparseStartsAfresh) {
  Document document;
  EXPECT_FALSE(document.root().present());
  ASSERT_TRUE(document.reparse("[1,2]"));
  EXPECT_EQ(document.root().size(), 2u);
  ASSERT_FALSE(document.reparse("[1,2"));
  EXPECT_FALSE(document.root().present());
  EXPECT_EQ(document.text(), "");
  ASSERT_TRUE(document.reparse("{\"a\":true}"));
  EXPECT_EQ(document.root()["a"].boolean(), true);
}

// The same tree through simdjson, for comparison.
std::string spelled(simdjson::dom::element element) {
  switch (element.type()) {
    case simdjson::dom::element_type::ARRAY: {
      std::string out = "[";
      for (simdjson::dom::element child : simdjson::dom::array(element)) out += spelled(child) + ",";
      return out + "]";
    }
    case simdjson::dom::element_type::OBJECT: {
      std::string out = "{";
      for (auto [key, child] : simdjson::dom::object(element)) out += std::string(key) + ":" + spelled(child) + ",";
      return out + "}";
    }
    case simdjson::dom::element_type::STRING: return "'" + std::string(std::string_view(element)) + "'";
    case simdjson::dom::element_type::BOOL: return bool(element) ? "true" : "false";
    case simdjson::dom::element_type::NULL_VALUE: return "null";
    case simdjson::dom::element_type::DOUBLE: return std::to_string(double(element));
    case simdjson::dom::element_type::INT64: return std::to_string(std::int64_t(element));
    case simdjson::dom::element_type::UINT64: return std::to_string(std::uint64_t(element));
  }
  return "?";
}

std::string spelled(Value value) {
  switch (value.type()) {
    case Type::array: {
      std::string out = "[";
      for (Value child : value) out += spelled(child) + ",";
      return out + "]";
    }
    case Type::object: {
      std::string out = "{";
      for (Value child : value) out += unescape(child.key()) + ":" + spelled(child) + ",";
      return out + "}";
    }
    case Type::string: return "'" + *value.string() + "'";
    case Type::boolean: return *value.boolean() ? "true" : "false";
    case Type::null: return "null";
    case Type::number: break;
  }
  if (value.raw().find_first_of(".eE") == std::string_view::npos) {
    if (auto whole = value.integer()) return std::to_string(*whole);
    return std::string(value.raw());
  }
  return std::to_string(value.number().value_or(0));
}

const std::vector<std::string>& corpus() {
  static const std::vector<std::string> texts = {
      R"({"model":"auto","messages":[{"role":"user","content":"Hi \"there\"\n\u00e9"}],"temperature":0.7,"stream":true})",
      R"({"id":"c-1","choices":[{"index":0,"delta":{"content":" hello"},"finish_reason":null}],"usage":{"total":-12e1}})",
      R"([1,2.5,-3e10,[],{},[[[{"a":[null,true,false]}]]],"",{"":""}])",
      "  {\n\t\"a\" : [ 1 , 2 ] ,\r\n \"b\" : { } }\n",
      "\"\xe4\xba\xba\xe5\xb7\xa5 \xf0\x9f\x98\x80 caf\xc3\xa9 and a long enough tail to fill two vectors\"",
      R"({"escapes":"\b\f\n\r\t\/\\\"","pairs":"\ud83d\ude00","numbers":[0,-0,0.0,1E+2,1e-2,12345678901234567]})",
  };
  return texts;
}

std::string mutate(std::string text, Random& random) {
  static constexpr std::string_view kBytes = "{}[],:\"\\0123456789.eE+-tfnul \n\t\x01\x7f\x80\xc3\xf0/ud";
  auto rounds = 1 + random.next() % 3;
  for (std::uint64_t i = 0; i < rounds && !text.empty(); ++i) {
    auto at = random.next() % text.size();
    char byte = kBytes[random.next() % kBytes.size()];
    switch (random.next() % 5) {
      case 0: text[at] = byte; break;
      case 1: text.insert(at, 1, byte); break;
      case 2: text.erase(at, 1 + random.next() % 4); break;
      case 3: text.insert(at, text.substr(random.next() % text.size(), random.next() % 12)); break;
      default: text.resize(at); break;
    }
  }
  return text;
}

TEST(Document, AgreesWithSimdjsonOnMutations) {
  SeededRandom random(20260131);
  simdjson::dom::parser parser;
  int accepted = 0;
  Document document;
  for (int round = 0; round < 40'000; ++round) {
    std::string text = mutate(corpus()[random.next() % corpus().size()], random);
    bool ours = document.reparse(text).has_value();
    simdjson::dom::element tree;
    auto error = parser.parse(text).get(tree);
    // simdjson refuses numbers that do not fit; the grammar allows them.
    if (error == simdjson::NUMBER_ERROR && ours) continue;
    // It also refuses lone surrogates.
    if (error == simdjson::STRING_ERROR && ours && text.find("\\u") != std::string::npos) continue;
    ASSERT_EQ(ours, error == simdjson::SUCCESS) << text << "\n" << error_of(text) << "\n" << error;
    if (!ours) continue;
    ++accepted;
    ASSERT_EQ(spelled(document.root()), spelled(tree)) << text;
  }
  EXPECT_GT(accepted, 4'000);
}

}  // namespace
}  // namespace freeway::json

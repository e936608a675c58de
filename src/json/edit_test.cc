#include "json/edit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "json/writer.h"

namespace freeway::json {
namespace {

std::string edited(std::string_view text, const std::function<void(Edits&, Value)>& collect) {
  auto document = Document::parse(text);
  if (!document) return document.error().message;
  Edits edits(*document);
  collect(edits, document->root());
  std::string out = edits.apply();
  auto again = Document::parse(out);
  EXPECT_TRUE(again) << out << ": " << (again ? "" : again.error().message);
  return out;
}

std::string without(std::string_view text, const std::vector<std::string>& names) {
  return edited(text, [&](Edits& edits, Value root) {
    for (const auto& name : names) edits.remove(root[name]);
  });
}

TEST(Edits, LeavesTheTextAloneWithoutEdits) {
  EXPECT_EQ(edited(" { \"a\" : 1.50 } ", [](Edits& edits, Value) { EXPECT_TRUE(edits.empty()); }), " { \"a\" : 1.50 } ");
}

TEST(Edits, ReplacesValues) {
  auto replace_b = [](Edits& edits, Value root) { edits.replace(root["b"], "[2]"); };
  EXPECT_EQ(edited(R"({"a": 1.50, "b" : "x" ,"c":3})", replace_b), R"({"a": 1.50, "b" : [2] ,"c":3})");
  EXPECT_EQ(edited(" 1 ", [](Edits& edits, Value root) { edits.replace(root, "{}"); }), " {} ");
  EXPECT_EQ(edited("[1,2]",
                   [](Edits& edits, Value root) {
                     edits.replace(root.first(), "3");
                     edits.replace(root.first(), "4");
                   }),
            "[4,2]");
}

TEST(Edits, RemovesMembersWithOneComma) {
  constexpr std::string_view kText = R"({ "a":1, "b":2 ,"c":3 })";
  EXPECT_EQ(without(kText, {"a"}), R"({ "b":2 ,"c":3 })");
  EXPECT_EQ(without(kText, {"b"}), R"({ "a":1 ,"c":3 })");
  EXPECT_EQ(without(kText, {"c"}), R"({ "a":1, "b":2 })");
  EXPECT_EQ(without(kText, {"b", "a"}), R"({ "c":3 })");
  EXPECT_EQ(without(kText, {"c", "b"}), R"({ "a":1 })");
  EXPECT_EQ(without(kText, {"a", "c"}), R"({ "b":2 })");
  EXPECT_EQ(without(kText, {"c", "a", "b"}), R"({  })");
  EXPECT_EQ(without(kText, {"a", "a", "missing"}), R"({ "b":2 ,"c":3 })");
  EXPECT_EQ(without(R"({"only":[1,2]})", {"only"}), "{}");
}

TEST(Edits, RemovesElements) {
  auto cut = [](std::string_view text, std::set<int> places) {
    return edited(text, [&](Edits& edits, Value root) {
      int place = 0;
      for (Value element : root)
        if (places.contains(place++)) edits.remove(element);
    });
  };
  EXPECT_EQ(cut("[0,1,2,3,4]", {1, 3}), "[0,2,4]");
  EXPECT_EQ(cut("[0,1,2,3,4]", {0, 1, 3, 4}), "[2]");
  EXPECT_EQ(cut("[0,1,2,3,4]", {0, 1, 2, 3, 4}), "[]");
  EXPECT_EQ(cut("[0,1,2,3,4]", {0, 4}), "[1,2,3]");
  EXPECT_EQ(cut("[[0],[1],[2]]", {2}), "[[0],[1]]");
}

TEST(Edits, Appends) {
  auto add = [](Edits& edits, Value root) {
    edits.append_member(root, "x\n", "1");
    edits.append_member(root, "y", "[]");
  };
  EXPECT_EQ(edited("{}", add), R"({"x\n":1,"y":[]})");
  EXPECT_EQ(edited("{ }", add), R"({ "x\n":1,"y":[]})");
  EXPECT_EQ(edited("{ \"a\" : {} }", add), R"({ "a" : {},"x\n":1,"y":[] })");
  EXPECT_EQ(edited("[[],[1]]",
                   [](Edits& edits, Value root) {
                     edits.append_element(root, "4");
                     edits.append_element(root.first().next(), "2");
                     edits.append_element(root.first(), "0");
                     edits.append_element(root.first().next(), "3");
                   }),
            "[[0],[1,2,3],4]");
}

TEST(Edits, AppendsWhereMembersWereRemoved) {
  auto swap = [](Edits& edits, Value root) {
    edits.append_member(root, "n", "0");
    for (Value member : root) edits.remove(member);
    edits.append_member(root, "m", "1");
  };
  EXPECT_EQ(edited(R"({"a":1})", swap), R"({"n":0,"m":1})");
  EXPECT_EQ(edited(R"({ "a":1 , "b":2 })", swap), R"({ "n":0,"m":1 })");
  auto last = [](Edits& edits, Value root) {
    edits.remove(root["b"]);
    edits.append_member(root, "n", "0");
  };
  EXPECT_EQ(edited(R"({"a":1 ,"b":2})", last), R"({"a":1,"n":0})");
}

TEST(Edits, Renames) {
  auto rename = [](Edits& edits, Value root) {
    edits.rename(root["max_tokens"], "max_completion_tokens");
    edits.replace(root["max_tokens"], "7");
    edits.rename(root, "nothing");
    edits.rename(root["list"].first(), "nothing");
  };
  EXPECT_EQ(edited(R"({"list":[1],"max\u005ftokens" : 5,"z":0})", rename),
            R"({"list":[1],"max_completion_tokens" : 7,"z":0})");
}

TEST(Edits, DropsWhatLiesInsideRemovedOrReplacedParts) {
  auto edit = [](Edits& edits, Value root) {
    edits.replace(root["a"]["deep"], "0");
    edits.append_member(root["a"], "more", "1");
    edits.append_member(root["a"]["deep"], "more", "1");
    edits.remove(root["a"]["deep"]);
    edits.rename(root["a"], "gone");
    edits.replace(root["b"].first().first(), "9");
    edits.append_element(root["b"], "2");
    edits.replace(root["b"], "true");
    edits.remove(root["a"]);
    edits.replace(root["a"], "5");
  };
  EXPECT_EQ(edited(R"({"a":{"deep":{"x":1}},"b":[[1]],"c":2})", edit), R"({"b":true,"c":2})");
}

TEST(Edits, IgnoresWhatCannotBe) {
  auto edit = [](Edits& edits, Value root) {
    edits.remove(root);
    edits.remove(Value());
    edits.replace(root["missing"], "1");
    edits.append_member(root["list"], "a", "1");
    edits.append_element(root, "1");
    EXPECT_TRUE(edits.empty());
  };
  EXPECT_EQ(edited(R"({"list":[]})", edit), R"({"list":[]})");
}

TEST(Edits, KeepsWhatStandsAroundTheRoot) {
  EXPECT_EQ(edited("\xef\xbb\xbf [1, 2]\n", [](Edits& edits, Value root) { edits.remove(root.first()); }),
            "\xef\xbb\xbf [2]\n");
}

// A random tree; every scalar is a number of its own, spelled oddly, so that its bytes can be recognised.
void grow(std::string& out, Random& random, int depth, int& serial) {
  auto blank = [&] { out.append(random.next() % 3 == 0 ? " " : ""); };
  auto kind = depth > 3 ? 0 : random.next() % 4;
  if (kind < 2) {
    out += std::to_string(++serial) + ".50e0";
    return;
  }
  bool object = kind == 2;
  out.push_back(object ? '{' : '[');
  auto children = random.next() % 5;
  for (std::uint64_t i = 0; i < children; ++i) {
    if (i > 0) out.push_back(',');
    blank();
    if (object) out += "\"k" + std::to_string(++serial) + "\":";
    blank();
    grow(out, random, depth + 1, serial);
    blank();
  }
  blank();
  out.push_back(object ? '}' : ']');
}

// The same edits on a plain tree, slowly: the oracle.
struct Tree {
  Value value;
  bool removed = false;
  std::optional<std::string> replaced;
  std::optional<std::string> renamed;
  std::vector<std::string> appended;
  std::vector<Tree> children;

  explicit Tree(Value from) : value(from) {
    for (Value child : from) children.emplace_back(child);
  }
  void collect(std::vector<Tree*>& all) {
    all.push_back(this);
    for (Tree& child : children) child.collect(all);
  }
  std::string print() const {
    if (replaced) return *replaced;
    bool object = value.is(Type::object);
    if (!object && !value.is(Type::array)) return std::string(value.raw());
    std::vector<std::string> parts;
    for (const Tree& child : children) {
      if (child.removed) continue;
      std::string key = child.renamed ? *child.renamed : std::string(child.value.key());
      parts.push_back((object ? quote(key) + ":" : "") + child.print());
    }
    parts.insert(parts.end(), appended.begin(), appended.end());
    std::string out(1, object ? '{' : '[');
    for (std::size_t i = 0; i < parts.size(); ++i) out += (i > 0 ? "," : "") + parts[i];
    return out + (object ? '}' : ']');
  }
};

std::string without_blanks(std::string text) {
  std::erase(text, ' ');
  return text;
}

TEST(Edits, AgreeWithAPlainTreeOnRandomEdits) {
  SeededRandom random(42);
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    int serial = 0;
    grow(text, random, 0, serial);
    auto document = Document::parse(text);
    ASSERT_TRUE(document) << text;
    Tree tree(document->root());
    std::vector<Tree*> all;
    tree.collect(all);
    Edits edits(*document);
    auto count = random.next() % 8;
    for (std::uint64_t i = 0; i < count; ++i) {
      Tree& at = *all[random.next() % all.size()];
      std::string fresh = std::to_string(++serial);
      switch (random.next() % 5) {
        case 0:
        case 1:
          edits.remove(at.value);
          at.removed = true;
          break;
        case 2:
          edits.replace(at.value, fresh);
          at.replaced = fresh;
          break;
        case 3:
          edits.rename(at.value, "r" + fresh);
          at.renamed = "r" + fresh;
          break;
        default:
          edits.append_member(at.value, "n", fresh);
          edits.append_element(at.value, fresh);
          at.appended.push_back(at.value.is(Type::object) ? "\"n\":" + fresh : fresh);
          break;
      }
    }
    std::string out = edits.apply();
    ASSERT_TRUE(Document::parse(out)) << text << "\n" << out;
    ASSERT_EQ(without_blanks(out), tree.print()) << text;
  }
}

}  // namespace
}  // namespace freeway::json

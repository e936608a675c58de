// json::Edits: the first bytes choose edits, the rest is the text. What comes out is JSON, what was not edited keeps its
// bytes, and each container has as many children as the edits say.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "json/edit.h"
#include "json/writer.h"

namespace {

using freeway::json::Document;
using freeway::json::Edits;
using freeway::json::Type;
using freeway::json::Value;

void expect(bool right, std::string_view what, std::string_view before, std::string_view after) {
  if (right) return;
  std::fprintf(stderr, "%.*s\nbefore: %.*s\nafter:  %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(before.size()), before.data(), static_cast<int>(after.size()), after.data());
  std::abort();
}

// What the edits ask of one value, and of those inside it.
struct Plan {
  Value value;
  bool removed = false;
  std::string replaced;
  std::string renamed;
  std::vector<std::string> appended;
  std::vector<Plan> children;

  explicit Plan(Value from) : value(from) {
    for (Value child : from) children.emplace_back(child);
  }
  bool touched() const {
    if (removed || !replaced.empty() || !renamed.empty() || !appended.empty()) return true;
    for (const Plan& child : children)
      if (child.touched()) return true;
    return false;
  }
};

void collect(Plan& plan, std::vector<Plan*>& all) {
  all.push_back(&plan);
  for (Plan& child : plan.children) collect(child, all);
}

bool agrees(const Plan& plan, Value after) {
  if (!plan.replaced.empty()) return after.raw() == plan.replaced;
  if (!plan.touched()) return after.raw() == plan.value.raw();
  if (after.type() != plan.value.type()) return false;
  Value child = after.first();
  for (const Plan& expected : plan.children) {
    if (expected.removed) continue;
    if (!child.present() || !agrees(expected, child)) return false;
    bool same_name = expected.renamed.empty() ? child.key() == expected.value.key() : child.key_equals(expected.renamed);
    if (!same_name) return false;
    child = child.next();
  }
  for (const std::string& text : plan.appended) {
    if (!child.present() || child.raw() != text) return false;
    child = child.next();
  }
  return !child.present();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  std::size_t count = data[0] % 16;
  if (size < 1 + 2 * count) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1 + 2 * count, size - 1 - 2 * count);
  auto document = Document::parse(text, {.depth = 100, .values = 10'000});
  if (!document) return 0;

  Plan plan(document->root());
  std::vector<Plan*> all;
  collect(plan, all);
  Edits edits(*document);
  for (std::size_t i = 0; i < count; ++i) {
    Plan& at = *all[data[1 + 2 * i] % all.size()];
    std::string fresh = std::to_string(i + 1000);
    bool member = at.value.key_offset() != 0;
    switch (data[2 + 2 * i] % 4) {
      case 0:
        edits.remove(at.value);
        at.removed = &at != &plan;
        break;
      case 1:
        edits.replace(at.value, fresh);
        at.replaced = fresh;
        break;
      case 2:
        edits.rename(at.value, fresh + "\n");
        if (member) at.renamed = fresh + "\n";
        break;
      default:
        edits.append_member(at.value, "new \"member\"", fresh);
        edits.append_element(at.value, fresh);
        if (at.value.is(Type::object) || at.value.is(Type::array)) at.appended.push_back(fresh);
        break;
    }
  }
  std::string after = edits.apply();
  expect(!edits.empty() || after == text, "no edits, yet a change", text, after);
  auto again = Document::parse(after, {.depth = 101, .values = 20'000});
  expect(again.has_value(), again ? "" : again.error().message, text, after);
  expect(agrees(plan, again->root()), "not what the edits say", text, after);
  return 0;
}

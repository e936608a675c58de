#include "dialect/openai/parameters.h"

#include <fmt/format.h>

#include <algorithm>

#include "json/writer.h"

namespace freeway::dialect::openai {

namespace {

using catalog::ParameterRule;

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_output_limit(std::string_view name) { return name == "max_tokens" || name == "max_completion_tokens"; }

bool same_parameter(std::string_view a, std::string_view b) { return a == b || (is_output_limit(a) && is_output_limit(b)); }

class Rules {
 public:
  Rules(json::Value root, const catalog::Quirks& quirks, json::Edits& edits, std::vector<std::string>& bent)
      : root_(root), quirks_(quirks), edits_(edits), bent_(bent) {}

  void apply(const ParameterRule& rule);

 private:
  std::string sent_name(json::Value member) const;
  void bend(const ParameterRule& rule, json::Value member, const std::string& name);
  void remove(json::Value member, const std::string& name);
  void report(const std::string& name);

  json::Value root_;
  const catalog::Quirks& quirks_;
  json::Edits& edits_;
  std::vector<std::string>& bent_;
};

// Under which name the member travels; empty if it does not.
std::string Rules::sent_name(json::Value member) const {
  std::string name = json::unescape(member.key());
  if (!member.given() || contains(quirks_.drop, name)) return {};
  for (const auto& [from, to] : quirks_.rename) {
    if (name == from) return root_[to].given() ? std::string() : to;
  }
  return name;
}

void Rules::report(const std::string& name) {
  if (!contains(bent_, name)) bent_.push_back(name);
}

void Rules::remove(json::Value member, const std::string& name) {
  edits_.remove(member);
  report(name);
}

void Rules::bend(const ParameterRule& rule, json::Value member, const std::string& name) {
  if (auto number = member.number()) {
    double bent = *number;
    if (rule.least) bent = std::max(bent, *rule.least);
    if (rule.most) bent = std::min(bent, *rule.most);
    if (bent == *number) return;
    edits_.replace(member, fmt::format("{}", bent));
    return report(name);
  }
  bool text = member.is(json::Type::string);
  if (text && (!rule.values.empty() || !rule.allowed.empty())) {
    std::string value = *member.string();
    for (const auto& [from, to] : rule.values) {
      if (value != from) continue;
      value = to;
      edits_.replace(member, json::quote(value));
      break;
    }
    if (!rule.allowed.empty() && !contains(rule.allowed, value)) return remove(member, name);
  } else if (!text && !rule.allowed.empty()) {
    return remove(member, name);
  }
  if (rule.list && text) edits_.replace(member, "[" + std::string(member.raw()) + "]");
}

void Rules::apply(const ParameterRule& rule) {
  bool there = false;
  for (json::Value member : root_) {
    if (!same_parameter(sent_name(member), rule.name)) continue;
    there = true;
    bend(rule, member, json::unescape(member.key()));
  }
  if (!there && rule.initial) edits_.append_member(root_, rule.name, fmt::format("{}", *rule.initial));
}

constexpr std::string_view kSchemaPrefix = "tools[].schema.";

// Where a schema's members are names that the client chose, not words of the schema.
bool holds_names(json::Value member) {
  for (std::string_view word : {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"}) {
    if (member.key_equals(word)) return true;
  }
  return false;
}

// Client's own data, which looks like a schema at most by chance.
bool holds_data(json::Value member) {
  for (std::string_view word : {"enum", "const", "default", "examples"}) {
    if (member.key_equals(word)) return true;
  }
  return false;
}

void prune(json::Value schema, const std::vector<std::string_view>& words, json::Edits& edits, bool& found) {
  if (schema.is(json::Type::array)) {
    for (json::Value element : schema) prune(element, words, edits, found);
    return;
  }
  if (!schema.is(json::Type::object)) return;
  for (json::Value member : schema) {
    bool out = std::any_of(words.begin(), words.end(), [&](std::string_view word) { return member.key_equals(word); });
    if (out) {
      edits.remove(member);
      found = true;
    } else if (holds_names(member) && member.is(json::Type::object)) {
      for (json::Value named : member) prune(named, words, edits, found);
    } else if (!holds_data(member)) {
      prune(member, words, edits, found);
    }
  }
}

}  // namespace

void apply_rules(json::Value root, const catalog::Quirks& quirks, json::Edits& edits, std::vector<std::string>& bent) {
  Rules rules(root, quirks, edits, bent);
  for (const ParameterRule& rule : quirks.parameters) rules.apply(rule);
}

void prune_schemas(json::Value tools, const catalog::Quirks& quirks, json::Edits& edits, std::vector<std::string>& bent) {
  std::vector<std::string_view> words;
  for (std::string_view name : quirks.drop) {
    if (name.starts_with(kSchemaPrefix)) words.push_back(name.substr(kSchemaPrefix.size()));
  }
  if (words.empty()) return;
  bool found = false;
  for (json::Value tool : tools) prune(tool["function"]["parameters"], words, edits, found);
  if (found) bent.emplace_back("tools[].schema");
}

}  // namespace freeway::dialect::openai

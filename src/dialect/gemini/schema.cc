#include "dialect/gemini/schema.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "json/writer.h"

namespace freeway::dialect::gemini {

namespace {

constexpr int kMostNested = 32;  // a schema that refers to itself is cut off here: anything goes from there on
constexpr std::size_t kMostBytes = 1024 * 1024;

// Taken as they stand.
constexpr std::array<std::string_view, 11> kPlain = {
    "title",         "description", "minItems",  "maxItems", "minimum", "minProperties",
    "maxProperties", "minLength",   "maxLength", "maximum",  "pattern",
};
// Left out without a loss: they say nothing of what is allowed.
constexpr std::array<std::string_view, 10> kSilent = {
    "$schema", "$id", "$defs", "definitions", "$comment", "examples", "example", "default", "deprecated", "$anchor",
};
constexpr std::array<std::string_view, 7> kFormats = {"enum", "date-time", "float", "double", "int32", "int64", ""};

template <std::size_t Size>
bool among(const std::array<std::string_view, Size>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

class Cleaner {
 public:
  Cleaner(json::Value root, std::vector<std::string>& lost) : root_(root), lost_(lost) {}

  std::string clean(json::Value schema, int depth, bool nullable = false);

 private:
  // One object of the schema on its way out.
  struct Made {
    std::string out;
    json::Writer writer{out};
    std::string type;
    bool nullable = false;
  };

  json::Value target(json::Value schema) const;
  void lose(std::string_view keyword) {
    if (std::find(lost_.begin(), lost_.end(), keyword) == lost_.end()) lost_.emplace_back(keyword);
  }
  void type(json::Value schema, Made& made);
  void values(json::Value schema, Made& made);
  void properties(json::Value schema, Made& made, int depth);
  bool choice(json::Value list, Made& made, int depth);
  void keyword(json::Value member, Made& made);

  json::Value root_;
  std::vector<std::string>& lost_;
  std::size_t written_ = 0;
};

// Where "#/$defs/name" points, through as many steps as it takes.
json::Value Cleaner::target(json::Value schema) const {
  for (int steps = 0; steps < kMostNested && schema["$ref"].is(json::Type::string); ++steps) {
    std::string pointer = *schema["$ref"].string();
    if (!pointer.starts_with('#')) return {};
    json::Value at = root_;
    for (std::size_t begin = pointer.find('/'); begin != std::string::npos && at;) {
      std::size_t end = pointer.find('/', begin + 1);
      at = at[std::string_view(pointer).substr(begin + 1, end == std::string::npos ? end : end - begin - 1)];
      begin = end;
    }
    schema = at;
  }
  return schema;
}

void Cleaner::type(json::Value schema, Made& made) {
  json::Value type = schema["type"];
  if (type.is(json::Type::array)) {
    json::Value first;
    for (json::Value one : type) {
      if (one.equals("null")) {
        made.nullable = true;
      } else if (!first) {
        first = one;
      } else {
        lose("type");
      }
    }
    type = first;
  }
  if (type.is(json::Type::string)) made.type = *type.string();
  bool texts = schema["const"].is(json::Type::string) || schema["enum"].first().is(json::Type::string);
  if (made.type.empty() && texts) made.type = "string";
  if (made.type.empty() && schema["properties"].is(json::Type::object)) made.type = "object";
  if (made.type.empty() && schema["items"].is(json::Type::object)) made.type = "array";
  if (!made.type.empty()) made.writer.member("type", made.type);
}

// Values of an enum are texts.
void Cleaner::values(json::Value schema, Made& made) {
  json::Value constant = schema["const"];
  json::Value list = schema["enum"];
  if (!constant && !list) return;
  if (made.type != "string") return lose(constant ? "const" : "enum");
  std::string out;
  json::Writer writer(out);
  writer.begin_array();
  if (constant.is(json::Type::string)) writer.raw(constant.raw());
  for (json::Value value : list) {
    if (value.is(json::Type::string) && !constant) writer.raw(value.raw());
    if (value.is(json::Type::null)) made.nullable = true;
  }
  writer.end_array();
  made.writer.member_raw("enum", out);
}

void Cleaner::properties(json::Value schema, Made& made, int depth) {
  json::Value properties = schema["properties"];
  if (properties.size() == 0) return;
  made.writer.key("properties").begin_object();
  for (json::Value property : properties) {
    made.writer.key(json::unescape(property.key())).raw(clean(property, depth + 1));
  }
  made.writer.end_object();
  std::string required;
  for (json::Value name : schema["required"]) {
    auto text = name.string();
    if (!text || !properties[*text]) continue;
    if (!required.empty()) required.push_back(',');
    required.append(name.raw());
  }
  if (!required.empty()) made.writer.member_raw("required", "[" + required + "]");
}

// anyOf, or oneOf, which is nearly the same: without the null, and where one other is left, that one. True: `made` is it.
bool Cleaner::choice(json::Value list, Made& made, int depth) {
  std::vector<json::Value> others;
  for (json::Value one : list) {
    if (one["type"].equals("null")) {
      made.nullable = true;
    } else {
      others.push_back(one);
    }
  }
  if (others.size() == 1) {
    made.out = clean(others.front(), depth + 1, made.nullable);
    return true;
  }
  if (others.empty()) return false;
  made.writer.key("anyOf").begin_array();
  for (json::Value one : others) made.writer.raw(clean(one, depth + 1));
  made.writer.end_array();
  return false;
}

void Cleaner::keyword(json::Value member, Made& made) {
  static constexpr std::array<std::string_view, 12> kDone = {"type",  "enum",  "const", "properties", "required", "items",
                                                             "anyOf", "oneOf", "allOf", "$ref",       "nullable", "strict"};
  const std::string name = json::unescape(member.key());
  if (among(kDone, name) || among(kSilent, name)) return;
  if (name == "format") {
    if (member.is(json::Type::string) && among(kFormats, member.escaped())) {
      made.writer.member_raw(name, member.raw());
    } else {
      lose(name);
    }
  } else if (among(kPlain, name)) {
    made.writer.member_raw(name, member.raw());
  } else {
    lose(name);
  }
}

std::string Cleaner::clean(json::Value schema, int depth, bool nullable) {
  schema = target(schema);
  if (!schema.is(json::Type::object) || depth > kMostNested || written_ > kMostBytes) {
    if (schema.is(json::Type::object) || !schema) lose("$ref");
    return R"({"type":"object"})";
  }
  if (schema["allOf"].size() == 1 && !schema["properties"]) return clean(schema["allOf"].first(), depth + 1, nullable);
  if (schema["allOf"].size() > 0) lose("allOf");
  Made made;
  made.nullable = nullable || schema["nullable"].boolean().value_or(false);
  made.writer.begin_object();
  json::Value list = schema["anyOf"].size() > 0 ? schema["anyOf"] : schema["oneOf"];
  if (list.size() > 0 && choice(list, made, depth)) return std::move(made.out);
  type(schema, made);
  for (json::Value member : schema) keyword(member, made);
  values(schema, made);
  properties(schema, made, depth);
  if (json::Value items = schema["items"]; items.is(json::Type::object)) {
    made.writer.member_raw("items", clean(items, depth + 1));
  } else if (made.type == "array") {
    made.writer.member_raw("items", R"({"type":"string"})");  // it must say of what
    lose("items");
  }
  if (made.nullable) made.writer.member("nullable", true);
  made.writer.end_object();
  written_ += made.out.size();
  return std::move(made.out);
}

}  // namespace

std::string clean_schema(json::Value schema, std::vector<std::string>& lost) {
  return Cleaner(schema, lost).clean(schema, 0);
}

}  // namespace freeway::dialect::gemini

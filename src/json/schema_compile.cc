#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_set>
#include <vector>

#include "base/text.h"
#include "json/schema_compiled.h"

namespace freeway::json {
namespace {

enum class Shape {
  schema,
  schema_or_schemas,
  schema_map,
  pattern_map,
  schemas,
  dependencies,
  string_lists,
  strings,
  count,
  number,
  limit,  // a number, or in draft 4 a boolean
  divisor,
  type,
  list,
  pattern,
  boolean,
  reference,
};

struct Keyword {
  std::string_view name;
  Shape shape;
};

constexpr std::array kKeywords = {
    Keyword{"additionalItems", Shape::schema},
    Keyword{"additionalProperties", Shape::schema},
    Keyword{"contains", Shape::schema},
    Keyword{"else", Shape::schema},
    Keyword{"if", Shape::schema},
    Keyword{"not", Shape::schema},
    Keyword{"propertyNames", Shape::schema},
    Keyword{"then", Shape::schema},
    Keyword{"items", Shape::schema_or_schemas},
    Keyword{"$defs", Shape::schema_map},
    Keyword{"definitions", Shape::schema_map},
    Keyword{"dependentSchemas", Shape::schema_map},
    Keyword{"properties", Shape::schema_map},
    Keyword{"patternProperties", Shape::pattern_map},
    Keyword{"allOf", Shape::schemas},
    Keyword{"anyOf", Shape::schemas},
    Keyword{"oneOf", Shape::schemas},
    Keyword{"prefixItems", Shape::schemas},
    Keyword{"dependencies", Shape::dependencies},
    Keyword{"dependentRequired", Shape::string_lists},
    Keyword{"required", Shape::strings},
    Keyword{"maxContains", Shape::count},
    Keyword{"maxItems", Shape::count},
    Keyword{"maxLength", Shape::count},
    Keyword{"maxProperties", Shape::count},
    Keyword{"minContains", Shape::count},
    Keyword{"minItems", Shape::count},
    Keyword{"minLength", Shape::count},
    Keyword{"minProperties", Shape::count},
    Keyword{"maximum", Shape::number},
    Keyword{"minimum", Shape::number},
    Keyword{"exclusiveMaximum", Shape::limit},
    Keyword{"exclusiveMinimum", Shape::limit},
    Keyword{"multipleOf", Shape::divisor},
    Keyword{"type", Shape::type},
    Keyword{"enum", Shape::list},
    Keyword{"pattern", Shape::pattern},
    Keyword{"uniqueItems", Shape::boolean},
    Keyword{"$ref", Shape::reference},
    Keyword{"$dynamicRef", Shape::reference},
    Keyword{"$recursiveRef", Shape::reference},
};

bool is_type_name(Value value) {
  static constexpr std::array<std::string_view, 7> kTypes = {"null",   "boolean", "integer", "number",
                                                             "string", "array",   "object"};
  return std::any_of(kTypes.begin(), kTypes.end(), [&](std::string_view name) { return value.equals(name); });
}

bool is_strings(Value list) {
  if (!list.is(Type::array)) return false;
  for (Value entry : list)
    if (!entry.is(Type::string)) return false;
  return true;
}

std::string path_of(Value root, Value wanted) {
  std::string path;
  for (Value at = root; at.present() && at.offset() != wanted.offset();) {
    Value child = at.first();
    std::size_t index = 0;
    while (child.present() && child.offset() + child.raw().size() <= wanted.offset()) {
      child = child.next();
      ++index;
    }
    path += at.is(Type::object) ? "/" + unescape(child.key()) : fmt::format("/{}", index);
    at = child;
  }
  return path.empty() ? "its root" : path;
}

class Compiler {
 public:
  explicit Compiler(Schema::Compiled& compiled) : compiled_(compiled), root_(compiled.document.root()) {}

  Result<void> run() {
    std::string dialect = root_["$schema"].string().value_or("");
    for (std::string_view old : {"draft-03", "draft-04", "draft-05", "draft-06", "draft-07"})
      if (dialect.find(old) != std::string::npos) compiled_.reference_stands_alone = true;
    bool good = walk(root_);
    for (std::size_t i = 0; good && i < pending_.size(); ++i) good = resolve(pending_[i]);
    if (!good) return fail(ErrorKind::invalid, std::move(message_));
    return {};
  }

 private:
  bool wrong(Value where, std::string_view what) {
    if (message_.empty()) message_ = fmt::format("the schema cannot be used: {} at {}", what, path_of(root_, where));
    return false;
  }

  bool walk(Value schema) {
    if (schema.is(Type::boolean)) return true;
    if (!schema.is(Type::object)) return wrong(schema, "neither an object nor a boolean stands");
    if (!seen_.insert(schema.offset()).second) return true;
    for (std::string_view name : {"$anchor", "$dynamicAnchor"})
      if (auto anchor = schema[name].string()) names_.emplace("#" + *anchor, schema);
    for (std::string_view name : {"$id", "id"})
      if (auto id = schema[name].string()) names_.emplace(*id, schema);
    for (const Keyword& keyword : kKeywords) {
      Value value = schema[keyword.name];
      if (value.present() && !check(keyword, value)) return false;
    }
    return true;
  }

  bool check(const Keyword& keyword, Value value) {
    auto is = [&](bool right) { return right || wrong(value, fmt::format("a wrong value of '{}'", keyword.name)); };
    switch (keyword.shape) {
      case Shape::schema: return walk(value);
      case Shape::schema_or_schemas: return value.is(Type::array) ? walk_children(value) : walk(value);
      case Shape::schema_map: return is(value.is(Type::object)) && walk_children(value);
      case Shape::pattern_map: return is(value.is(Type::object)) && add_key_patterns(value) && walk_children(value);
      case Shape::schemas: return is(value.is(Type::array) && value.size() > 0) && walk_children(value);
      case Shape::dependencies: return is(value.is(Type::object)) && walk_dependencies(value);
      case Shape::string_lists: return is(value.is(Type::object) && hold_strings(value));
      case Shape::strings: return is(is_strings(value));
      case Shape::count: return is(value.integer().value_or(-1) >= 0);
      case Shape::number: return is(value.number().has_value());
      case Shape::limit: return is(value.number().has_value() || value.is(Type::boolean));
      case Shape::divisor: return is(value.number().value_or(0) > 0);
      case Shape::type: return is(is_type_name(value) || is_type_names(value));
      case Shape::list: return is(value.is(Type::array));
      case Shape::pattern: return is(value.is(Type::string)) && add_pattern(value.offset(), *value.string(), value);
      case Shape::boolean: return is(value.is(Type::boolean));
      case Shape::reference: pending_.push_back(value); return is(value.is(Type::string));
    }
    return true;
  }

  static bool hold_strings(Value map) {
    for (Value list : map)
      if (!is_strings(list)) return false;
    return true;
  }

  static bool is_type_names(Value value) {
    if (!value.is(Type::array) || value.size() == 0) return false;
    for (Value entry : value)
      if (!is_type_name(entry)) return false;
    return true;
  }

  bool walk_children(Value container) {
    for (Value child : container)
      if (!walk(child)) return false;
    return true;
  }

  bool walk_dependencies(Value map) {
    for (Value child : map)
      if (!is_strings(child) && !walk(child)) return false;
    return true;
  }

  bool add_key_patterns(Value map) {
    for (Value child : map)
      if (!add_pattern(child.key_offset(), unescape(child.key()), child)) return false;
    return true;
  }

  bool add_pattern(std::size_t offset, const std::string& source, Value where) {
    auto pattern = Pattern::compile(source);
    if (!pattern) return wrong(where, pattern.error().message);
    compiled_.patterns.emplace(offset, std::move(*pattern));
    return true;
  }

  bool resolve(Value reference) {
    std::string target = *reference.string();
    if (auto id = root_["$id"].string(); id && !id->empty() && target.starts_with(*id)) target.erase(0, id->size());
    Value found;
    if (target.empty() || target == "#") {
      found = root_;
    } else if (target.starts_with("#/")) {
      found = follow(percent_decode(target.substr(1)));
    } else if (auto named = names_.find(target); named != names_.end()) {
      found = named->second;
    }
    if (!found.present()) return wrong(reference, fmt::format("a reference to '{}', which is not in this schema,", target));
    compiled_.references.emplace(reference.offset(), found);
    return walk(found);
  }

  // A JSON pointer of at least one step.
  Value follow(std::string_view pointer) const {
    Value at = root_;
    while (!pointer.empty() && at.present()) {
      pointer.remove_prefix(1);
      auto end = std::min(pointer.find('/'), pointer.size());
      std::string step(pointer.substr(0, end));
      pointer.remove_prefix(end);
      for (auto tilde = step.find('~'); tilde != std::string::npos; tilde = step.find('~', tilde + 1)) {
        if (step.compare(tilde, 2, "~1") == 0) step.replace(tilde, 2, "/");
        if (step.compare(tilde, 2, "~0") == 0) step.replace(tilde, 2, "~");
      }
      at = at.is(Type::array) ? element(at, step) : at[step];
    }
    return at;
  }

  static Value element(Value array, std::string_view step) {
    std::size_t index = 0;
    auto read = std::from_chars(step.data(), step.data() + step.size(), index);
    if (read.ec != std::errc() || read.ptr != step.data() + step.size()) return {};
    Value at = array.first();
    for (; at.present() && index > 0; --index) at = at.next();
    return at;
  }

  Schema::Compiled& compiled_;
  Value root_;
  std::vector<Value> pending_;  // references to resolve
  std::unordered_set<std::size_t> seen_;
  std::unordered_map<std::string, Value> names_;  // by anchor with its '#', and by identifier
  std::string message_;
};

}  // namespace

Result<void> compile_schema(Schema::Compiled& compiled) { return Compiler(compiled).run(); }

}  // namespace freeway::json

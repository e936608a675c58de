#include <fmt/format.h>

#include <string>
#include <vector>

#include "json/compare.h"
#include "json/schema_compiled.h"

namespace freeway::json {
namespace {

constexpr std::int64_t kBudget = 4'000'000;  // about a tenth of a second
constexpr std::int64_t kSchemaCost = 20;
constexpr int kDepth = 400;

// The way from the root to the value at hand.
struct Place {
  const Place* parent = nullptr;
  std::string_view key;  // escaped; for elements the index counts
  std::size_t index = 0;
};

std::string spelled(const Place* place) {
  if (place == nullptr || place->parent == nullptr) return "";
  std::string step = place->key.data() != nullptr ? unescape(place->key) : std::to_string(place->index);
  std::string out = spelled(place->parent) + "/";
  for (char c : step) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::null: return "null";
    case Type::boolean: return "a boolean";
    case Type::number: return "a number";
    case Type::string: return "a string";
    case Type::array: return "an array";
    case Type::object: return "an object";
  }
  return "?";
}

bool has_type(Value instance, Value name) {
  switch (instance.type()) {
    case Type::null: return name.equals("null");
    case Type::boolean: return name.equals("boolean");
    case Type::number: return name.equals("number") || (name.equals("integer") && is_whole(instance));
    case Type::string: return name.equals("string");
    case Type::array: return name.equals("array");
    case Type::object: return name.equals("object");
  }
  return false;
}

std::size_t code_points(std::string_view utf8) {
  std::size_t count = 0;
  for (char c : utf8) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

std::string shortened(std::string_view text) {
  if (text.size() <= 200) return std::string(text);
  std::size_t cut = 200;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
  return std::string(text.substr(0, cut)) + "…";
}

class Checker {
 public:
  explicit Checker(const Schema::Compiled& compiled) : compiled_(compiled) {}

  Result<void> run(Value instance) {
    Place root;
    if (check(compiled_.document.root(), instance, root) && !stopped()) return {};
    if (budget_.spent()) return fail(ErrorKind::exhausted, "checking the answer against the schema takes too long");
    if (exhausted_ != nullptr) return fail(ErrorKind::exhausted, exhausted_);
    return fail(ErrorKind::invalid, std::move(message_));
  }

 private:
  bool stopped() const { return budget_.spent() || exhausted_ != nullptr; }

  bool broken(const Place& place, std::string_view rule, std::string_view what) {
    if (quiet_ > 0 || !message_.empty()) return false;
    std::string path = spelled(&place);
    message_ = fmt::format("at {}: {} ({})", path.empty() ? "the root" : shortened(path), what, rule);
    return false;
  }

  // Whether it fits, without a word about why not.
  bool fits(Value schema, Value instance, const Place& place) {
    ++quiet_;
    bool fit = check(schema, instance, place);
    --quiet_;
    return fit;
  }

  bool check(Value schema, Value instance, const Place& place) {
    if (!budget_.spend(kSchemaCost) || exhausted_ != nullptr) return false;
    if (schema.is(Type::boolean)) return *schema.boolean() || broken(place, "false", "nothing may stand here");
    if (depth_ == kDepth) {
      exhausted_ = "the schema refers to itself without end";
      return false;
    }
    ++depth_;
    bool good = check_reference(schema, instance, place);
    if (good && !(compiled_.reference_stands_alone && schema["$ref"].present())) {
      good = check_value(schema, instance, place) && check_combination(schema, instance, place);
      if (good && instance.is(Type::number)) good = check_number(schema, instance, place);
      if (good && instance.is(Type::string)) good = check_string(schema, instance, place);
      if (good && instance.is(Type::array)) good = check_array(schema, instance, place);
      if (good && instance.is(Type::object)) good = check_object(schema, instance, place);
    }
    --depth_;
    return good;
  }

  bool check_reference(Value schema, Value instance, const Place& place) {
    for (std::string_view name : {"$ref", "$dynamicRef", "$recursiveRef"}) {
      Value reference = schema[name];
      if (!reference.present()) continue;
      auto target = compiled_.references.find(reference.offset());
      if (target != compiled_.references.end() && !check(target->second, instance, place)) return false;
    }
    return true;
  }

  bool check_value(Value schema, Value instance, const Place& place) {
    if (Value type = schema["type"]; type.present()) {
      bool right = type.is(Type::string) && has_type(instance, type);
      for (Value name : type) right = right || has_type(instance, name);
      if (!right) return broken(place, "type", fmt::format("must be {}, is {}", type.raw(), type_name(instance.type())));
    }
    if (Value wanted = schema["const"]; wanted.present() && !same(instance, wanted, budget_))
      return broken(place, "const", "must be " + shortened(wanted.raw()));
    if (Value choices = schema["enum"]; choices.present()) {
      bool found = false;
      for (Value choice : choices) found = found || same(instance, choice, budget_);
      if (!found) return broken(place, "enum", "must be one of " + shortened(choices.raw()));
    }
    return true;
  }

  bool check_combination(Value schema, Value instance, const Place& place) {
    for (Value part : schema["allOf"])
      if (!check(part, instance, place)) return false;
    if (Value parts = schema["anyOf"]; parts.present()) {
      if (count_fitting(parts, instance, place, 1) == 0) return broken(place, "anyOf", "fits none of the alternatives");
    }
    if (Value parts = schema["oneOf"]; parts.present()) {
      std::size_t fitting = count_fitting(parts, instance, place, 2);
      if (fitting != 1)
        return broken(place, "oneOf",
                      fitting == 0 ? "fits none of the alternatives" : "fits more than one of the alternatives");
    }
    if (Value part = schema["not"]; part.present() && fits(part, instance, place))
      return broken(place, "not", "must not be what it is");
    if (Value condition = schema["if"]; condition.present()) {
      Value part = schema[fits(condition, instance, place) ? "then" : "else"];
      if (part.present() && !check(part, instance, place)) return false;
    }
    return !stopped();
  }

  std::size_t count_fitting(Value parts, Value instance, const Place& place, std::size_t enough) {
    std::size_t count = 0;
    for (Value part : parts)
      if (count < enough && fits(part, instance, place)) ++count;
    return count;
  }

  bool check_number(Value schema, Value instance, const Place& place) {
    struct Bound {
      std::string_view name, exclusive;
      int wrong;  // the order of instance and bound that breaks it
      std::string_view words, exclusive_words;
    };
    static constexpr Bound kBounds[] = {{"minimum", "exclusiveMinimum", -1, "at least", "more than"},
                                        {"maximum", "exclusiveMaximum", 1, "at most", "less than"}};
    for (const Bound& bound : kBounds) {
      Value limit = schema[bound.name], strict = schema[bound.exclusive];
      bool draft4 = strict.boolean().value_or(false);
      if (limit.present()) {
        int order = compare_numbers(instance, limit);
        if (order == bound.wrong || (draft4 && order == 0))
          return broken(place, bound.name,
                        fmt::format("must be {} {}", draft4 ? bound.exclusive_words : bound.words, limit.raw()));
      }
      if (!strict.is(Type::number)) continue;
      int order = compare_numbers(instance, strict);
      if (order == bound.wrong || order == 0)
        return broken(place, bound.exclusive, fmt::format("must be {} {}", bound.exclusive_words, strict.raw()));
    }
    if (Value unit = schema["multipleOf"]; unit.present() && !is_multiple(instance, unit))
      return broken(place, "multipleOf", fmt::format("must be a multiple of {}", unit.raw()));
    return true;
  }

  bool check_count(Value schema, std::string_view least, std::string_view most, std::size_t count, std::string_view unit,
                   const Place& place) {
    auto number = static_cast<std::int64_t>(count);
    if (auto limit = schema[least].integer(); limit && number < *limit)
      return broken(place, least, fmt::format("must have at least {} {}, has {}", *limit, unit, number));
    if (auto limit = schema[most].integer(); limit && number > *limit)
      return broken(place, most, fmt::format("must have at most {} {}, has {}", *limit, unit, number));
    return true;
  }

  // Whether the pattern recorded for this offset is found in the text.
  bool matches(std::size_t offset, std::string_view text) {
    auto pattern = compiled_.patterns.find(offset);
    if (pattern == compiled_.patterns.end()) return true;
    if (!budget_.spend(kSchemaCost + static_cast<std::int64_t>(text.size()))) return false;
    auto found = pattern->second.found_in(text);
    if (!found) exhausted_ = "a pattern of the schema is too costly to match";
    return found && *found;
  }

  bool check_string(Value schema, Value instance, const Place& place) {
    Value pattern = schema["pattern"];
    if (!pattern.present() && !schema["minLength"].present() && !schema["maxLength"].present()) return true;
    std::string text = *instance.string();
    if (!check_count(schema, "minLength", "maxLength", code_points(text), "characters", place)) return false;
    if (pattern.present() && !matches(pattern.offset(), text))
      return broken(place, "pattern", "must match " + shortened(pattern.raw()));
    return true;
  }

  bool check_array(Value schema, Value instance, const Place& place) {
    if (!check_count(schema, "minItems", "maxItems", instance.size(), "elements", place)) return false;
    Value prefix = schema["prefixItems"], rest = schema["items"];
    if (rest.is(Type::array)) {  // up to 2019-09
      prefix = rest;
      rest = schema["additionalItems"];
    }
    Value expected = prefix.first();
    std::size_t index = 0;
    for (Value element : instance) {
      Value part = expected.present() ? expected : rest;
      Place here{&place, {}, index++};
      if (part.present() && !check(part, element, here)) return false;
      expected = expected.next();
    }
    return check_contains(schema, instance, place) && check_unique(schema, instance, place);
  }

  bool check_contains(Value schema, Value instance, const Place& place) {
    Value wanted = schema["contains"];
    if (!wanted.present()) return true;
    std::int64_t count = 0;
    for (Value element : instance) count += fits(wanted, element, place) ? 1 : 0;
    std::int64_t least = schema["minContains"].integer().value_or(1);
    if (count < least) return broken(place, "contains", fmt::format("must contain at least {} such elements", least));
    auto most = schema["maxContains"].integer();
    if (most && count > *most)
      return broken(place, "maxContains", fmt::format("must contain at most {} such elements", *most));
    return true;
  }

  bool check_unique(Value schema, Value instance, const Place& place) {
    if (!schema["uniqueItems"].boolean().value_or(false)) return true;
    for (Value one = instance.first(); one.present(); one = one.next())
      for (Value other = one.next(); other.present(); other = other.next())
        if (same(one, other, budget_) || stopped()) return broken(place, "uniqueItems", "must not repeat an element");
    return true;
  }

  bool check_object(Value schema, Value instance, const Place& place) {
    if (!check_count(schema, "minProperties", "maxProperties", instance.size(), "members", place)) return false;
    if (!check_required(schema["required"], instance, "required", place)) return false;
    for (Value rule : schema["dependentRequired"])
      if (has(instance, rule.key()) && !check_required(rule, instance, "dependentRequired", place)) return false;
    for (std::string_view keyword : {"dependentSchemas", "dependencies"})
      for (Value rule : schema[keyword]) {
        if (!has(instance, rule.key())) continue;
        if (rule.is(Type::array) ? !check_required(rule, instance, keyword, place) : !check(rule, instance, place))
          return false;
      }
    return check_members(schema, instance, place);
  }

  bool has(Value instance, std::string_view escaped_name) {
    return budget_.spend(static_cast<std::int64_t>(instance.size())) && instance[unescape(escaped_name)].present();
  }

  bool check_required(Value names, Value instance, std::string_view rule, const Place& place) {
    for (Value name : names)
      if (!has(instance, name.escaped())) return broken(place, rule, fmt::format("must have {}", shortened(name.raw())));
    return true;
  }

  bool check_members(Value schema, Value instance, const Place& place) {
    Value known = schema["properties"], patterns = schema["patternProperties"], others = schema["additionalProperties"];
    Value names = schema["propertyNames"];
    for (Value member : instance) {
      std::string name = unescape(member.key());
      Place here{&place, member.key(), 0};
      if (here.key.data() == nullptr) here.key = "";
      if (names.present() && !check_name(names, name, here)) return false;
      if (!budget_.spend(static_cast<std::int64_t>(known.size()))) return false;
      Value part = known[name];
      bool claimed = part.present();
      if (claimed && !check(part, member, here)) return false;
      for (Value pattern : patterns) {
        if (!matches(pattern.key_offset(), name)) continue;
        claimed = true;
        if (!check(pattern, member, here)) return false;
      }
      if (claimed || !others.present()) continue;
      if (others.is(Type::boolean) && !*others.boolean()) return broken(here, "additionalProperties", "is no known member");
      if (!check(others, member, here)) return false;
    }
    return !stopped();
  }

  bool check_name(Value names, const std::string& name, const Place& place) {
    std::string json = "\"" + std::string(place.key) + "\"";
    auto document = Document::parse(json);
    if (document && fits(names, document->root(), place)) return true;
    return broken(place, "propertyNames", fmt::format("a member must not be called '{}'", shortened(name)));
  }

  const Schema::Compiled& compiled_;
  Budget budget_{kBudget};
  int depth_ = 0;
  int quiet_ = 0;
  const char* exhausted_ = nullptr;
  std::string message_;
};

}  // namespace

Result<void> check_instance(const Schema::Compiled& compiled, Value instance) { return Checker(compiled).run(instance); }

}  // namespace freeway::json

#include <fmt/format.h>

#include <algorithm>

#include "app/key_import_formats.h"
#include "json/document.h"

namespace freeway::app {

namespace {

using json::Type;
using json::Value;

class JsonReader {
 public:
  JsonReader(std::string_view text, const KeyOwners& owners) : text_(text), owners_(owners) {}

  RawKeys read() {
    auto document = json::Document::parse(text_);
    if (!document) {
      keys_.problems.push_back({1, "no JSON: " + document.error().message, false});
      return std::move(keys_);
    }
    Value root = document->root();
    ours_ = root["freeway_keys"].present();
    RawRow base;
    if (root.is(Type::object) && root["keys"].is(Type::array)) {
      read_any(root["keys"], base);
    } else if (root.is(Type::object) && root["providers"].given()) {
      read_any(root["providers"], base);
    } else {
      read_any(root, base);
    }
    return std::move(keys_);
  }

 private:
  // Offsets grow, so lines are counted on from the last one.
  std::size_t line_of(Value value) {
    std::size_t offset = value.offset();
    if (offset < counted_) {
      counted_ = 0;
      line_ = 1;
    }
    line_ += static_cast<std::size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(counted_),
                                                 text_.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
    counted_ = offset;
    return line_;
  }
  void complain(Value at, std::string message) { keys_.problems.push_back({line_of(at), std::move(message), false}); }

  // `base` holds what stands around it: the provider, an account.
  void read_any(Value value, const RawRow& base) {
    switch (value.type()) {
      case Type::string: take(value, base); return;
      case Type::array:
        for (Value child : value) read_any(child, base);
        return;
      case Type::object: read_object(value, base); return;
      default: complain(value, "expected a key, a list of keys or an object, found something else");
    }
  }

  void take(Value value, RawRow row) {
    row.line = line_of(value);
    row.value = value.string().value_or("");
    row.ours = ours_;
    keys_.rows.push_back(std::move(row));
  }

  static bool is_member(Value member) {
    RawRow tried;
    return set_member(tried, json::unescape(member.key()), "x");
  }

  // {"provider": …, "key": …}, with names as people choose them; or NAME → key or keys.
  void read_object(Value object, const RawRow& base) {
    Value held;
    RawRow row = base;
    bool described = false;
    for (Value child : object) {
      RawRow tried;
      std::string name = json::unescape(child.key());
      if (!set_member(tried, name, "x")) continue;
      if (!tried.value.empty()) held = child;
      if (!tried.provider.empty() || !tried.value.empty()) described = true;
      if (child.is(Type::string) && tried.value.empty()) set_member(row, name, *child.string());
    }
    Value several = object["keys"];
    if (described || several.is(Type::array)) {
      if (off(object)) row.disabled_reason = row.disabled_reason.empty() ? "off in the import" : row.disabled_reason;
      if (row.provider.empty() && !object["id"].string().value_or("").empty() && owners_.by_name(*object["id"].string())) {
        row.provider = *object["id"].string();
      }
      if (held.given() && held.type() != Type::object) {
        read_any(held, row);
      } else if (several.given()) {
        read_any(several, row);
      } else {
        complain(object, "it names no key: expected a member \"key\"");
      }
      return;
    }
    for (Value child : object) read_named(child, base);
  }

  static bool off(Value object) {
    return object["disabled"].boolean().value_or(false) || !object["enabled"].boolean().value_or(true);
  }

  void read_named(Value child, const RawRow& base) {
    std::string name = json::unescape(child.key());
    RawRow row = base;
    if (base.provider.empty()) {
      if (owners_.by_name(name) && !owners_.by_variable(name)) {
        row.provider = name;
      } else if (child.is(Type::string)) {
        row.variable = name;
        row.list = true;
      } else if (owners_.by_variable(name)) {
        row.variable = name;
      } else {
        row.provider = name;
      }
    } else {
      row.name = name;  // {"groq": {"laptop": "gsk_…"}}
    }
    if (!child.is(Type::string) && !child.is(Type::array) && !child.is(Type::object)) {
      keys_.problems.push_back({line_of(child), fmt::format("\"{}\" holds no key", speakable(name)), true});
      return;
    }
    read_any(child, row);
  }

  std::string_view text_;
  const KeyOwners& owners_;
  std::size_t counted_ = 0;
  std::size_t line_ = 1;
  bool ours_ = false;
  RawKeys keys_;
};

}  // namespace

RawKeys read_json_rows(std::string_view text, const KeyOwners& owners) { return JsonReader(text, owners).read(); }

std::optional<RawRow> read_key_note(std::string_view line) {
  if (!line.starts_with(kKeyNote)) return {};
  std::string_view text = line.substr(kKeyNote.size() - 1);
  auto document = json::Document::parse(text);
  if (!document || !document->root().is(Type::object)) return {};
  RawRow row;
  row.ours = true;
  for (Value child : document->root()) {
    if (child.is(Type::string)) set_member(row, json::unescape(child.key()), *child.string());
  }
  row.value.clear();
  return row;
}

}  // namespace freeway::app

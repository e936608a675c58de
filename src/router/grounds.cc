#include "router/grounds.h"

#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "journal/record.h"

namespace freeway::router {

using catalog::Catalog;
using catalog::RouteId;

namespace {

// Puts values one behind the other so that no two lists of them spell the same.
class Spelling {
 public:
  void add(std::string_view text) { text_.append(std::to_string(text.size())).append(":").append(text); }
  void add(const std::string& text) { add(std::string_view(text)); }
  void add(std::integral auto number) { add(std::string_view(std::to_string(number))); }
  void add(double number) { add(std::string_view(std::to_string(number))); }
  template <class Value>
  void add(const std::optional<Value>& value) {
    add(value.has_value());
    if (value) add(*value);
  }
  void add(const std::pair<std::string, std::string>& two) {
    add(two.first);
    add(two.second);
  }
  template <class Value>
  void add(const std::vector<Value>& values) {
    add(values.size());
    for (const Value& value : values) add(value);
  }
  void add(const catalog::ParameterRule& rule) {
    all(rule.name, rule.least, rule.most, rule.initial, rule.allowed, rule.values, rule.list);
  }
  void add(const catalog::ErrorRule& rule) {
    add(rule.reason.has_value());
    if (rule.reason) add(static_cast<int>(*rule.reason));
    all(rule.status, rule.code, rule.type, rule.message, rule.body, static_cast<int>(rule.scope),
        static_cast<int>(rule.until), rule.length.count(), static_cast<int>(rule.per), static_cast<int>(rule.counted));
  }
  void add(const catalog::Quirks& quirks) {
    all(quirks.drop, quirks.rename, quirks.parameters, quirks.stream_options, quirks.parallel_tool_calls,
        quirks.strict_schema, quirks.json_object, quirks.tool_id_length, quirks.query_input, quirks.document_input,
        quirks.image_addresses, quirks.reasoning_back, quirks.text_parts);
  }
  template <class... Values>
  void all(const Values&... values) {
    (add(values), ...);
  }

  std::uint64_t digest() const { return journal::digest(text_); }

 private:
  std::string text_;
};

template <class... Values>
std::uint64_t digest_of(const Values&... values) {
  Spelling spelling;
  spelling.all(values...);
  return spelling.digest();
}

std::uint64_t of_provider(const catalog::Provider& it) {
  return digest_of(it.id, it.dialect, it.base_url, it.chat_path, it.follow_up_url, it.proxy, static_cast<int>(it.auth.way),
                   it.auth.name, it.headers, it.quirks, it.errors);
}

std::uint64_t of_key(const catalog::Key& it) { return digest_of(it.identity, it.account, it.account_id, it.proxy); }

// Where and how a model is asked, if otherwise than its provider.
std::uint64_t of_way(const catalog::Model& it) { return digest_of(it.dialect, it.base_url); }

std::uint64_t of_model(const catalog::Model& it) {
  return digest_of(it.id, static_cast<int>(it.kind), it.context, it.max_output, it.tools, it.vision, it.json, it.reasoning,
                   it.dimensions, it.max_inputs, it.token_input, it.infill);
}

struct Parts {
  std::uint64_t provider = 0, way = 0, key = 0, model = 0;

  std::uint64_t of(Place place) const {
    std::uint64_t sum = journal::mix(journal::mix(place, provider), way);
    if (place == kRoute || place == kKey || place == kAccount) sum = journal::mix(sum, key);
    if (place == kRoute || place == kModel) sum = journal::mix(sum, model);
    return journal::mix(sum, 0);
  }
};

}  // namespace

std::uint64_t ground_of(const Catalog& catalog, RouteId route, Place place) {
  const catalog::Model& model = catalog.model(route);
  return Parts{of_provider(catalog.provider(route)), of_way(model), of_key(catalog.key(route)), of_model(model)}.of(place);
}

// Models without routes have their part: who switches one off changes nothing about a key.
Grounds::Grounds(const Catalog& catalog) {
  std::vector<std::uint64_t> keys;
  for (const catalog::Provider& provider : catalog.providers()) {
    Parts parts;
    parts.provider = of_provider(provider);
    keys.clear();
    for (const catalog::Key& key : provider.keys) keys.push_back(of_key(key));
    for (const catalog::Model& model : provider.models) {
      parts.way = of_way(model);
      parts.model = of_model(model);
      sorted_.push_back(parts.of(kProvider));
      sorted_.push_back(parts.of(kModel));
      for (std::uint64_t key : keys) {
        parts.key = key;
        for (Place place : {kRoute, kKey, kAccount}) sorted_.push_back(parts.of(place));
      }
    }
  }
  std::sort(sorted_.begin(), sorted_.end());
  sorted_.erase(std::unique(sorted_.begin(), sorted_.end()), sorted_.end());
  sorted_.shrink_to_fit();
}

bool Grounds::hold(std::uint64_t ground) const { return std::binary_search(sorted_.begin(), sorted_.end(), ground); }

}  // namespace freeway::router

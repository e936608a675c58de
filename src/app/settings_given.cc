#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "api/admin/operations.h"
#include "app/config_parts.h"
#include "app/key_row.h"
#include "app/settings_list.h"
#include "json/writer.h"

namespace freeway::app {

namespace {

// Values of these keys are secrets, and so are those of fields that go with every request.
constexpr std::array<std::string_view, 4> kSecret = {"admin_token", "key", "keys", "headers"};

bool is_secret(std::string_view key) { return std::find(kSecret.begin(), kSecret.end(), key) != kSecret.end(); }

std::string masked(const std::string& text) { return api::admin::mask(Secret(text)); }

// Below a secret key, what stands under these names is none: { env = "GROQ_API_KEY", name = "laptop" }.
bool is_open(std::string_view key) {
  constexpr std::array<std::string_view, 5> kOpen = {"env", "file", "name", "account", "account_id"};
  return std::find(kOpen.begin(), kOpen.end(), key) != kOpen.end();
}

void write_node(json::Writer& writer, const toml::node& node, bool secret) {
  if (const auto* text = node.as_string()) {
    writer.string(secret ? masked(text->get()) : text->get());
  } else if (const auto* flag = node.as_boolean()) {
    writer.boolean(flag->get());
  } else if (const auto* whole = node.as_integer()) {
    writer.integer(whole->get());
  } else if (const auto* number = node.as_floating_point()) {
    writer.number(number->get());
  } else if (const auto* list = node.as_array()) {
    writer.begin_array();
    for (const toml::node& one : *list) write_node(writer, one, secret);
    writer.end_array();
  } else if (const auto* table = node.as_table()) {
    writer.begin_object();
    for (const auto& [key, value] : *table) {
      writer.key(key.str());
      if (key.str() == "proxy" && value.is_string()) {
        writer.string(mask_proxy(value.as_string()->get()));
      } else {
        write_node(writer, value, is_secret(key.str()) || (secret && !is_open(key.str())));
      }
    }
    writer.end_object();
  } else {
    writer.null();  // a date or a time, which no key takes
  }
}

class Gatherer {
 public:
  Gatherer(std::string file, const Outside& outside) : file_(std::move(file)), outside_(outside) {}

  void gather(const toml::table& root) {
    for (const auto& [key, value] : root) gather_part(std::string(key.str()), value);
  }
  std::vector<GivenSetting> take() {
    std::stable_sort(found_.begin(), found_.end(),
                     [](const GivenSetting& a, const GivenSetting& b) { return a.line < b.line; });
    return std::move(found_);
  }

 private:
  // A table's values, or those of each of a list's tables.
  void gather_part(const std::string& section, const toml::node& node) {
    if (const toml::table* table = node.as_table()) {
      for (const auto& [key, value] : *table) gather_value(section, std::string(key.str()), value);
    } else if (const toml::array* list = node.as_array()) {
      for (std::size_t i = 0; i < list->size(); ++i) {
        const toml::table* one = list->get(i)->as_table();
        if (one != nullptr) gather_part(section + "." + name_of_table(*one, i), *one);
      }
    }
  }

  void gather_value(const std::string& section, const std::string& key, const toml::node& value) {
    const toml::array* list = value.as_array();
    bool tables = list != nullptr && !list->empty() && list->is_homogeneous(toml::node_type::table);
    if (!is_secret(key) && (value.is_table() || tables)) {
      gather_part(section + "." + key, value);
      return;
    }
    GivenSetting given;
    given.section = section;
    given.key = key;
    given.secret = is_secret(key);
    json::Writer writer(given.value);
    if (key == "proxy" && value.is_string()) {
      writer.string(mask_proxy(value.as_string()->get()));
    } else {
      write_node(writer, value, given.secret);
    }
    given.line = place_of(value.source()).line;
    given.where = given.line > 0 ? fmt::format("{}:{}", file_, given.line) : variable_of(section, key);
    found_.push_back(std::move(given));
  }

  std::string variable_of(const std::string& section, const std::string& key) const {
    bool listen = section == "server" && key == "listen";
    if (listen && !outside_.variable("FREEWAY_LISTEN").value_or("").empty()) return "FREEWAY_LISTEN";
    return variable_name(section, key);
  }

  static std::string name_of_table(const toml::table& table, std::size_t place) {
    for (std::string_view key : {"id", "name"}) {
      const toml::node* node = table.get(key);
      if (node != nullptr && node->is_string()) return node->as_string()->get();
    }
    return std::to_string(place + 1);
  }

  std::string file_;
  const Outside& outside_;
  std::vector<GivenSetting> found_;
};

}  // namespace

std::vector<GivenSetting> given_settings(const toml::table& root, const std::string& file, const Outside& outside) {
  Gatherer gatherer(file, outside);
  gatherer.gather(root);
  return gatherer.take();
}

}  // namespace freeway::app

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/duration.h"
#include "catalog/read_parts.h"

namespace freeway::catalog {

using chat::Blame;
using chat::Counted;
using chat::Per;
using chat::Reason;
using reader::Section;

namespace {

constexpr std::array kScopes = {
    Named<Blame>{"key", Blame::key},     Named<Blame>{"account", Blame::account},
    Named<Blame>{"model", Blame::model}, Named<Blame>{"provider", Blame::provider},
    Named<Blame>{"route", Blame::route}, Named<Blame>{"client", Blame::client},
};
constexpr std::array kCounted = {
    Named<Counted>{"requests", Counted::requests},     Named<Counted>{"tokens", Counted::tokens},
    Named<Counted>{"concurrent", Counted::concurrent}, Named<Counted>{"neurons", Counted::neurons},
    Named<Counted>{"credit", Counted::credit},
};
// What an error answer can mean; the others are freeway's own findings.
constexpr std::array kReasons = {
    Named<Reason>{"rate_limited", Reason::rate_limited}, Named<Reason>{"quota_exhausted", Reason::quota_exhausted},
    Named<Reason>{"overloaded", Reason::overloaded},     Named<Reason>{"server_error", Reason::server_error},
    Named<Reason>{"invalid_key", Reason::invalid_key},   Named<Reason>{"billing", Reason::billing},
    Named<Reason>{"forbidden", Reason::forbidden},       Named<Reason>{"not_entitled", Reason::not_entitled},
    Named<Reason>{"not_found", Reason::not_found},       Named<Reason>{"bad_request", Reason::bad_request},
    Named<Reason>{"too_large", Reason::too_large},       Named<Reason>{"blocked_content", Reason::blocked_content},
    Named<Reason>{"bad_answer", Reason::bad_answer},
};

constexpr std::string_view kStatusExpected = "expected a status such as 429, or several: [403, 404]";

void read_statuses(Section& section, std::vector<int>& statuses) {
  auto add = [&](const toml::node& node) {
    const auto* value = node.as_integer();
    bool good = value != nullptr && value->get() >= 200 && value->get() <= 599;
    if (good) statuses.push_back(static_cast<int>(value->get()));
    return good;
  };
  const toml::node* node = section.node("status");
  if (node == nullptr) {
    section.error("", fmt::format("status is missing; {}", kStatusExpected));
    return;
  }
  const toml::array* several = node->as_array();
  bool good = several == nullptr ? add(*node) : !several->empty();
  if (several != nullptr)
    for (const toml::node& one : *several) good = add(one) && good;
  if (!good) section.error("status", std::string(kStatusExpected));
}

// A string, or an array of several.
void read_patterns(Section& section, std::string_view key, std::vector<std::string>& patterns) {
  if (!section.has(key)) return;
  const toml::node* node = section.node(key);
  if (!node->is_array()) {
    if (auto text = section.text(key)) patterns.push_back(std::move(*text));
    return;
  }
  for (reader::Listed& text : section.texts(key)) patterns.push_back(std::move(text.text));
  if (node->as_array()->empty()) section.error(key, "covers nothing; leave it out to cover every text");
}

void read_until(Section& section, ErrorRule& rule) {
  auto text = section.text("until");
  if (!text) return;
  if (*text == "reset" || *text == "forever") {
    rule.until = *text == "reset" ? ErrorRule::Until::reset : ErrorRule::Until::forever;
  } else if (auto length = parse_duration(*text); length && *length >= Duration::zero()) {
    rule.until = ErrorRule::Until::length;
    rule.length = *length;
  } else {
    section.error("until",
                  fmt::format("expected \"reset\", \"forever\" or a duration such as \"30s\", found \"{}\"", *text));
  }
  if (!rule.reason) section.error("until", "needs a `reason`; without one the error is judged as any provider's");
  if (rule.scope == Blame::client) section.error("until", "nothing is benched where the client is to blame");
}

ErrorRule read_rule(Section& section) {
  ErrorRule rule;
  read_statuses(section, rule.status);
  read_patterns(section, "code", rule.code);
  read_patterns(section, "type", rule.type);
  read_patterns(section, "message", rule.message);
  read_patterns(section, "body", rule.body);
  rule.reason = choice(section, "reason", kReasons);
  auto scope = choice(section, "scope", kScopes);
  if (!section.has("scope")) section.error("", "scope is missing; expected whom the error is about, such as \"account\"");
  rule.scope = scope.value_or(Blame::route);
  if (auto per = choice(section, "per", kPeriods)) rule.per = *per;
  if (auto counted = choice(section, "counted", kCounted)) rule.counted = *counted;
  read_until(section, rule);
  read_text(section, "source", rule.source);
  read_text(section, "as_of", rule.as_of);
  section.finish();
  return rule;
}

}  // namespace

void read_errors(Section& provider_section, Provider& provider) {
  std::vector<ErrorRule> rules;
  for (Section& section : provider_section.sections("errors")) rules.push_back(read_rule(section));
  provider.errors.insert(provider.errors.begin(), std::make_move_iterator(rules.begin()),
                         std::make_move_iterator(rules.end()));
}

}  // namespace freeway::catalog

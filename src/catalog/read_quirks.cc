#include <fmt/format.h>

#include "catalog/read_parts.h"

namespace freeway::catalog {

using reader::Section;

namespace {

constexpr double kLargest = 1e15;

ParameterRule read_rule(Section section, const std::string& name) {
  ParameterRule rule;
  rule.name = name;
  rule.least = section.number("least", -kLargest, kLargest);
  rule.most = section.number("most", -kLargest, kLargest);
  if (rule.least && rule.most && *rule.least > *rule.most) section.error("most", "is less than `least`");
  rule.initial = section.whole("default", 0);
  for (reader::Listed& value : section.texts("allowed")) rule.allowed.push_back(std::move(value.text));
  if (auto values = section.section("values")) {
    for (const std::string& from : values->names()) {
      if (auto to = values->text(from)) rule.values.emplace_back(from, std::move(*to));
    }
  }
  rule.list = section.flag("list").value_or(false);
  section.finish();
  return rule;
}

void read_signs(Section& section, std::string_view key, std::vector<ProbeSign>& signs) {
  for (const reader::Listed& text : section.texts(key)) {
    auto sign = ProbeSign::parse(text.text);
    if (sign) {
      signs.push_back(std::move(*sign));
    } else {
      section.report().error(fmt::format("{}.{}", section.path(), key), text.place, sign.error().message);
    }
  }
}

}  // namespace

void read_quirks(Section section, Quirks& quirks) {
  if (section.has("drop")) quirks.drop.clear();
  for (reader::Listed& name : section.texts("drop")) quirks.drop.push_back(std::move(name.text));
  if (auto rename = section.section("rename")) {
    for (const std::string& from : rename->names()) {
      auto to = rename->text(from);
      if (!to) continue;
      std::erase_if(quirks.rename, [&](const auto& known) { return known.first == from; });
      quirks.rename.emplace_back(from, std::move(*to));
    }
  }
  if (auto parameters = section.section("parameters")) {
    for (const std::string& name : parameters->names()) {
      auto rule = parameters->section(name);
      if (!rule) continue;
      std::erase_if(quirks.parameters, [&](const ParameterRule& known) { return known.name == name; });
      quirks.parameters.push_back(read_rule(std::move(*rule), name));
    }
  }
  auto put = [&](std::string_view key, bool& into) {
    if (auto flag = section.flag(key)) into = *flag;
  };
  put("stream_options", quirks.stream_options);
  put("parallel_tool_calls", quirks.parallel_tool_calls);
  put("strict_schema", quirks.strict_schema);
  put("json_object", quirks.json_object);
  put("text_parts", quirks.text_parts);
  if (auto addresses = section.flag("image_addresses")) quirks.image_addresses = *addresses;
  put("reasoning_back", quirks.reasoning_back);
  if (auto types = section.section("input_type")) {
    read_text(*types, "query", quirks.query_input);
    read_text(*types, "document", quirks.document_input);
    if (quirks.query_input.empty() || quirks.document_input.empty())
      section.error("input_type", "expected both `query` and `document`");
    types->finish();
  }
  constexpr std::uint64_t kLongestId = 64;
  if (auto length = section.whole("tool_id_length", 0, kLongestId))
    quirks.tool_id_length = static_cast<std::uint32_t>(*length);
  section.finish();
}

void read_probe(Section section, Probe& probe) {
  read_text(section, "method", probe.method);
  if (probe.method != "GET" && probe.method != "POST") section.error("method", "expected \"GET\" or \"POST\"");
  read_text(section, "base", probe.base);
  for (reader::Listed& path : section.texts("paths")) probe.paths.push_back(std::move(path.text));
  probe.auth = read_auth(section);
  read_text(section, "model", probe.model);
  if (probe.paths.empty() && probe.model.empty()) section.error("", "expected `paths` to ask, or a `model` to chat with");
  read_signs(section, "valid", probe.valid);
  read_signs(section, "invalid", probe.invalid);
  read_signs(section, "inconclusive", probe.inconclusive);
  if (probe.valid.empty() || probe.invalid.empty()) section.error("", "expected signs of `valid` and of `invalid`");
  section.finish();
}

}  // namespace freeway::catalog

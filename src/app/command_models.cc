#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "app/commands.h"
#include "json/writer.h"

namespace freeway::app {

namespace {

std::string_view name_of(catalog::Kind kind) {
  switch (kind) {
    case catalog::Kind::chat: return "chat";
    case catalog::Kind::embedding: return "embedding";
    case catalog::Kind::image: return "image";
    case catalog::Kind::speech: return "speech";
    case catalog::Kind::transcription: return "transcription";
    case catalog::Kind::translation: return "translation";
    case catalog::Kind::rerank: return "rerank";
    case catalog::Kind::moderation: return "moderation";
  }
  return "chat";
}

// Empty: usable.
std::string why_not(const catalog::Model& model) {
  if (model.kind == catalog::Kind::chat) return {};
  return fmt::format("{} models are not served in this version", name_of(model.kind));
}

void member(json::Writer& writer, std::string_view name, const std::optional<bool>& value) {
  writer.key(name);
  if (value) {
    writer.boolean(*value);
  } else {
    writer.null();
  }
}

void member(json::Writer& writer, std::string_view name, const std::optional<std::uint64_t>& value) {
  writer.key(name);
  if (value) {
    writer.integer(static_cast<std::int64_t>(*value));
  } else {
    writer.null();
  }
}

void write_row(json::Writer& writer, const catalog::Provider& provider, const catalog::Model& model) {
  std::string reason = why_not(model);
  writer.begin_object();
  writer.member("id", provider.id + "/" + model.id).member("provider", provider.id).member("model", model.id);
  writer.member("family", model.family).member("kind", name_of(model.kind));
  member(writer, "context", model.context);
  member(writer, "max_output", model.max_output);
  member(writer, "tools", model.tools);
  member(writer, "vision", model.vision);
  member(writer, "json", model.json);
  member(writer, "reasoning", model.reasoning);
  writer.member("keys", static_cast<std::int64_t>(provider.keys.size()));
  writer.member_bool("available", reason.empty()).key("reason");
  if (reason.empty()) {
    writer.null();
  } else {
    writer.string(reason);
  }
  writer.end_object();
}

std::string abilities(const catalog::Model& model) {
  std::vector<std::string_view> known;
  if (model.tools.value_or(false)) known.push_back("tools");
  if (model.vision.value_or(false)) known.push_back("vision");
  if (model.json.value_or(false)) known.push_back("json");
  if (model.reasoning.value_or(false)) known.push_back("reasoning");
  return fmt::format("{}", fmt::join(known, " "));
}

using Row = std::array<std::string, 5>;

std::string table(const std::vector<Row>& rows) {
  std::array<std::size_t, 5> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}", row[i], widths[i] + 2);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace

std::string list_models(const catalog::Catalog& catalog, bool all, bool json) {
  std::string text;
  json::Writer writer(text);
  std::vector<Row> rows = {{"MODEL", "FAMILY", "KIND", "CONTEXT", all ? "CAN, OR WHY NOT" : "CAN"}};
  if (json) writer.begin_array();
  for (const catalog::Provider& provider : catalog.providers()) {
    for (const catalog::Model& model : provider.models) {
      std::string reason = why_not(model);
      if (!reason.empty() && !all) continue;
      if (json) {
        write_row(writer, provider, model);
      } else {
        rows.push_back({provider.id + "/" + model.id, model.family, std::string(name_of(model.kind)),
                        model.context ? std::to_string(*model.context) : "?", reason.empty() ? abilities(model) : reason});
      }
    }
  }
  if (json) {
    writer.end_array();
    return text + "\n";
  }
  if (rows.size() == 1) return "no model is usable; add [[providers]] with [[providers.models]] to the configuration\n";
  return table(rows);
}

}  // namespace freeway::app

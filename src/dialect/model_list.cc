#include "dialect/model_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "json/document.h"

namespace freeway::dialect {

namespace {

using catalog::ListShape;
using json::Value;

constexpr std::size_t kLongestId = 256;
constexpr json::Limits kLimits{64, 1'000'000};

std::optional<std::uint64_t> tokens(Value value) {
  auto number = value.integer();
  if (!number) {
    // Cloudflare's figures are texts.
    std::string text = value.string().value_or("");
    std::int64_t read = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), read);
    if (error == std::errc() && end == text.data() + text.size()) number = read;
  }
  if (!number || *number <= 0) return {};
  return static_cast<std::uint64_t>(*number);
}

// "0", "0.0000015", 0.2
std::optional<double> price(Value value) {
  if (auto number = value.number()) return number;
  std::string text = value.string().value_or("");
  double read = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), read);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return {};
  return read;
}

// By what its words cost, coming and going.
std::optional<bool> costs_nothing(Value value) {
  Value pricing = value["pricing"].given() ? value["pricing"] : value;
  auto first = [&](std::string_view a, std::string_view b, std::string_view c) {
    for (std::string_view name : {a, b, c})
      if (auto found = price(pricing[name])) return found;
    return std::optional<double>();
  };
  auto in = first("prompt", "input", "input_price");
  auto out = first("completion", "output", "output_price");
  if (!in && !out) return {};
  return in.value_or(0) == 0 && out.value_or(0) == 0 && price(pricing["request"]).value_or(0) == 0;
}

std::optional<bool> holds(Value list, std::string_view wanted) {
  if (!list.is(json::Type::array)) return {};
  for (Value one : list)
    if (one.equals(wanted)) return true;
  return false;
}

// What hosts behind a router offer: the longest context, and whether one takes no money.
void read_hosts(Value hosts, ListedModel& model) {
  if (!hosts.is(json::Type::array) || !hosts.first().is(json::Type::object)) return;
  model.hosted = true;
  for (Value host : hosts) {
    auto context = tokens(host["context_length"]);
    if (context && context.value() > model.context.value_or(0)) model.context = context;
    auto free = costs_nothing(host);
    if (free && !model.free.value_or(false)) model.free = free;
  }
}

void read_openai(Value entry, ListedModel& model) {
  for (std::string_view name : {"context_length", "context_window", "max_context_length", "max_model_len", "context_size"}) {
    if (!model.context) model.context = tokens(entry[name]);
  }
  if (!model.context) model.context = tokens(entry["limits"]["max_input_tokens"]);
  model.free = model.id.ends_with(":free") ? std::optional<bool>(true) : costs_nothing(entry);
  model.chats = entry["capabilities"]["completion_chat"].boolean();
  if (!model.chats) model.chats = holds(entry["architecture"]["output_modalities"], "text");
  if (!model.chats) model.chats = holds(entry["supported_output_modalities"], "text");
  read_hosts(entry["providers"], model);
}

void read_entry(ListShape shape, Value entry, ListedModel& model) {
  switch (shape) {
    case ListShape::gemini:
      if (model.id.starts_with("models/")) model.id.erase(0, std::string_view("models/").size());
      model.context = tokens(entry["inputTokenLimit"]);
      model.chats = holds(entry["supportedGenerationMethods"], "generateContent");
      return;
    case ListShape::cohere:
      model.context = tokens(entry["context_length"]);
      model.chats = holds(entry["endpoints"], "chat");
      return;
    case ListShape::cloudflare:
      for (Value property : entry["properties"]) {
        if (property["property_id"].equals("context_window")) model.context = tokens(property["value"]);
      }
      if (entry["task"]["name"].is(json::Type::string)) model.chats = entry["task"]["name"].equals("Text Generation");
      return;
    case ListShape::ollama: return;
    case ListShape::usual:
    case ListShape::none:
    case ListShape::openai: read_openai(entry, model); return;
  }
}

Value entries_of(ListShape shape, Value root) {
  switch (shape) {
    case ListShape::cloudflare: return root["result"];
    case ListShape::gemini:
    case ListShape::ollama:
    case ListShape::cohere: return root["models"];
    case ListShape::usual:
    case ListShape::none:
    case ListShape::openai: break;
  }
  if (root.is(json::Type::array)) return root;
  return root["data"].is(json::Type::array) ? root["data"] : root["models"];
}

// Cloudflare's pages are numbered.
std::string page_after(Value info) {
  auto page = info["page"].integer().value_or(1);
  auto each = info["per_page"].integer().value_or(0);
  auto all = info["total_count"].integer().value_or(0);
  constexpr std::int64_t kMost = 1'000'000;
  if (page < 1 || page > kMost || each < 1 || each > kMost || page * each >= all) return {};
  return fmt::format("page={}", page + 1);
}

void read_next(ListShape shape, Value root, ModelPage& page) {
  auto token = [&](std::string_view member, std::string_view parameter) {
    std::string text = root[member].string().value_or("");
    if (!text.empty()) page.next = fmt::format("{}={}", parameter, percent_encode(text));
  };
  if (shape == ListShape::gemini) token("nextPageToken", "pageToken");
  if (shape == ListShape::cohere) token("next_page_token", "page_token");
  if (shape == ListShape::cloudflare) page.next = page_after(root["result_info"]);
  if (root["has_more"].boolean().value_or(false)) page.whole = false;
}

bool can_be_named(std::string_view id) {
  return !id.empty() && id.size() <= kLongestId &&
         std::all_of(id.begin(), id.end(), [](unsigned char c) { return c > ' ' && c != 0x7f; });
}

// Where a shape has names, an id is the provider's own number of it.
std::string name_of(ListShape shape, Value entry) {
  if (auto text = entry.string()) return *text;
  if (shape == ListShape::openai && entry["id"].is(json::Type::string)) return entry["id"].string().value_or("");
  return entry["name"].string().value_or("");
}

}  // namespace

std::optional<catalog::ModelList> list_of(const catalog::Provider& provider) {
  struct Usual {
    std::string_view dialect;
    ListShape shape;
    std::string_view path;
  };
  constexpr std::array kUsual = {
      Usual{"openai", ListShape::openai, "/models"},
      Usual{"nvidia", ListShape::openai, "/models"},
      Usual{"gemini", ListShape::gemini, "/models?pageSize=1000"},
      Usual{"cohere", ListShape::cohere, "/v1/models?page_size=1000"},
      Usual{"ollama", ListShape::ollama, "/api/tags"},
  };
  catalog::ModelList list = provider.list;
  if (list.shape == ListShape::none) return {};
  for (const Usual& usual : kUsual) {
    if (usual.dialect != provider.dialect) continue;
    if (list.path.empty()) list.path = usual.path;
    if (list.shape == ListShape::usual) list.shape = usual.shape;
  }
  if (list.path.empty() || list.shape == ListShape::usual) return {};
  if (list.base.empty()) list.base = provider.base_url;
  return list;
}

Result<ModelPage> read_models(ListShape shape, std::string_view body) {
  auto document = json::Document::parse(body, kLimits);
  if (!document) return std::unexpected(document.error());
  Value root = document->root();
  Value entries = entries_of(shape, root);
  if (!entries.is(json::Type::array)) return fail(ErrorKind::malformed, "the answer holds no list of models");
  ModelPage page;
  for (Value entry : entries) {
    ListedModel model;
    model.id = name_of(shape, entry);
    read_entry(shape, entry, model);
    if (can_be_named(model.id)) page.models.push_back(std::move(model));
  }
  if (page.models.empty() && entries.size() > 0) return fail(ErrorKind::malformed, "the list's entries are no models");
  read_next(shape, root, page);
  return page;
}

}  // namespace freeway::dialect

// How and where a provider, or one of its models, is spoken to.
#include <fmt/format.h>

#include <algorithm>

#include "catalog/read_parts.h"
#include "http/grammar.h"
#include "http/url.h"

namespace freeway::catalog {

using reader::Section;

namespace {

// The protocols that freeway speaks, and how each has its key shown unless the provider says otherwise.
const std::vector<std::pair<std::string, Auth>>& dialects() {
  static const std::vector<std::pair<std::string, Auth>> kDialects = {
      {"openai", {}},      {"gemini", {Auth::Way::header, "x-goog-api-key"}},
      {"cohere", {}},      {"ollama", {}},
      {"cloudflare", {}},  {"nvidia", {}},
      {"huggingface", {}}, {"aihorde", {Auth::Way::header, "apikey"}},
  };
  return kDialects;
}

}  // namespace

std::optional<Auth> read_dialect(Section& section, std::string& into) {
  auto name = section.text("dialect");
  if (!name) return std::nullopt;
  std::vector<std::string> known;
  for (const auto& [dialect, auth] : dialects()) {
    known.push_back(dialect);
    if (dialect != *name) continue;
    bool other = into != *name;
    into = std::move(*name);
    return other ? std::optional(auth) : std::nullopt;
  }
  section.error("dialect", fmt::format("unknown dialect \"{}\"{}", *name, reader::did_you_mean(*name, known)));
  return std::nullopt;
}

void read_base_url(Section& section, std::string& into, std::string_view key) {
  auto url = section.text(key);
  if (!url) return;
  auto parsed = http::Url::parse(*url);
  if (!parsed) section.error(key, "expected an address such as \"https://api.example/v1\": " + parsed.error().message);
  into = std::move(*url);
}

void read_path(Section& section, std::string_view key, std::string_view example, std::string& into) {
  auto path = section.text(key);
  if (!path) return;
  if (!path->starts_with('/') || !http::grammar::is_target(*path))
    section.error(key, fmt::format("expected a path such as \"{}\", found \"{}\"", example, *path));
  into = std::move(*path);
}

}  // namespace freeway::catalog

#include "catalog/builtin.h"

#include <fmt/format.h>

#include "catalog/read_provider.h"
#include "reader/section.h"

namespace freeway::catalog {

std::optional<Provider> read_catalog_file(std::string_view text, std::string_view id,
                                          std::vector<reader::Mistake>& mistakes) {
  reader::Report report(fmt::format("{}.toml", id));
  Provider provider;
  if (auto table = reader::parse_toml(text, report)) {
    reader::Section section(*table, "", report);
    if (auto found = read_id(section)) {
      if (*found != id) section.error("id", fmt::format("expected \"{}\", as the file is called", id));
      provider.id = std::move(*found);
    }
    read_provider(section, provider);
    section.finish();
  }
  bool failed = report.failed();
  for (reader::Mistake& mistake : report.take()) mistakes.push_back(std::move(mistake));
  if (failed) return {};
  return provider;
}

Result<Provider> read_catalog_file(std::string_view text, std::string_view id) {
  std::vector<reader::Mistake> mistakes;
  auto provider = read_catalog_file(text, id, mistakes);
  if (provider) return std::move(*provider);
  std::erase_if(mistakes, [](const reader::Mistake& mistake) { return mistake.warning; });
  const reader::Mistake& first = mistakes.front();
  return fail(ErrorKind::invalid, fmt::format("{}:{}:{}: {}", first.file, first.line, first.column, first.message));
}

const std::vector<Provider>& builtin() {
  static const std::vector<Provider> kProviders = [] {
    std::vector<Provider> providers;
    for (const CatalogFile& file : builtin_files()) {
      auto provider = read_catalog_file(file.text, file.id);
      if (provider) providers.push_back(std::move(*provider));
    }
    return providers;
  }();
  return kProviders;
}

}  // namespace freeway::catalog

#include "catalog/provider.h"

namespace freeway::catalog {

std::string_view name_of(DataUse::Trains trains) {
  switch (trains) {
    case DataUse::Trains::unknown: return "unknown";
    case DataUse::Trains::no: return "no";
    case DataUse::Trains::yes: return "yes";
    case DataUse::Trains::opt_out: return "opt-out";
  }
  return "unknown";
}

const Price* price_in(const Model& model, Unit unit) {
  if (unit == Unit::neurons && model.neurons) return &*model.neurons;
  if (unit == Unit::credit && model.price) return &model.price->rate;
  return nullptr;
}

bool takes_image_addresses(const Provider& provider, const Model& model) {
  const std::string& dialect = dialect_of(provider, model);
  return provider.quirks.image_addresses.value_or(dialect != "gemini" && dialect != "ollama");
}

std::string base_url(std::string url, const Key& key) {
  constexpr std::string_view kPlace = "{account_id}";
  for (std::size_t at = url.find(kPlace); at != std::string::npos; at = url.find(kPlace, at + key.account_id.size()))
    url.replace(at, kPlace.size(), key.account_id);
  return url;
}

}  // namespace freeway::catalog

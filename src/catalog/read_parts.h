// The parts of a provider's entry, each read over what is there. All report into their section's report.
#pragma once

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/provider.h"
#include "reader/section.h"

namespace freeway::catalog {

template <class Value>
struct Named {
  std::string_view name;
  Value value;
};

inline constexpr std::array kPeriods = {
    Named<Period>{"second", Period::second}, Named<Period>{"minute", Period::minute}, Named<Period>{"hour", Period::hour},
    Named<Period>{"day", Period::day},       Named<Period>{"month", Period::month},   Named<Period>{"once", Period::once},
};

// One of a few words.
template <class Value, std::size_t N>
std::optional<Value> choice(reader::Section& section, std::string_view key, const std::array<Named<Value>, N>& choices) {
  auto text = section.text(key);
  if (!text) return {};
  std::vector<std::string> names;
  for (const Named<Value>& candidate : choices) {
    if (candidate.name == *text) return candidate.value;
    names.emplace_back(candidate.name);
  }
  section.error(key, fmt::format("expected one of {}; found \"{}\"{}", fmt::join(names, ", "), *text,
                                 reader::did_you_mean(*text, names)));
  return {};
}

void read_models(reader::Section& provider_section, Provider& provider);
void read_pools(reader::Section& provider_section, Provider& provider);
void read_limit_fields(reader::Section& provider_section, Provider& provider);
// What a million tokens cost: `neurons`, and `price` with where it was read.
std::optional<Price> read_neurons(reader::Section& section);
std::optional<ListPrice> read_list_price(reader::Section& section);
// `errors`: they go before those that are there.
void read_errors(reader::Section& provider_section, Provider& provider);
// `limits`: rpm, rpd, tpm, tpd, concurrency. `models`: what the new ones cover.
void read_limits(reader::Section section, const std::vector<std::string>& models, std::vector<PoolSpec>& pools);
void read_quirks(reader::Section section, Quirks& quirks);
void read_probe(reader::Section section, Probe& probe);
// `auth`, if it is there.
std::optional<Auth> read_auth(reader::Section& section);
// `dialect`, if it is there; how keys are shown in it, if it is another than before.
std::optional<Auth> read_dialect(reader::Section& section, std::string& into);
// `base_url`, or another address, if it is there.
void read_base_url(reader::Section& section, std::string& into, std::string_view key = "base_url");
// A path behind the base address, such as `example`, if it is there.
void read_path(reader::Section& section, std::string_view key, std::string_view example, std::string& into);
// A text, if it is there, put in place.
void read_text(reader::Section& section, std::string_view key, std::string& into);
// Whether the entry is in use, and why not: `enabled`, `status`, `source`, `as_of`.
template <class Entry>
void read_standing(reader::Section& section, Entry& entry) {
  if (auto enabled = section.flag("enabled")) entry.enabled = *enabled;
  read_text(section, "status", entry.status);
  read_text(section, "source", entry.source);
  read_text(section, "as_of", entry.as_of);
}

}  // namespace freeway::catalog

// The one reader of a provider's entry: of catalog/<id>.toml, whose whole table is one, and of the configuration's
// [[providers]]. What is read goes over what is there, so an entry may lie over another and change only what it names.
#pragma once

#include <optional>
#include <string>

#include "catalog/provider.h"
#include "reader/section.h"

namespace freeway::catalog {

// The entry's id; nothing, and an error, if there is none or it is none. From then on mistakes name the provider.
std::optional<std::string> read_id(reader::Section& section);

// Everything of an entry but `id`, `keys` and `proxy`, over `provider`: a limit or pool replaces the one of its name, a
// model the one of its id (only what it names changes), others are added behind, rules of errors in front. Mistakes go to
// the section's report. The caller finishes the section.
//
// A figure that names no source was read where its model was, or its provider; over another entry, only where this one
// says so: what somebody writes over a known provider is his own word.
void read_provider(reader::Section& section, Provider& provider);

// Those that are named, over the others.
Timeouts read_timeouts(reader::Section section, Timeouts over = {});

}  // namespace freeway::catalog

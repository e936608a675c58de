// A provider's own list of models: where it is, and how each shape of it is read. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "catalog/provider.h"

namespace freeway::dialect {

struct ListedModel {
  std::string id;                        // as requests name it
  std::optional<std::uint64_t> context;  // tokens
  std::optional<bool> free;              // it costs nothing; unset: the list does not tell
  std::optional<bool> chats;             // unset: the list does not tell
  bool hosted = false;                   // requests may name a host behind its id: "org/name:host"
  bool operator==(const ListedModel&) const = default;
};

// The list of a provider with everything filled in that is its dialect's; nothing if it has none.
std::optional<catalog::ModelList> list_of(const catalog::Provider& provider);

struct ModelPage {
  std::vector<ListedModel> models;
  std::string next;   // what the path of the next page has in addition: "pageToken=abc"; empty: this is the last
  bool whole = true;  // false: there is more that nobody can ask for
};
// Entries without an id, or with one that no request could name, are passed over. Fails with malformed for what is no list
// in this shape, or has entries and none that is a model; with too_large as json::Document does.
Result<ModelPage> read_models(catalog::ListShape shape, std::string_view body);

}  // namespace freeway::dialect

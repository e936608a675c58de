// What a catalog would change, told to people and programs, beside what is the user's own and stays. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/situation.h"
#include "catalog/difference.h"

namespace freeway::app {

// What the configuration and the keys say of providers.
struct OwnChoices {
  struct Entry {
    std::map<std::string, std::string> members;  // of its [[providers]] entry, as a MemberChange names them; not the id
    std::size_t keys = 0;                        // in use, from wherever they come
  };
  std::map<std::string, Entry, std::less<>> providers;
  std::vector<std::string> others;  // "routing.order", "aliases", "profiles": those that there are
};
// `text`: the configuration file's.
OwnChoices own_choices(std::string_view text, const Situation& situation);

struct CatalogChange {
  CatalogInForce from;
  std::uint64_t version = 0;
  std::string as_of;
  catalog::Difference difference;
  OwnChoices own;
};
// "1 of 2026-11-22, built in"; "7 of 2026-11-29, installed on 2026-11-30".
std::string catalog_text(const CatalogInForce& catalog);
// Member by member; where the user's own value counts on, it says so. In short: a line a provider.
std::string describe_change(const CatalogChange& change, bool in_short);
// {"from":{"version","as_of","source"},"to":{"version","as_of"},"added","retired","changed","kept"}
std::string change_json(const CatalogChange& change);

}  // namespace freeway::app

// What sets one catalog apart from another, member by member as their files spell them. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "catalog/builtin.h"

namespace freeway::catalog {

struct MemberChange {
  std::string member;         // "limits.rpm", or "pools[account-day].limit"
  std::string before, after;  // as TOML; "": not there
};

struct ModelChange {
  std::string id;
  std::vector<MemberChange> members;
};

struct ProviderChange {
  std::string id;
  std::vector<MemberChange> members;  // without the models'
  // Wire ids. A model is retired when it gets a `retired`, or is no longer there, and returns when it loses one.
  std::vector<std::string> added, retired, returned;
  std::vector<ModelChange> models;  // those that are in both
};

struct Difference {
  std::vector<std::string> added, retired;  // providers: only in the later, only in the earlier
  std::vector<ProviderChange> changed;
  bool empty() const { return added.empty() && retired.empty() && changed.empty(); }
};

// Both by id. Fails with invalid where a file is no TOML.
Result<Difference> compare(const std::vector<CatalogFile>& before, const std::vector<CatalogFile>& after);

}  // namespace freeway::catalog

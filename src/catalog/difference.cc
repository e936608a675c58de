#include "catalog/difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "reader/leaves.h"

namespace freeway::catalog {

namespace {

using Members = std::map<std::string, std::string>;

struct Sheet {
  Members members;
  std::map<std::string, Members> models;
};

Result<Sheet> sheet_of(const CatalogFile& file) {
  reader::Report report(fmt::format("{}.toml", file.id));
  auto table = reader::parse_toml(file.text, report);
  if (!table) {
    auto mistakes = report.take();
    return fail(ErrorKind::invalid,
                fmt::format("{}:{}: {}", mistakes.front().file, mistakes.front().line, mistakes.front().message));
  }
  Sheet sheet;
  for (reader::Leaf& leaf : reader::leaves(*table)) {
    if (leaf.list == "models") {
      sheet.models[leaf.element].emplace(std::move(leaf.member), std::move(leaf.value));
    } else {
      std::string name = leaf.list.empty() ? leaf.member : fmt::format("{}[{}].{}", leaf.list, leaf.element, leaf.member);
      sheet.members.emplace(std::move(name), std::move(leaf.value));
    }
  }
  return sheet;
}

std::vector<MemberChange> compare_members(const Members& before, const Members& after) {
  std::vector<MemberChange> changes;
  for (const auto& [name, value] : before) {
    auto found = after.find(name);
    if (found == after.end()) {
      changes.push_back({name, value, ""});
    } else if (found->second != value) {
      changes.push_back({name, value, found->second});
    }
  }
  for (const auto& [name, value] : after) {
    if (!before.contains(name)) changes.push_back({name, "", value});
  }
  std::sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.member < b.member; });
  return changes;
}

void compare_models(const Sheet& before, const Sheet& after, ProviderChange& change) {
  for (const auto& [id, members] : after.models) {
    auto found = before.models.find(id);
    bool retired = members.contains("retired");
    if (found == before.models.end()) {
      if (!retired) change.added.push_back(id);
      continue;
    }
    bool was_retired = found->second.contains("retired");
    if (retired && !was_retired) change.retired.push_back(id);
    if (!retired && was_retired) change.returned.push_back(id);
    auto changes = compare_members(found->second, members);
    if (!changes.empty()) change.models.push_back({id, std::move(changes)});
  }
  for (const auto& [id, members] : before.models) {
    if (!after.models.contains(id) && !members.contains("retired")) change.retired.push_back(id);
  }
}

}  // namespace

Result<Difference> compare(const std::vector<CatalogFile>& before, const std::vector<CatalogFile>& after) {
  Difference difference;
  auto find = [](const std::vector<CatalogFile>& files, std::string_view id) {
    return std::find_if(files.begin(), files.end(), [&](const CatalogFile& file) { return file.id == id; });
  };
  for (const CatalogFile& file : before) {
    if (find(after, file.id) == after.end()) difference.retired.emplace_back(file.id);
  }
  for (const CatalogFile& file : after) {
    auto known = find(before, file.id);
    if (known == before.end()) {
      difference.added.emplace_back(file.id);
      continue;
    }
    if (known->text == file.text) continue;
    auto earlier = sheet_of(*known);
    if (!earlier) return std::unexpected(earlier.error());
    auto later = sheet_of(file);
    if (!later) return std::unexpected(later.error());
    ProviderChange change;
    change.id = file.id;
    change.members = compare_members(earlier->members, later->members);
    compare_models(*earlier, *later, change);
    bool same = change.members.empty() && change.models.empty() && change.added.empty() && change.retired.empty();
    if (!same) difference.changed.push_back(std::move(change));
  }
  return difference;
}

}  // namespace freeway::catalog

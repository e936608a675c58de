#include "json/edit.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "json/writer.h"

namespace freeway::json {

void Edits::add(Kind kind, Value value, std::string text) {
  if (value.present()) changes_.push_back({kind, value.node_, std::move(text)});
}

void Edits::replace(Value value, std::string json) { add(Kind::replace, value, std::move(json)); }

void Edits::remove(Value value) {
  if (value.node_ != 0) add(Kind::remove, value, {});
}

void Edits::append_member(Value object, std::string_view name, std::string_view json) {
  if (!object.is(Type::object)) return;
  std::string text = quote(name);
  text.push_back(':');
  text += json;
  add(Kind::append, object, std::move(text));
}

void Edits::append_element(Value array, std::string_view json) {
  if (array.is(Type::array)) add(Kind::append, array, std::string(json));
}

void Edits::rename(Value member, std::string_view name) {
  if (member.key_offset() != 0) add(Kind::rename, member, quote(name));
}

// Where the child begins, its name included.
std::size_t Edits::start_of(std::uint32_t child) const {
  return node(child).key_begin != 0 ? node(child).key_begin : node(child).begin;
}

// One walk for all of them: each with its container, sorted by that.
std::vector<Edits::Removal> Edits::removals_of(const std::vector<const Change*>& changes) const {
  std::vector<Removal> removals;
  std::vector<std::uint32_t> open{0};
  std::uint32_t at = 1;  // a child of the last open container
  for (const Change* change : changes) {
    if (change->kind != Kind::remove) continue;
    for (; node(open.back()).next <= change->node; open.pop_back()) at = std::max(at, node(open.back()).next);
    while (at != change->node) {
      if (node(at).next <= change->node) {
        at = node(at).next;
      } else {
        open.push_back(at++);
      }
    }
    removals.push_back({open.back(), change->node});
  }
  std::sort(removals.begin(), removals.end(), [](const Removal& a, const Removal& b) {
    return std::pair(a.container, a.node) < std::pair(b.container, b.node);
  });
  return removals;
}

// The changes in document order without those that another one makes void.
std::vector<const Edits::Change*> Edits::effective() const {
  std::vector<const Change*> sorted;
  for (const Change& change : changes_) sorted.push_back(&change);
  std::sort(sorted.begin(), sorted.end(),
            [](const Change* a, const Change* b) { return std::pair(a->node, a) < std::pair(b->node, b); });
  std::vector<const Change*> kept;
  std::uint32_t behind = 0;  // nodes before this one are gone
  for (auto group = sorted.begin(); group != sorted.end();) {
    std::uint32_t index = (*group)->node;
    auto end = std::find_if(group, sorted.end(), [index](const Change* change) { return change->node != index; });
    const Change* last[4] = {};
    for (auto at = group; at != end; ++at) last[static_cast<int>((*at)->kind)] = *at;
    const Change *replaced = last[static_cast<int>(Kind::replace)], *removed = last[static_cast<int>(Kind::remove)];
    const Change* renamed = last[static_cast<int>(Kind::rename)];
    if (index >= behind && removed != nullptr) {
      kept.push_back(removed);
      behind = node(index).next;
    } else if (index >= behind) {
      if (renamed != nullptr) kept.push_back(renamed);
      if (replaced != nullptr) {
        kept.push_back(replaced);
        behind = node(index).next;
      } else {
        std::copy_if(group, end, std::back_inserter(kept),
                     [](const Change* change) { return change->kind == Kind::append; });
      }
    }
    group = end;
  }
  return kept;
}

// Cuts the removed children of one container out. A run of them takes the comma before it along, at the container's front
// the one behind it.
void Edits::cut(const std::vector<Removal>& removals, std::vector<Splice>& splices) const {
  auto at = removals.begin();
  while (at != removals.end()) {
    std::uint32_t container = at->container;
    std::uint32_t survivor = 0;  // the newest child that stays; 0 while there is none
    std::uint32_t child = container + 1;
    const std::uint32_t behind = node(container).next;
    while (child != behind && at != removals.end() && at->container == container) {
      if (child != at->node) {
        survivor = child;
        child = node(child).next;
        continue;
      }
      std::size_t begin = survivor != 0 ? node(survivor).end : start_of(child);
      std::size_t end = 0;
      for (; child != behind && at != removals.end() && at->node == child; ++at, child = node(child).next)
        end = node(child).end;
      if (survivor == 0 && child != behind) end = start_of(child);
      splices.push_back({begin, end, {}});
    }
  }
}

Edits::Splice Edits::insertion(const Change& append, const std::vector<Removal>& removals, bool follows_another) const {
  const Value::Node& container = node(append.node);
  auto own = std::ranges::equal_range(removals, append.node, {}, &Removal::container);
  std::size_t at = container.end - 1;
  if (container.size > 0) {
    std::uint32_t last = append.node + 1;
    while (!node(last).last) last = node(last).next;
    at = node(last).end;
  }
  bool comma = follows_another || own.size() < container.size;
  return {at, at, append.text, comma};
}

std::vector<Edits::Splice> Edits::splices() const {
  std::vector<const Change*> changes = effective();
  std::vector<Removal> removals = removals_of(changes);
  std::vector<Splice> out;
  cut(removals, out);
  const Change* previous = nullptr;
  for (const Change* change : changes) {
    const Value::Node& target = node(change->node);
    if (change->kind == Kind::replace) out.push_back({target.begin, target.end, change->text});
    if (change->kind == Kind::rename) {
      std::size_t behind = std::size_t{target.key_begin} + target.key_size + 2;
      out.push_back({target.key_begin, behind, change->text});
    }
    if (change->kind == Kind::append) {
      bool follows = previous != nullptr && previous->kind == Kind::append && previous->node == change->node;
      out.push_back(insertion(*change, removals, follows));
    }
    previous = change;
  }
  return out;
}

std::string Edits::apply() const {
  std::string_view text = document_->text();
  std::vector<Splice> all = splices();
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&all](std::size_t a, std::size_t b) { return std::pair(all[a].begin, a) < std::pair(all[b].begin, b); });
  std::size_t size = text.size();
  for (const Splice& splice : all) size += splice.text.size() + 1;
  std::string out;
  out.reserve(size);
  std::size_t copied = 0;
  for (std::size_t index : order) {
    const Splice& splice = all[index];
    out.append(text.substr(copied, splice.begin - copied));
    if (splice.comma) out.push_back(',');
    out.append(splice.text);
    copied = splice.end;
  }
  out.append(text.substr(copied));
  return out;
}

}  // namespace freeway::json

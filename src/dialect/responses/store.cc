#include "dialect/responses/store.h"

#include <utility>

namespace freeway::dialect::responses {

namespace {
constexpr std::uint64_t kFrame = 512;  // of an entry, beside its texts
}

std::uint64_t Entry::bytes() const {
  std::uint64_t sum = kFrame + input.size() + object.size();
  for (const auto& item : item_ids) sum += 2 * item.size() + 128;
  return sum;
}

// A conversation may be long, so its turns are let go one after the other instead of inside each other.
Entry::~Entry() {
  if (held) *held -= bytes();
  std::shared_ptr<const Entry> next = std::move(previous);
  while (next && next.use_count() == 1) {
    std::shared_ptr<const Entry> before = std::move(const_cast<Entry&>(*next).previous);
    next = std::move(before);
  }
}

void Store::configure(Options options) {
  std::lock_guard lock(mutex_);
  options_ = options;
}

std::uint64_t Store::sum() const {
  std::uint64_t sum = 0;
  for (const auto& [client, shelf] : shelves_) sum += *shelf.held;
  return sum;
}

std::uint64_t Store::bytes() const {
  std::lock_guard lock(mutex_);
  return sum();
}

void Store::take_off(Shelf& shelf, const std::string& id, std::vector<Shared>& gone) {
  auto found = shelf.entries.find(id);
  if (found == shelf.entries.end()) return;
  for (const auto& item : found->second->item_ids) {
    auto at = shelf.items.find(item);
    if (at != shelf.items.end() && at->second == id) shelf.items.erase(at);
  }
  gone.push_back(std::move(found->second));
  shelf.entries.erase(found);
  constexpr std::size_t kFewNames = 64;
  if (shelf.order.size() > 2 * shelf.entries.size() + kFewNames)
    std::erase_if(shelf.order, [&shelf](const std::string& one) { return !shelf.entries.contains(one); });
}

void Store::drop_late(std::int64_t now, std::vector<Shared>& gone) {
  for (auto& [client, shelf] : shelves_) {
    while (!shelf.order.empty()) {
      auto found = shelf.entries.find(shelf.order.front());
      if (found != shelf.entries.end() && found->second->created + options_.keep_for > now) break;
      std::string id = std::move(shelf.order.front());
      shelf.order.pop_front();
      take_off(shelf, id, gone);
    }
  }
}

bool Store::drop_oldest(std::vector<Shared>& gone) {
  Shelf* fullest = nullptr;
  for (auto& [client, shelf] : shelves_) {
    if (!shelf.order.empty() && (!fullest || *shelf.held > *fullest->held)) fullest = &shelf;
  }
  if (!fullest) return false;
  std::string id = std::move(fullest->order.front());
  fullest->order.pop_front();
  take_off(*fullest, id, gone);
  return true;
}

void Store::keep(const std::string& client, std::unique_ptr<Entry> entry, std::int64_t now) {
  std::lock_guard lock(mutex_);
  std::vector<Shared> gone;
  drop_late(now, gone);
  if (entry->bytes() > options_.max_bytes) return;
  Shelf& shelf = shelves_[client];
  entry->held = shelf.held;
  *shelf.held += entry->bytes();
  std::string id = entry->id;
  take_off(shelf, id, gone);
  for (const auto& item : entry->item_ids) shelf.items[item] = id;
  shelf.entries[id] = std::move(entry);
  shelf.order.push_back(std::move(id));
  // What goes is let go at once, so that the sum tells what is left.
  gone.clear();
  while (sum() > options_.max_bytes && drop_oldest(gone)) gone.clear();
}

Store::Shared Store::look(Shelf& shelf, std::string_view id, std::int64_t now) const {
  auto found = shelf.entries.find(std::string(id));
  if (found == shelf.entries.end() || found->second->created + options_.keep_for <= now) return nullptr;
  return found->second;
}

std::shared_ptr<const Entry> Store::find(const std::string& client, std::string_view id, std::int64_t now) {
  std::lock_guard lock(mutex_);
  auto shelf = shelves_.find(client);
  return shelf == shelves_.end() ? nullptr : look(shelf->second, id, now);
}

std::shared_ptr<const Entry> Store::find_item(const std::string& client, std::string_view item_id, std::int64_t now) {
  std::lock_guard lock(mutex_);
  auto shelf = shelves_.find(client);
  if (shelf == shelves_.end()) return nullptr;
  auto found = shelf->second.items.find(std::string(item_id));
  return found == shelf->second.items.end() ? nullptr : look(shelf->second, found->second, now);
}

bool Store::erase(const std::string& client, std::string_view id, std::int64_t now) {
  std::vector<Shared> gone;
  std::lock_guard lock(mutex_);
  auto shelf = shelves_.find(client);
  if (shelf == shelves_.end() || !look(shelf->second, id, now)) return false;
  take_off(shelf->second, std::string(id), gone);
  return true;
}

}  // namespace freeway::dialect::responses

// Responses that clients may come back to: what was asked, what was answered, and what that went on from.
//
// In memory, bounded, each client's own: nobody finds another's. Owned by `app`, thread-safe. What passes the bound goes
// oldest first, from the client that holds most. Times are Unix seconds and passed in.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace freeway::dialect::responses {

// Immutable once it is kept. Holds the whole conversation by way of `previous`, which stays although it is deleted or past
// its time.
struct Entry {
  std::string id;                         // of the response
  std::shared_ptr<const Entry> previous;  // the response that it goes on from
  std::string input;                      // the items asked with, as a JSON array; each has an id
  std::string object;                     // the response as the client was told
  std::vector<std::string> item_ids;      // of input and output
  std::int64_t created = 0;
  std::shared_ptr<std::atomic<std::uint64_t>> held;  // the client's bytes, of which this entry has its share

  Entry() = default;
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry();
  std::uint64_t bytes() const;
};

class Store {
 public:
  struct Options {
    std::int64_t keep_for = 30 * 24 * 3600;  // seconds
    std::uint64_t max_bytes = 64ULL * 1024 * 1024;
  };

  // Counts from the next call on.
  void configure(Options options);

  // Larger than the bound: it is not kept.
  void keep(const std::string& client, std::unique_ptr<Entry> entry, std::int64_t now);
  // Null: there is none of this id, or it is another client's, or past its time.
  std::shared_ptr<const Entry> find(const std::string& client, std::string_view id, std::int64_t now);
  // The response that an item of this id came with.
  std::shared_ptr<const Entry> find_item(const std::string& client, std::string_view item_id, std::int64_t now);
  // False: `find` would have found none.
  bool erase(const std::string& client, std::string_view id, std::int64_t now);
  // In memory now, those included that only a later response needs.
  std::uint64_t bytes() const;

 private:
  using Shared = std::shared_ptr<const Entry>;
  struct Shelf {
    std::shared_ptr<std::atomic<std::uint64_t>> held = std::make_shared<std::atomic<std::uint64_t>>(0);
    std::unordered_map<std::string, Shared> entries;
    std::unordered_map<std::string, std::string> items;  // item → response
    std::deque<std::string> order;                       // oldest first; may name some that are gone
  };

  Shared look(Shelf& shelf, std::string_view id, std::int64_t now) const;
  static void take_off(Shelf& shelf, const std::string& id, std::vector<Shared>& gone);
  void drop_late(std::int64_t now, std::vector<Shared>& gone);
  // False: nothing is left to go.
  bool drop_oldest(std::vector<Shared>& gone);
  std::uint64_t sum() const;

  mutable std::mutex mutex_;
  Options options_;
  std::map<std::string, Shelf> shelves_;  // by client
};

// Where items are looked up that a client only names.
struct Archive {
  Store* store = nullptr;  // null: there is none
  std::string_view client;
  std::int64_t now = 0;
};

// The item of this id, as JSON; nothing if there is none.
std::optional<std::string> named_item(const Archive& archive, std::string_view id);

}  // namespace freeway::dialect::responses

// The Responses protocol, for clients: requests decoded into chat completions documents, answers told as Responses objects
// and events. docs/surfaces.md says what is carried, refused and left out.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret_set.h"
#include "dialect/responses/store.h"
#include "dialect/surface.h"

namespace freeway::dialect::responses {

// What a request does not say itself.
struct Context {
  Store* store = nullptr;                    // null: nothing is kept and nothing is found
  std::string client;                        // the client key's name
  std::string id;                            // of the response to be made: "resp_…", never used before
  std::int64_t now = 0;                      // Unix seconds
  std::shared_ptr<const SecretSet> secrets;  // kept out of what is kept; null: none are known
};

// The surface is of this request alone, and keeps the answer in the context's store as it tells it.
std::expected<Asked, RequestError> decode_request(std::string text, Context context);

// {"id","object":"response","deleted":true}
std::string deleted_json(std::string_view id);
// One page of the items that a response was asked with, its conversation before it included.
struct Page {
  std::size_t limit = 20;
  bool ascending = false;
  std::string after;  // an item's id, "" for the first page
};
// Nothing: there is no item `after`.
std::optional<std::string> input_items_json(const Entry& entry, const Page& page);

}  // namespace freeway::dialect::responses

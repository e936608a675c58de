// What is known of a request while its answer is told.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dialect/responses/responses.h"
#include "dialect/responses/tools.h"

namespace freeway::dialect::responses {

struct Plan {
  Context context;
  Tools tools;
  std::shared_ptr<const Entry> previous;
  std::string echo;   // the members of a response that repeat its request: `"store":true,"tools":[…]`
  std::string input;  // the items asked with, each with an id; "" if the response is not kept
  std::vector<std::string> item_ids;
  bool keep = true;
  bool summarize = false;  // reasoning is told as a summary
  bool seal = false;       // and given to the client to keep
  bool logprobs = false;
};

// The id of the item at this place of the response's output or, for `input`, of its input: "msg_…".
std::string item_id(const Context& context, std::string_view prefix, std::size_t at, bool input = false);

// The items with ids, as a JSON array. `input`: a text or an array of items.
std::string list_input(const Context& context, json::Value input, std::vector<std::string>& ids);

std::shared_ptr<const Surface> make_surface(std::shared_ptr<const Plan> plan);

}  // namespace freeway::dialect::responses

// The messages of a request, made fit for any provider of this dialect: what the contract allows and nothing else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "chat/image.h"
#include "json/document.h"
#include "json/edit.h"

namespace freeway::dialect::openai {

// Collects the edits. `dropped` gets the names of members that had to go, nulls apart.
//
// Null members go; `developer` becomes `system`; bare strings among parts become text parts; missing ids are paired or
// minted; arguments become text; function calls of the old form become tool calls and their results tool results.
// Images in `images` stand as data in place of their addresses.
void repair_history(json::Value messages, const catalog::Quirks& quirks, const chat::ImageData& images, json::Edits& edits,
                    std::vector<std::string>& dropped);

// An id as a picky provider wants it: `length` of [A-Za-z0-9]; the same id always becomes the same. 0: any id will do.
std::string fit_call_id(std::string_view id, std::size_t length);

}  // namespace freeway::dialect::openai

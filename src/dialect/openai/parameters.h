// A provider's rules of single parameters: bounds, values that it takes, what it must be told.
#pragma once

#include <string>
#include <vector>

#include "catalog/quirks.h"
#include "json/document.h"
#include "json/edit.h"

namespace freeway::dialect::openai {

// Adds the edits of `quirks.parameters` to those of the request's other repairs; `bent` gets the names of parameters whose
// value was changed or left out. Members that another quirk takes away are left alone.
void apply_rules(json::Value root, const catalog::Quirks& quirks, json::Edits& edits, std::vector<std::string>& bent);

// Takes the dropped members out of tools' schemas, at every depth but not among the names of properties.
void prune_schemas(json::Value tools, const catalog::Quirks& quirks, json::Edits& edits, std::vector<std::string>& bent);

}  // namespace freeway::dialect::openai

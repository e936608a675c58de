// What a file of the catalog must hold beyond what can be read: the rules of docs/catalog.md. Pure.
#pragma once

#include <string>
#include <vector>

#include "catalog/provider.h"
#include "reader/mistake.h"

namespace freeway::catalog {

// A mistake each, of the file "<id>.toml" as a whole: every figure has a source, a date and an amount; what is off says why;
// what is on has a chat model, ranks, a data-use label, variables, a place to sign up and a way to prove a key.
std::vector<reader::Mistake> review(const Provider& provider);

}  // namespace freeway::catalog

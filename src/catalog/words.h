// The catalog's words as the configuration spells them.
#pragma once

#include <string>
#include <string_view>

#include "catalog/provider.h"

namespace freeway::catalog {

std::string_view word(Scope scope);
std::string_view word(Unit unit);
std::string_view word(Charge charge);
std::string_view word(Kind kind);
std::string spell(const Window& window);

}  // namespace freeway::catalog

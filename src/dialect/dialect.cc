#include "dialect/dialect.h"

#include "dialect/openai/openai.h"

namespace freeway::dialect {

const Dialect* find(std::string_view name) {
  static const openai::OpenAi kOpenAi;
  return name == "openai" ? &kOpenAi : nullptr;
}

}  // namespace freeway::dialect

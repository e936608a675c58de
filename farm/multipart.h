// multipart/form-data (RFC 7578), read strictly: what a lenient server would let pass is malformed here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace freeway::farm {

struct FormPart {
  std::string name;
  std::optional<std::string> filename;
  std::string content_type;
  std::string_view data;
};

// Views of `body`, in order. Fails with malformed if the content type is no form with a boundary, a part has no name, or
// anything stands before the first boundary or after the last.
Result<std::vector<FormPart>> read_form(std::string_view content_type, std::string_view body);

}  // namespace freeway::farm

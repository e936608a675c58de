// multipart/form-data, as uploads come and go. Pure.
// Source: RFC 7578, RFC 2046.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "chat/form.h"

namespace freeway::dialect {

// The parts of a body; their data are views into it. Fails with malformed: no boundary, a part without a name, a body that
// is cut short, more than 64 parts.
Result<std::vector<chat::FormPart>> read_form(std::string_view content_type, std::string_view body);

// A body of the same parts. Its boundary stands nowhere in them.
struct WrittenForm {
  std::string content_type, body;
};
WrittenForm write_form(const std::vector<chat::FormPart>& parts);

}  // namespace freeway::dialect

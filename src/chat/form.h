// A field or a file of an uploaded form.
#pragma once

#include <string>
#include <string_view>

namespace freeway::chat {

struct FormPart {
  std::string name;
  std::string filename;      // of a file
  std::string content_type;  // of a file; may be empty
  std::string_view data;     // into the body that it came in
};

}  // namespace freeway::chat

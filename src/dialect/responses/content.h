// Parts of messages and of tools' outputs, as parts of a chat completions document.
#pragma once

#include <string>
#include <string_view>

#include "dialect/responses/tools.h"
#include "json/document.h"

namespace freeway::dialect::responses {

// A list of parts, taken apart. Parts are JSON, with commas between.
struct Content {
  std::string text;   // of text parts, with line breaks between
  std::string parts;  // all, or only those that are no text
  bool media = false;
  std::size_t texts = 0;
};

// `content`: an array. Fails for a part that the chat form has no place for, naming it. `texts_apart`: text goes into `text`
// alone.
Refusal read_content(json::Value content, const std::string& param, bool texts_apart, Dropped& dropped, Content& out);

}  // namespace freeway::dialect::responses

// What a model's message says, for surfaces that have room for text alone.
#pragma once

#include <string>

#include "json/document.h"

namespace freeway::dialect::openai {

// What the content of a message or a delta says, whether it is a text or a list of parts; pictures as text.
std::string said_in(json::Value content);
// A picture that a model made, as text: "![image](address)". "" if it has no address.
std::string image_text(json::Value image);

}  // namespace freeway::dialect::openai

#include "dialect/openai/content.h"

#include "dialect/openai/members.h"

namespace freeway::dialect::openai {

std::string image_text(json::Value image) {
  json::Value address = image["image_url"];
  std::string url = text_of(address.is(json::Type::string) ? address : address["url"]);
  return url.empty() ? url : "![image](" + url + ")";
}

std::string said_in(json::Value content) {
  std::string text = text_of(content);
  for (json::Value part : content) {
    text += part.is(json::Type::string) ? text_of(part) : text_of(part["text"]);
    text += image_text(part);
  }
  return text;
}

}  // namespace freeway::dialect::openai

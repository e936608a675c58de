// Content blocks that say something: text, images, documents and search results, as parts of a chat message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dialect/anthropic/findings.h"
#include "json/document.h"
#include "json/writer.h"

namespace freeway::dialect::anthropic {

struct Part {
  bool image = false;
  std::string value;  // a text, or an image's address, which may be "data:…"
};
using Parts = std::vector<Part>;

// Appends what one block says. Fails where no provider could be told: files that are kept at Anthropic, PDF, blocks of tools
// that ran there, types that nobody knows.
Checked read_block(json::Value block, const Place& place, Dropped& dropped, Parts& out);

// The same for a `content` that is a text or a list of blocks.
Checked read_content(json::Value content, const Place& place, Dropped& dropped, Parts& out);

// All texts, one a line; images are passed by.
std::string text_of(const Parts& parts);

// A string where there is one text, else a list of parts.
void write_content(json::Writer& out, const Parts& parts);

// Notes the mark of a cache, which messages, blocks and tools may have and which means nothing elsewhere.
void pass_by(json::Value block, Dropped& dropped);
// The same, and members beside `type` that are none of `known` and say something (dropped.h).
void note_rest(json::Value block, const Place& place, Known known, Dropped& dropped);

}  // namespace freeway::dialect::anthropic

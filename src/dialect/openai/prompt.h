// What a decision needs to know of a prompt, read from its messages and tools.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "json/document.h"

namespace freeway::dialect::openai {

// True for the usual message: a role and a content that are strings, no other member, and no tool's result. Nothing in it
// can be wrong, needs a repair or asks for more than text.
bool is_plain(json::Value message);

// Of one message.
bool holds_image(json::Value message);
// A tool call or a tool's result.
bool holds_tool_use(json::Value message);

// Tokens of all messages, tools and the answer's schema: text by the cheap estimate, a fixed number for an image, a file
// or a sound, a few for each message's frame. The size of an image's base64 text plays no part.
std::uint64_t estimate_prompt(json::Value root);

// The digest of the conversation up to and including its first assistant message, as 32 hexadecimal characters; nothing if
// there is none. Spelling of strings (escapes) plays no part.
std::optional<std::string> opening_of(json::Value messages);

}  // namespace freeway::dialect::openai

// What a decision needs to know of a prompt, read from its messages and tools.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chat/image.h"
#include "json/document.h"
#include "token/encoding.h"

namespace freeway::dialect::openai {

// The content of the usual message: a role and a content that are strings, no other member, and no tool's result. Nothing in
// it can be wrong, needs a repair or asks for more than text. Absent for any other message.
json::Value plain_text(json::Value message);
inline bool is_plain(json::Value message) { return plain_text(message).present(); }

// A conversation, looked at in one pass.
struct Prompt {
  // Text by the cheap estimate, a fixed number for an image, a file or a sound, a few for each message's frame. The size of
  // an image's base64 text plays no part.
  std::uint64_t tokens = 0;
  bool holds_image = false;
  std::vector<chat::ImageAddress> image_addresses;  // of those on the web, each once, of the first 128
  bool holds_tool_use = false;                      // a tool call or a tool's result
  // The digest of the conversation up to and including its first assistant message, as 32 hexadecimal characters; nothing
  // if there is none. Spelling of strings (escapes) plays no part.
  std::optional<std::string> opening;
};
Prompt read_prompt(json::Value messages);

// Of a value that is sent as it stands: tools, a schema. 0 for none.
std::uint64_t estimate_json(json::Value value);

// The tokens of a chat request's messages, tools and schema: every text exactly, the rest as in `read_prompt`.
std::uint64_t count_chat(json::Value root, token::Encoding encoding);
// Of what its messages say in so many words: neither calls, reasoning, names nor media.
std::uint64_t count_texts(json::Value messages, token::Encoding encoding);
// Of what a whole answer's choices say: text, reasoning and calls.
std::uint64_t count_answer(json::Value choices, token::Encoding encoding);

}  // namespace freeway::dialect::openai

// The conversation as messages of a chat completions document.
//
// Results of tools come first, each a message of its own, then what else the user said in that turn: that is the order which
// chat completions want. Their images follow in the user's message, as a tool's message has no place for them. Turns of the
// user that follow each other are one.
#pragma once

#include <string>

#include "dialect/anthropic/blocks.h"

namespace freeway::dialect::anthropic {

class History {
 public:
  // Writes elements of an array that is open.
  History(json::Writer& out, Dropped& dropped) : out_(out), dropped_(dropped) {}

  // `system`, or a message of that role: a text or blocks of text.
  Checked system(json::Value content, const Place& place);
  Checked add(json::Value message, const Place& place);
  void end() { flush(); }

 private:
  // What an assistant's turn consists of.
  struct Turn {
    Parts parts;
    std::string reasoning;
    std::string calls;  // JSON objects, with commas between
  };

  Checked user(json::Value content, const Place& place);
  Checked assistant(json::Value content, const Place& place);
  Checked assistant_block(json::Value block, const Place& place, Turn& turn);
  Checked call(json::Value block, const Place& place, std::string& calls);
  Checked result(json::Value block, const Place& place);
  void flush();

  json::Writer& out_;
  Dropped& dropped_;
  Parts said_;  // by the user, and not yet written
};

}  // namespace freeway::dialect::anthropic

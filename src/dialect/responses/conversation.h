// Items of the Responses protocol as messages of a chat completions document.
//
// What the model did in one turn, its reasoning, text and calls, becomes one assistant message. Tools answer in text alone
// there, so pictures and files of their outputs follow in a message of the user.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/responses/store.h"
#include "dialect/responses/tools.h"
#include "json/document.h"

namespace freeway::dialect::responses {

// Reasoning that a client keeps and gives back without reading it: a mark and base64.
std::string seal_reasoning(std::string_view text);
// "" for what is not ours.
std::string open_reasoning(std::string_view sealed);

class Conversation {
 public:
  Conversation(const Tools& tools, Archive archive, Dropped& dropped)
      : tools_(tools), archive_(archive), dropped_(dropped) {}

  // A system's message before all others.
  void instruct(json::Value text);
  // A user's text.
  void say(json::Value text);
  // The whole conversation that a response ends.
  Refusal recall(const Entry& entry);
  // An array of items; `param` is its name in refusals.
  Refusal add(json::Value items, std::string_view param);
  // The messages, as a JSON array. Once.
  std::string take();
  bool empty() const { return messages_.empty() && !turn_.begun; }

 private:
  static constexpr std::size_t kMostReferences = 64;
  static constexpr std::size_t kMostExpanded = 8 << 20;

  // The assistant's message that is being put together.
  struct Turn {
    bool begun = false;
    std::string reasoning, text, calls;
    bool has_text = false;
  };

  Refusal item(json::Value item, const std::string& param);
  Refusal message(json::Value item, const std::string& param);
  Refusal answer(json::Value content, const std::string& param);
  Refusal call(json::Value item, const std::string& param, bool custom);
  Refusal output(json::Value item, const std::string& param);
  Refusal reference(json::Value item, const std::string& param);
  void reason(json::Value item);
  // Members of an item that have no place in a chat.
  void report(json::Value item, std::string_view type, Known known);
  void append(const std::string& message);
  void end_turn();
  void end_outputs();

  const Tools& tools_;
  Archive archive_;
  Dropped& dropped_;
  std::string messages_;  // without brackets
  Turn turn_;
  std::string shown_;            // parts that tools put out beside text
  std::set<std::string> calls_;  // ids of all calls so far
  int depth_ = 0;                // of references
  std::size_t references_ = 0;
  std::size_t expanded_ = 0;  // bytes of what they named
};

}  // namespace freeway::dialect::responses

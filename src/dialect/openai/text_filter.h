// What a model wrote as text although it is something else: a leading <think> block, and tool calls (written_calls.h). Text
// in, segments out, however it is cut; text that is neither comes out as it went in.
//
// A think block counts only at the very start, white space aside. Holds back no more than it must to know.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/openai/written_calls.h"

namespace freeway::dialect::openai {

struct Segment {
  enum class Kind : unsigned char { text, reasoning, call };
  Kind kind = Kind::text;
  std::string text;       // a call's name
  std::string arguments;  // of a call: JSON text of an object
};

// A content in parts, as Mistral's reasoning models send it: thinking and text. Nothing for a list that holds anything else.
std::optional<std::vector<Segment>> content_parts(json::Value content);

class TextFilter {
 public:
  // `tools` outlives the filter.
  explicit TextFilter(const std::vector<DeclaredTool>& tools) : tools_(&tools) {}

  // True if this piece (escaped as in its document) would come out as it is, at once and alone.
  bool passes(std::string_view escaped) const;
  // Appends what is known now; neighbours of one kind are joined.
  void feed(std::string_view text, std::vector<Segment>& out);
  std::size_t held() const { return held_.size() + lead_.size(); }
  // No more text comes: what was held comes out.
  void end(std::vector<Segment>& out);

 private:
  enum class Mode : unsigned char { start, thinking, after_block, text, call };

  bool step(std::vector<Segment>& out);
  bool step_start();
  bool step_thinking(std::vector<Segment>& out);
  bool step_after();
  bool step_text(std::vector<Segment>& out);
  bool step_call(std::vector<Segment>& out);
  bool keep_calls(std::string_view inside, std::vector<Segment>& out) const;
  bool watches_calls() const { return !tools_->empty(); }

  const std::vector<DeclaredTool>* tools_;
  const CallForm* form_ = nullptr;  // of the call that is open
  Mode mode_ = Mode::start;
  std::string held_;  // not yet given out
  std::string lead_;  // white space before a call, given out only if it is none
  bool any_text_ = false;
};

}  // namespace freeway::dialect::openai

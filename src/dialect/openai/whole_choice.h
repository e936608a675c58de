// One choice of a whole answer: judged, and repaired by edits.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "dialect/dialect.h"
#include "dialect/openai/answer.h"
#include "dialect/openai/digest.h"
#include "dialect/openai/text_filter.h"
#include "json/edit.h"

namespace freeway::dialect::openai {

class WholeChoice {
 public:
  // `seed` tells this answer from others; ids are minted from it.
  WholeChoice(const AnswerRules& rules, Digest seed, json::Edits& edits, Mended& mended)
      : rules_(rules), seed_(seed), edits_(edits), mended_(mended) {}

  Result<void> read(json::Value choice, std::uint64_t position);

 private:
  Result<void> read_text();
  Result<void> read_calls();
  Result<void> read_call(json::Value call);
  Result<void> check_outcome();
  void write_reason();
  void write_text();
  void write_calls();
  void write_old_call();
  std::string next_id();

  const AnswerRules& rules_;
  Digest seed_;
  json::Edits& edits_;
  Mended& mended_;
  json::Value choice_, message_, calls_;
  std::string reason_;
  std::string text_, reasoning_;        // what a leading <think> block leaves and holds
  std::vector<Segment> written_calls_;  // that the model wrote as text
  bool has_text_ = false;
  bool text_changed_ = false;
  bool has_calls_ = false;
  std::uint64_t minted_ = 0;
};

}  // namespace freeway::dialect::openai

// One whole answer, given out as the events of a stream: for a provider that ignores `stream`.
//
// `finish` reads the document. An error object inside it comes out as an event of kind error, and `finish` succeeds.
#pragma once

#include <string>

#include "dialect/dialect.h"
#include "dialect/openai/read_stream.h"

namespace freeway::dialect::openai {

class Replay final : public StreamReader {
 public:
  explicit Replay(AnswerRules rules) : rules_(std::move(rules)) {}

  Result<void> feed(std::string_view bytes) override;
  Result<bool> next(chat::Event& event) override { return queue_.pop(event); }
  Result<void> finish() override;
  bool finished() const override { return finished_; }
  chat::Usage usage() const override { return usage_; }
  std::uint64_t tokens_so_far() const override { return usage_.completion_tokens; }
  Mended mended() const override { return mended_; }
  std::size_t held() const override { return body_.size() + queue_.held(); }
  void shrink() override { queue_.shrink(); }

 private:
  void give(json::Value root);
  void give_piece(const std::string& head, const std::string& choices, bool content, bool finish);

  AnswerRules rules_;
  std::string body_;
  EventQueue queue_;
  chat::Usage usage_;
  Mended mended_;
  bool finished_ = false;
  bool closed_ = false;
  Result<void> verdict_;
};

}  // namespace freeway::dialect::openai

// Chunks of chat completions as Anthropic's events: message_start, blocks, message_delta, message_stop.
#pragma once

#include <cstdint>
#include <string>

#include "chat/request.h"
#include "dialect/anthropic/block_writer.h"
#include "dialect/anthropic/manner.h"
#include "dialect/anthropic/stop_filter.h"
#include "dialect/anthropic/told.h"
#include "dialect/surface.h"

namespace freeway::dialect::anthropic {

class MessageWriter final : public StreamWriter {
 public:
  MessageWriter(const chat::Request& request, const Manner& manner);

  void write(std::string& out, const chat::Event& event) override;
  void finish(std::string& out, const chat::Usage& usage) override;
  void fail(std::string& out, const Trouble& trouble) override;
  std::size_t held() const override { return blocks_.held() + stops_.held() + document_.memory(); }
  void shrink() override { document_.shrink(); }

 private:
  void begin(std::string& out, json::Value root);
  void choice(std::string& out, json::Value choice);
  void reasoning(std::string& out, json::Value delta);
  void text(std::string& out, json::Value delta);
  void calls(std::string& out, json::Value list);
  void old_call(std::string& out, json::Value call);

  std::uint64_t prompt_tokens_;
  Manner manner_;
  StopFilter stops_;
  BlockWriter blocks_;
  Ending ending_;
  Cost told_;  // the parts of the usage that only its document tells
  json::Document document_;
  std::string id_;
  bool begun_ = false;
};

}  // namespace freeway::dialect::anthropic

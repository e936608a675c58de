// A streamed answer as the provider sent it, read frame by frame.
//
// The common chunk, text and nothing to mend, goes out as the very bytes that came in: one pass over it, no copy.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/scratch.h"
#include "dialect/dialect.h"
#include "dialect/openai/repeat.h"
#include "dialect/openai/stream_choice.h"
#include "http/sse.h"

namespace freeway::dialect::openai {

// Events that wait for their turn, with the bytes that they view.
class EventQueue {
 public:
  void push(chat::Event event, std::string json);
  void push_copy(const chat::Event& event) { push(event, std::string(event.json)); }
  bool pop(chat::Event& event);
  bool empty() const { return waiting_.empty(); }
  std::size_t held() const;
  void shrink() { shrink_scratch(given_); }  // ends the validity of the event given out last

 private:
  struct Waiting {
    chat::Event event;
    std::string json;
  };
  std::deque<Waiting> waiting_;
  std::string given_;  // of the event given out last
};

class ChatStream final : public StreamReader {
 public:
  ChatStream(const chat::Request& request, const catalog::Model& model);

  Result<void> feed(std::string_view bytes) override;
  Result<bool> next(chat::Event& event) override;
  Result<void> finish() override;
  bool finished() const override;
  chat::Usage usage() const override;
  std::uint64_t tokens_so_far() const override;
  Mended mended() const override;
  std::size_t held() const override;
  void shrink() override;

 private:
  struct Frame {
    json::Value choices, usage, error, inner;  // inner: x_groq
    bool model = false;
  };

  Result<bool> advance(chat::Event& event);
  Result<bool> read_event(const http::SseEvent& frame, chat::Event& event);
  bool give_repeat(std::string_view data, chat::Event& event);
  Result<bool> read_document(std::string_view data, chat::Event& event);
  Result<bool> read_chunk(std::string_view data, const Frame& frame, chat::Event& event);
  Result<void> read_choices(json::Value choices, Chunk& chunk);
  bool give_usage_frame(std::string_view data, const Frame& frame, chat::Event& event);
  bool give_fault(json::Value root, std::string_view data, chat::Event& event);
  void take_usage(const Frame& frame);
  void queue_made(const std::vector<Chunk::Made>& made);
  StreamChoice& choice_at(std::int64_t index);
  void remember_skeleton();
  std::string with_choices(std::string_view choices) const;
  void end();

  AnswerRules rules_;
  std::unique_ptr<StreamReader> whole_;  // the provider sent one document instead of a stream
  http::SseReader sse_;
  json::Document document_;
  std::vector<StreamChoice> choices_;
  Repeat repeat_;
  std::int64_t repeated_ = 0;  // index of its choice
  std::string repeated_text_;  // and the delta's member that differs
  EventQueue queue_;
  std::string edited_;      // of the event given out last
  std::string skeleton_;    // the members that all chunks share, without the closing brace
  std::string usage_json_;  // from a chunk that also held choices: goes out as a frame of its own at the end
  std::optional<chat::Usage> usage_;
  std::optional<Error> error_;  // comes after what is queued
  Said said_;
  bool begun_ = false;  // a byte came that is not white space
  bool done_ = false;   // [DONE]
  bool closed_ = false;
};

}  // namespace freeway::dialect::openai

// The items of one answer, put together from the deltas of a chat completion.
//
// Each item is added once and done once; what the client is told meanwhile goes to an EventSink, and the finished items say
// the same. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/responses/call_input.h"
#include "dialect/responses/plan.h"
#include "http/sse.h"
#include "json/document.h"
#include "json/writer.h"

namespace freeway::dialect::responses {

// Writes events, numbered from 0. Without a text to write to, it writes none.
class EventSink {
 public:
  void write_to(std::string* out) { out_ = out; }

  // `fill` appends the members after type and number.
  template <class Fill>
  void event(std::string_view type, Fill&& fill) {
    if (!out_) return;
    std::string data;
    json::Writer writer(data);
    writer.begin_object().member("type", type).member("sequence_number", number_++);
    fill(writer);
    writer.end_object();
    http::append_sse_event(*out_, type, data);
  }

 private:
  std::string* out_ = nullptr;
  std::uint64_t number_ = 0;
};

class Output {
 public:
  Output(const Plan& plan, EventSink& events) : plan_(plan), events_(events) {}

  // A delta, or a whole message; `logprobs` is that of its choice.
  // `whole`: a message and no delta, whose calls are told apart by their places.
  void take(json::Value delta, json::Value logprobs, bool whole = false);
  // No more comes. `cut`: the answer is incomplete, and so are the items that were not done yet.
  void finish(bool cut);

  // Bytes of the answer that it keeps.
  std::size_t held() const;
  // The items that are done, as a JSON array.
  std::string json() const;
  std::vector<std::string> item_ids() const;

 private:
  enum class Kind : unsigned char { message, reasoning, call, picture };
  struct Part {
    bool refusal = false;
    std::string text;
    std::string logprobs;     // JSON, without brackets
    std::string annotations;  // the same
    std::size_t annotated = 0;
  };
  struct Item {
    Kind kind = Kind::message;
    std::size_t at = 0;  // output_index
    std::string id;
    bool open = true;
    bool cut = false;
    std::vector<Part> parts;  // of a message; the last is open
    std::string text;         // of reasoning; arguments or input of a call; a picture
    // Of a call.
    std::string call_id, name, space;
    bool custom = false;
    CallInput input;
  };
  // A call as its provider numbers it.
  struct Call {
    std::int64_t index = 0;
    std::string id, name, waiting;  // arguments that came before the name
    Item* item = nullptr;           // once it has a name
  };

  Item& open(Kind kind, std::string_view prefix);
  void close(Item& item, bool cut);
  void close_text(bool cut);
  void say(json::Value text, bool refusal, json::Value logprobs);
  Item& speak(bool refusal);
  void annotate(json::Value annotation);
  void show(json::Value picture);
  void reason(json::Value text);
  void call(std::int64_t index, const std::string& id, json::Value function);
  void begin_call(Call& call);
  void argue(Item& item, std::string_view piece);
  void begin_part(Item& item, bool refusal);
  void end_part(Item& item);
  void end_call(Item& item);
  void end_reasoning(Item& item);
  void added(const Item& item);
  void write_item(json::Writer& out, const Item& item) const;
  void write_reasoning(json::Writer& out, const Item& item) const;
  void write_call(json::Writer& out, const Item& item) const;
  static void write_part(json::Writer& out, const Part& part);
  void place(json::Writer& out, const Item& item) const;

  const Plan& plan_;
  EventSink& events_;
  std::deque<Item> items_;
  Item* current_ = nullptr;  // the message or reasoning that is open
  std::deque<Call> calls_;
};

}  // namespace freeway::dialect::responses

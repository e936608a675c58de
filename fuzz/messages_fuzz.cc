// Anthropic's surface: any request is refused with a field's name or becomes a document that chat completions take; whatever
// an answer's chunks say, its events are JSON and their grammar holds. The first byte chooses which; of chunks, lines are
// documents.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "dialect/anthropic/surface.h"
#include "dialect/dialect.h"
#include "http/sse.h"

using namespace freeway;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void decode(std::string_view text) {
  auto asked = dialect::anthropic::decode_messages(std::string(text));
  if (!asked) {
    require(asked.error().status == 400 && !asked.error().message.empty());
    return;
  }
  json::Value root = asked->request->document.root();
  require(root["messages"].is(json::Type::array) && asked->request->translated);
}

// Blocks open one at a time, in order, and each is closed once.
class Grammar {
 public:
  void read(const http::SseEvent& event) {
    auto document = json::Document::parse(event.data);
    require(document.has_value());
    json::Value root = document->root();
    require(root["type"].equals(std::string(event.type)));
    std::int64_t index = root["index"].integer().value_or(-1);
    require(!over_);
    if (event.type == "message_start") require(!begun_++);
    require(begun_ == 1);
    if (event.type == "content_block_start") {
      require(open_ < 0 && index == next_);
      open_ = next_++;
    }
    if (event.type == "content_block_delta" || event.type == "content_block_stop") require(index == open_);
    if (event.type == "content_block_stop") open_ = -1;
    if (event.type == "message_delta") require(open_ < 0);
    over_ = event.type == "message_stop";
  }
  bool over() const { return over_; }

 private:
  int begun_ = 0;
  std::int64_t open_ = -1, next_ = 0;
  bool over_ = false;
};

void tell(std::string_view lines, std::string_view request) {
  auto asked = dialect::anthropic::decode_messages(std::string(request));
  require(asked.has_value());
  auto writer = asked->surface->stream(*asked->request);
  std::string out;
  while (!lines.empty()) {
    std::size_t end = std::min(lines.find('\n'), lines.size());
    chat::Event event;
    event.json = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    writer->write(out, event);
    dialect::WholeAnswer whole;
    whole.body = event.json;
    asked->surface->tell(*asked->request, whole);
    if (json::Document::parse(event.json)) require(json::Document::parse(whole.body).has_value());
  }
  writer->finish(out, {});
  http::SseReader reader;
  require(reader.feed(out).has_value());
  Grammar grammar;
  http::SseEvent event;
  while (reader.next(event)) grammar.read(event);
  require(grammar.over() && !reader.finish());
}

constexpr std::string_view kPlain = R"({"max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"}]})";
constexpr std::string_view kStops =
    R"({"max_tokens":9,"stream":true,"stop_sequences":["END","a"],"thinking":{"type":"adaptive","display":"omitted"},"messages":[{"role":"user","content":"hi"}]})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0: decode(rest); break;
    case 1: tell(rest, kPlain); break;
    default: tell(rest, kStops); break;
  }
  return 0;
}

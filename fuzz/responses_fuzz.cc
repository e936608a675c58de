// The Responses protocol: any request that can be decoded is a chat completions document; whatever an answer's chunks hold,
// the client gets numbered events of JSON, and a final response of the items that were done. The first line is the request,
// each further one a chunk; an empty line breaks the stream off.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "dialect/dialect.h"
#include "dialect/responses/responses.h"
#include "http/sse.h"
#include "json/document.h"

using namespace freeway;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::string_view take_line(std::string_view& rest) {
  auto end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

dialect::Asked decode(std::string_view text, dialect::responses::Store& store) {
  constexpr std::string_view kPlain =
      R"({"stream":true,"input":"x","tools":[{"type":"custom","name":"p"},{"type":"function","name":"f"}]})";
  dialect::responses::Context context;
  context.store = &store;
  context.id = "resp_1";
  auto asked = dialect::responses::decode_request(std::string(text), context);
  if (!asked) asked = dialect::responses::decode_request(std::string(kPlain), context);
  require(asked && json::Document::parse(asked->request->text).has_value());
  return std::move(*asked);
}

void check(std::string_view told) {
  http::SseReader reader;
  require(reader.feed(told).has_value());
  http::SseEvent event;
  std::int64_t number = 0;
  while (reader.next(event)) {
    auto document = json::Document::parse(event.data);
    require(document.has_value());
    json::Value root = document->root();
    require(root["sequence_number"].integer() == number++);
    require(root["type"].equals(event.type));
    if (event.type == "response.output_item.done") require(root["item"]["id"].is(json::Type::string));
    if (event.type == "response.completed") require(root["response"]["output"].is(json::Type::array));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  dialect::responses::Store store;
  auto asked = decode(take_line(rest), store);
  auto writer = asked.surface->stream(*asked.request);
  std::string out;
  bool broken = false;
  while (!rest.empty() && !broken) {
    std::string_view line = take_line(rest);
    broken = line.empty();
    if (broken || !json::Document::parse(line)) continue;
    chat::Event event;
    event.json = line;
    writer->write(out, event);
  }
  if (broken) {
    writer->fail(out, {});
  } else {
    writer->finish(out, {});
  }
  check(out);
  dialect::WholeAnswer answer;
  answer.body = std::string(rest);
  asked.surface->tell(*asked.request, answer);
  if (auto entry = store.find("", "resp_1", 0)) require(dialect::responses::input_items_json(*entry, {}).has_value());
  return 0;
}

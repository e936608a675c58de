// The OpenAI dialect's readers: any bytes, cut anywhere, give the same events; every event is one JSON document; a stream
// that ends well has its finish reasons. The first byte chooses the request, the second how the rest is cut.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.h"
#include "dialect/openai/surface.h"

using namespace freeway;

namespace {

constexpr std::array<std::string_view, 6> kRequests = {
    R"({"stream":true,"messages":[{"role":"user","content":"hi"}]})",
    R"({"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]})",
    R"({"stream":true,"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"get"}}]})",
    R"({"stream":true,"messages":[{"role":"user","content":"hi"}],"functions":[{"name":"get"}]})",
    R"({"stream":true,"n":2,"messages":[{"role":"user","content":"hi"}]})",
    R"({"stream":true,"messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object","required":["a"]}}}})",
};

void require(bool holds) {
  if (!holds) std::abort();
}

struct Told {
  std::vector<std::string> lines;
  std::string end;
  bool operator==(const Told&) const = default;
};

// False once the answer turned out bad.
bool take(dialect::StreamReader& reader, const chat::Request& request, Told& told) {
  dialect::openai::ChunkWriter writer(request);
  chat::Event event;
  for (;;) {
    auto given = reader.next(event);
    if (!given) told.end = "next: " + given.error().message;
    if (!given || !*given) return given.has_value();
    bool document = event.kind == chat::Event::Kind::piece || event.kind == chat::Event::Kind::usage;
    if (document) {
      auto parsed = json::Document::parse(event.json);
      require(parsed.has_value() && parsed->root().is(json::Type::object));
    }
    std::string out;
    writer.write(out, event);
    told.lines.push_back(std::to_string(static_cast<int>(event.kind)) + (event.content ? "c" : "") +
                         (event.finish ? "f" : "") + std::string(event.json) + event.fault.message + out);
  }
}

Told run(const chat::Request& request, std::string_view bytes, std::size_t step) {
  catalog::Model model;
  model.id = "m";
  auto reader = dialect::find("openai")->read_stream(request, model);
  Told told;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    auto fed = reader->feed(bytes.substr(at, step));
    if (!fed) {
      told.end = "feed: " + fed.error().message;
      return told;
    }
    if (!take(*reader, request, told)) return told;
  }
  auto ended = reader->finish();
  if (!take(*reader, request, told)) return told;
  told.end = ended ? "ok" : "finish: " + ended.error().message;
  bool fault = false;
  for (const std::string& line : told.lines) fault = fault || line.starts_with('2');
  require(!ended || reader->finished() || fault);
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  auto request = dialect::openai::decode_request(std::string(kRequests[data[0] % kRequests.size()]));
  require(request.has_value());
  std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  Told whole = run(**request, bytes, bytes.size() + 1);
  require(whole == run(**request, bytes, data[1] % 61 + std::size_t{1}));

  const dialect::Dialect& dialect = *dialect::find("openai");
  catalog::Model model;
  std::optional<chat::Fault> fault;
  auto answer = dialect.read_answer(**request, model, "application/json", std::string(bytes), fault);
  require(!answer || json::Document::parse(answer->body).has_value());
  dialect.read_fault(429, {}, bytes, WallTime());
  auto decoded = dialect::openai::decode_request(std::string(bytes));
  if (!decoded) return 0;
  catalog::Provider picky;
  picky.quirks.drop = {"user"};
  picky.quirks.rename = {{"seed", "random_seed"}};
  picky.quirks.stream_options = picky.quirks.parallel_tool_calls = picky.quirks.strict_schema = false;
  picky.quirks.tool_id_length = 9;
  picky.quirks.text_parts = false;
  auto out = dialect.write_request(**decoded, picky, model);
  require(out.has_value() && json::Document::parse(out->body).has_value());
  return 0;
}

// The dialects that are translated: any bytes, cut anywhere, give the same events, each one JSON document; any request that
// can be decoded is refused or written as JSON. The first byte chooses the dialect, the second how the rest is cut.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.h"
#include "dialect/openai/surface.h"

using namespace freeway;

namespace {

constexpr std::array<std::string_view, 3> kDialects = {"gemini", "cohere", "ollama"};
constexpr std::string_view kRequest =
    R"({"stream":true,"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"get"}}]})";

void require(bool holds) {
  if (!holds) std::abort();
}

struct Told {
  std::vector<std::string> lines;
  std::string end;
  bool operator==(const Told&) const = default;
};

bool take(dialect::StreamReader& reader, Told& told) {
  chat::Event event;
  for (;;) {
    auto given = reader.next(event);
    if (!given) told.end = "next: " + given.error().message;
    if (!given || !*given) return given.has_value();
    bool document = event.kind == chat::Event::Kind::piece || event.kind == chat::Event::Kind::usage;
    if (document) require(json::Document::parse(event.json).has_value());
    told.lines.push_back(std::to_string(static_cast<int>(event.kind)) + std::string(event.json) + event.fault.message);
  }
}

Told run(const dialect::Dialect& dialect, const chat::Request& request, const catalog::Model& model, std::string_view bytes,
         std::size_t step) {
  auto reader = dialect.read_stream(request, model);
  Told told;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    require(reader->feed(bytes.substr(at, step)).has_value());
    if (!take(*reader, told)) return told;
  }
  auto ended = reader->finish();
  if (!take(*reader, told)) return told;
  told.end = ended ? "ok" : "next: " + ended.error().message;
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const dialect::Dialect& dialect = *dialect::find(kDialects[data[0] % kDialects.size()]);
  auto request = dialect::openai::decode_request(std::string(kRequest));
  catalog::Model model;
  model.id = "gemini-3-m";
  std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  require(run(dialect, **request, model, bytes, bytes.size() + 1) ==
          run(dialect, **request, model, bytes, data[1] % 61 + std::size_t{1}));

  std::optional<chat::Fault> fault;
  auto answer = dialect.read_answer(**request, model, "application/json", std::string(bytes), fault);
  require(!answer || json::Document::parse(answer->body).has_value());
  auto decoded = dialect::openai::decode_request(std::string(bytes));
  if (!decoded) return 0;
  auto out = dialect.write_request(**decoded, {}, model);
  require(!out || json::Document::parse(out->body).has_value());
  return 0;
}

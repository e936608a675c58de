// For this room's tests: requests, models and streams in one line each.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.h"
#include "dialect/openai/surface.h"

namespace freeway::dialect::openai::testing {

inline const Dialect& dialect() { return *find("openai"); }

inline std::unique_ptr<chat::Request> decode(std::string text) {
  auto request = decode_request(std::move(text));
  if (!request) {
    ADD_FAILURE() << "refused: " << request.error().message;
    return nullptr;
  }
  return std::move(*request);
}

inline catalog::Model model(std::string id = "m1") {
  catalog::Model out;
  out.id = std::move(id);
  return out;
}

inline Outgoing write(std::string text, const catalog::Quirks& quirks = {}, std::string id = "m1") {
  auto request = decode(std::move(text));
  catalog::Provider provider;
  provider.quirks = quirks;
  auto out = dialect().write_request(*request, provider, model(std::move(id)));
  EXPECT_TRUE(out.has_value());
  return std::move(*out);
}

// What a reader gave out, one line an event: "piece+content+finish {…}", "usage {…}", "error …", "done"; then "ok" or
// "fail <kind> <message>".
struct Told {
  std::vector<std::string> lines;
  std::string end;
  chat::Usage usage;
  Mended mended;
  bool finished = false;
};

inline std::string line_of(const chat::Event& event) {
  switch (event.kind) {
    case chat::Event::Kind::piece:
      return std::string("piece") + (event.content ? "+content" : "") + (event.finish ? "+finish" : "") + " " +
             std::string(event.json);
    case chat::Event::Kind::usage: return "usage " + std::string(event.json);
    case chat::Event::Kind::error: return "error " + event.fault.code + "|" + event.fault.message;
    case chat::Event::Kind::done: return "done";
  }
  return "?";
}

inline bool take_all(StreamReader& reader, Told& told) {
  chat::Event event;
  for (;;) {
    auto given = reader.next(event);
    if (!given) {
      told.end = "fail " + std::string(to_string(given.error().kind)) + " " + given.error().message;
      return false;
    }
    if (!*given) return true;
    told.lines.push_back(line_of(event));
  }
}

inline Told run(StreamReader& reader, std::string_view bytes, std::size_t step) {
  Told told;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    auto fed = reader.feed(bytes.substr(at, step));
    if (!fed) {
      told.end = "fail " + std::string(to_string(fed.error().kind)) + " " + fed.error().message;
      return told;
    }
    if (!take_all(reader, told)) return told;
  }
  auto ended = reader.finish();
  if (!take_all(reader, told)) return told;
  told.end = ended ? "ok" : "fail " + std::string(to_string(ended.error().kind)) + " " + ended.error().message;
  told.usage = reader.usage();
  told.mended = reader.mended();
  told.finished = reader.finished();
  return told;
}

// Reads a stream in pieces of every size up to `most` and expects the same each time.
inline Told read(const chat::Request& request, std::string_view bytes, std::size_t most = 40) {
  auto reader = dialect().read_stream(request, model());
  Told whole = run(*reader, bytes, bytes.size() + 1);
  for (std::size_t step = 1; step <= most; ++step) {
    auto again = dialect().read_stream(request, model());
    Told told = run(*again, bytes, step);
    EXPECT_EQ(told.lines, whole.lines) << "in steps of " << step;
    EXPECT_EQ(told.end, whole.end) << "in steps of " << step;
  }
  return whole;
}

// {"id":"c","object":"chat.completion.chunk","created":1,"model":"m1","choices":[{"index":0,"delta":D,"finish_reason":R}]}
inline std::string chunk(std::string_view delta, std::string_view reason = "null", std::string_view more = "") {
  return std::string(
             R"({"id":"c","object":"chat.completion.chunk","created":1,"model":"m1","choices":[{"index":0,"delta":)") +
         std::string(delta) + R"(,"finish_reason":)" + std::string(reason) + "}]" + std::string(more) + "}";
}

inline std::string sse(const std::vector<std::string>& documents) {
  std::string out;
  for (const std::string& document : documents) out += "data: " + document + "\n\n";
  return out;
}

}  // namespace freeway::dialect::openai::testing

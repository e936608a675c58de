// For tests of dialects that are translated: requests written and answers read in one line each.
#pragma once

#include <string>
#include <string_view>

#include "dialect/openai/openai_test.h"

namespace freeway::dialect::testing {

using openai::testing::decode;
using openai::testing::Told;

// A dialect with a model of this id.
struct Speaker {
  std::string dialect;
  catalog::Model model;
  catalog::Provider provider;

  Speaker(std::string name, std::string id) : dialect(std::move(name)) {
    model.id = std::move(id);
    provider.dialect = dialect;
  }
  const Dialect& spoken() const { return *find(dialect); }

  Result<Outgoing> ask(const chat::Request& request) const { return spoken().write_request(request, provider, model); }
  Outgoing write(std::string text) const {
    auto out = ask(*decode(std::move(text)));
    if (out) return std::move(*out);
    ADD_FAILURE() << out.error().message;
    return {};
  }
  // Why it refuses.
  std::string refusal(std::string text) const {
    auto out = ask(*decode(std::move(text)));
    return out ? "written: " + out->body : std::string(to_string(out.error().kind)) + " " + out.error().message;
  }

  // A stream in pieces of every size, the same each time.
  Told read(const chat::Request& request, std::string_view bytes) const {
    Told whole;
    for (std::size_t step : {bytes.size() + 1, std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{40}}) {
      auto reader = spoken().read_stream(request, model);
      Told told = openai::testing::run(*reader, bytes, step);
      if (step > bytes.size()) whole = told;
      EXPECT_EQ(told.lines, whole.lines) << "in steps of " << step;
      EXPECT_EQ(told.end, whole.end) << "in steps of " << step;
    }
    return whole;
  }
  Result<WholeAnswer> answer(const chat::Request& request, std::string body, std::optional<chat::Fault>& fault) const {
    return spoken().read_answer(request, model, "application/json", std::move(body), fault);
  }
  // The client's document, or "fail kind message".
  std::string answered(const chat::Request& request, std::string body) const {
    std::optional<chat::Fault> fault;
    auto read = answer(request, std::move(body), fault);
    if (read) return read->body;
    return "fail " + std::string(to_string(read.error().kind)) + " " + read.error().message;
  }
};

// Members that few protocols have a place for, and some that say nothing.
inline const std::string kRichHistory =
    R"({"messages":[{"role":"user","name":"ann","content":[{"type":"text","text":"q","cache_control":{"type":"ephemeral"}}]},)"
    R"({"role":"assistant","content":null,"refusal":null,"annotations":[],"reasoning_content":"hm","tool_calls":[)"
    R"({"index":0,"id":"c1","type":"function","extra_content":{"other":1},"function":{"name":"look","arguments":"{}"}}]},)"
    R"({"role":"tool","tool_call_id":"c1","name":"look","is_error":true,"content":"no such file"},)"
    R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}}]}]})";

inline const std::string kHi = R"({"messages":[{"role":"user","content":"hi"}]})";
inline const std::string kHiStreamed = R"({"stream":true,"messages":[{"role":"user","content":"hi"}]})";

}  // namespace freeway::dialect::testing

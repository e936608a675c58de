// A provider that is asked without sockets, for the tests of wires.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "farm/world.h"
#include "json/document.h"

namespace freeway::farm {

// What a client reads.
struct Heard {
  int status = 0;
  std::string head;
  std::string body;  // without chunks
  bool whole = true;
  Then then = Then::more;
};

inline Heard hear(Play& play, std::size_t most = 300) {
  std::string bytes;
  Heard heard;
  Step step;
  for (std::size_t i = 0; heard.then == Then::more && i < most; ++i) {
    play.next(step);
    bytes += step.bytes;
    heard.then = step.then;
  }
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return heard;
  heard.head = bytes.substr(0, end + 4);
  heard.status = std::stoi(heard.head.substr(9, 3));
  auto rest = std::string_view(bytes).substr(end + 4);
  if (heard.head.find("transfer-encoding: chunked") == std::string::npos) {
    heard.body = rest;
    return heard;
  }
  heard.whole = rest.ends_with("\r\n0\r\n\r\n");
  while (!rest.empty()) {
    const auto size = std::stoul(std::string(rest.substr(0, rest.find('\r'))), nullptr, 16);
    rest.remove_prefix(rest.find('\n') + 1);
    heard.body += rest.substr(0, size);
    rest.remove_prefix(std::min(size + 2, rest.size()));
  }
  return heard;
}

struct Event {
  std::string name;
  std::string data;
};

// The server-sent events of a body whose lines end with `eol`; a failure where it is anything else.
inline std::vector<Event> events_of(std::string_view body, std::string_view eol = "\n") {
  std::vector<Event> events;
  Event event;
  while (!body.empty()) {
    const auto end = body.find(eol);
    if (end == std::string_view::npos) {
      ADD_FAILURE() << "a line without an end: " << body;
      break;
    }
    const auto line = body.substr(0, end);
    body.remove_prefix(end + eol.size());
    if (line.empty()) {
      events.push_back(std::exchange(event, {}));
    } else if (line.starts_with("event: ")) {
      event.name = line.substr(7);
    } else {
      EXPECT_TRUE(line.starts_with("data: ")) << line;
      event.data = line.substr(6);
    }
  }
  return events;
}

inline std::vector<std::string> lines_of(std::string_view body) {
  std::vector<std::string> lines;
  while (!body.empty()) {
    const auto end = std::min(body.find('\n'), body.size());
    lines.emplace_back(body.substr(0, end));
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return lines;
}

// Finds a value by members and indexes: at(body, "candidates", "0", "finishReason"). Its JSON; "" if it is not there.
template <class... Names>
std::string at(const std::string& text, Names... names) {
  const auto document = json::Document::parse(text);
  if (!document) return "no JSON: " + text;
  auto value = document->root();
  const auto step = [&value](std::string_view name) {
    if (!value.is(json::Type::array)) {
      value = value[name];
      return;
    }
    auto element = value.first();
    for (auto left = std::stoi(std::string(name)); left > 0; --left) element = element.next();
    value = element;
  };
  (step(names), ...);
  return value ? std::string(value.raw()) : "";
}

class WireTest : public testing::Test {
 protected:
  // A provider "u" that knows the key "k", with these members more, and models where they name none.
  void start(const std::string& members) {
    auto scenario = parse_scenario("[[providers]]\nid = \"u\"\nkeys = [\"k\"]\n" + members, "s.toml");
    ASSERT_TRUE(scenario) << scenario.error().message;
    world_ = std::make_unique<World>(clock_, std::move(*scenario), std::nullopt);
  }
  Heard send(std::string_view method, std::string_view target, std::string_view body, http::Fields fields) {
    World::Exchange exchange;
    exchange.provider = world_->find("u");
    http::RequestHead head;
    head.method = method;
    head.target = "/u" + std::string(target);
    head.fields = std::move(fields);
    const std::string path(head.path().substr(2));
    auto play = world_->arrive(exchange, std::move(head), path, std::string(body));
    auto heard = hear(*play);
    world_->settle(exchange, heard.then == Then::complete ? Ended::complete : Ended::closed);
    return heard;
  }
  void script(std::string_view line) {
    const auto changed = world_->change("u", fmt::format(R"({{"script":["{}"]}})", line));
    ASSERT_TRUE(changed) << changed.error().message;
  }
  void answer(std::string_view members) {
    const auto changed = world_->change("u", fmt::format(R"({{"answer":{}}})", members));
    ASSERT_TRUE(changed) << changed.error().message;
  }

  ManualClock clock_;
  std::unique_ptr<World> world_;
};

}  // namespace freeway::farm

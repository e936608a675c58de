// Plays the pairs of documents in this folder.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "base/text.h"
#include "dialect/anthropic/surface.h"
#include "dialect/dialect.h"
#include "dialect/responses/responses.h"
#include "json/document.h"
#include "json/edit.h"
#include "json/writer.h"

namespace freeway::dialect {
namespace {

struct Case {
  std::string where, name;
  std::string request, chat, refused;
  std::string dropped;
  std::string answer, told;                 // a whole answer, and what it is in the client's words
  std::vector<std::string> chunks, events;  // of a stream
};

using Decode = std::function<std::expected<Asked, RequestError>(std::string)>;

// The same text for documents that mean the same: members sorted by name, no white space.
std::string plain(json::Value value) {
  std::string out;
  if (value.is(json::Type::object)) {
    std::vector<std::string> members;
    for (json::Value member : value) members.push_back("\"" + std::string(member.key()) + "\":" + plain(member));
    std::sort(members.begin(), members.end());
    for (const auto& member : members) out += (out.empty() ? "" : ",") + member;
    return "{" + out + "}";
  }
  if (value.is(json::Type::array)) {
    for (json::Value element : value) out += (out.empty() ? "" : ",") + plain(element);
    return "[" + out + "]";
  }
  if (value.is(json::Type::string)) return json::quote(*value.string());
  return std::string(value.raw());
}

std::string plain(std::string_view text) {
  auto document = json::Document::parse(text);
  if (document) return plain(document->root());
  ADD_FAILURE() << document.error().message << ": " << text;
  return {};
}

std::vector<Case> read(const std::filesystem::path& file, std::string_view surface) {
  std::vector<Case> cases;
  std::ifstream in(file);
  std::string* block = nullptr;
  std::vector<std::string>* list = nullptr;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    auto after = [&](std::string_view word) { return line.substr(word.size()); };
    if (line.starts_with("case ")) {
      cases.push_back({});
      cases.back().where = file.filename().string() + ":" + std::to_string(number);
      cases.back().name = after("case ");
    } else if (line == surface || line == "chat" || line == "answer" || line == "told") {
      Case& one = cases.back();
      block = line == surface ? &one.request : line == "chat" ? &one.chat : line == "answer" ? &one.answer : &one.told;
      list = nullptr;
    } else if (line == "chunks" || line == "events") {
      list = line == "chunks" ? &cases.back().chunks : &cases.back().events;
    } else if (line.starts_with("refused ")) {
      cases.back().refused = after("refused ");
    } else if (line.starts_with("dropped ")) {
      cases.back().dropped = after("dropped ");
    } else if (line.starts_with("| ") && list) {
      list->push_back(after("| "));
    } else if (line.starts_with("| ") && block) {
      *block += after("| ");
    } else if (!line.empty()) {
      ADD_FAILURE() << file << ":" << number << ": what is this? " << line;
    }
  }
  return cases;
}

// Does it have all that is wanted? Members that nobody asked for may stand beside; "{any}" is any text.
bool holds(json::Value value, json::Value wanted) {
  if (wanted.equals("{any}")) return value.is(json::Type::string);
  if (wanted.is(json::Type::object)) {
    for (json::Value member : wanted)
      if (!holds(value[json::unescape(member.key())], member)) return false;
    return value.is(json::Type::object);
  }
  if (!wanted.is(json::Type::array)) return value.present() && plain(value) == plain(wanted);
  json::Value one = value.first();
  for (json::Value element : wanted) {
    if (!one || !holds(one, element)) return false;
    one = one.next();
  }
  return value.is(json::Type::array) && value.size() == wanted.size();
}

void expect_holds(std::string_view text, std::string_view wanted) {
  auto value = json::Document::parse(text), wish = json::Document::parse(wanted);
  ASSERT_TRUE(value && wish) << text << "\n" << wanted;
  EXPECT_TRUE(holds(value->root(), wish->root())) << text << "\nshould hold " << wanted;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

// "FIELD", or with a status that is not 400 "404 FIELD".
std::string told(const RequestError& error) {
  return error.status == 400 ? error.param : std::to_string(error.status) + " " + error.param;
}

chat::Usage usage_of(json::Value document) {
  auto count = [&](std::string_view name) {
    return static_cast<std::uint64_t>(document["usage"][name].integer().value_or(0));
  };
  chat::Usage usage;
  usage.prompt_tokens = count("prompt_tokens");
  usage.completion_tokens = count("completion_tokens");
  usage.total_tokens = count("total_tokens");
  return usage;
}

void play_answer(const Case& one, const Asked& asked) {
  auto document = json::Document::parse(one.answer);
  ASSERT_TRUE(document.has_value()) << document.error().message;
  WholeAnswer answer;
  answer.body = one.answer;
  answer.usage = usage_of(document->root());
  asked.surface->tell(*asked.request, answer);
  expect_holds(answer.body, one.told);
}

void play_stream(const Case& one, const Asked& asked) {
  auto writer = asked.surface->stream(*asked.request);
  std::string out;
  chat::Usage usage;
  for (const std::string& chunk : one.chunks) {
    auto document = json::Document::parse(chunk);
    ASSERT_TRUE(document.has_value()) << document.error().message << ": " << chunk;
    json::Value root = document->root();
    chat::Event event;
    event.kind = root["choices"].size() == 0 ? chat::Event::Kind::usage : chat::Event::Kind::piece;
    event.json = chunk;
    if (root["usage"].given()) usage = usage_of(root);
    writer->write(out, event);
  }
  writer->finish(out, usage);
  std::vector<std::string> told;
  for (std::size_t at = 0; (at = out.find("data: ", at)) != std::string::npos;) {
    std::size_t end = out.find('\n', at);
    told.push_back(out.substr(at + 6, end - at - 6));
    at = end;
  }
  ASSERT_EQ(told.size(), one.events.size()) << out;
  for (std::size_t at = 0; at < told.size(); ++at) expect_holds(told[at], one.events[at]);
}

void play(const Case& one, const Decode& decode) {
  SCOPED_TRACE(one.where + " " + one.name);
  auto asked = decode(one.request);
  if (!one.refused.empty()) {
    ASSERT_FALSE(asked.has_value()) << asked->request->text;
    EXPECT_EQ(told(asked.error()), one.refused) << asked.error().message;
    return;
  }
  ASSERT_TRUE(asked.has_value()) << asked.error().message;
  if (!one.answer.empty()) return play_answer(one, *asked);
  if (!one.chunks.empty()) return play_stream(one, *asked);
  EXPECT_EQ(plain(asked->request->text), plain(one.chat));
  EXPECT_EQ(joined(asked->request->dropped), one.dropped);
}

std::size_t play_all(const std::string& surface, const Decode& decode) {
  std::size_t played = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(FREEWAY_SURFACES) / surface)) {
    for (const Case& one : read(entry.path(), surface)) {
      play(one, decode);
      ++played;
    }
  }
  return played;
}

void for_each_scalar(json::Value value, const std::function<void(json::Value)>& then) {
  if (!value.is(json::Type::object) && !value.is(json::Type::array)) return then(value);
  for (json::Value inner : value) for_each_scalar(inner, then);
}

// Whatever stands in a request, a refusal says which words of its sentence are the client's, so that no log keeps them.
std::size_t refuse_all(const std::string& surface, const Decode& decode) {
  constexpr std::string_view kWords = "words of a prompt";
  std::size_t repeated = 0;
  auto look_at = [&](const Case& one) {
    auto document = json::Document::parse(one.request);
    if (!document) return;
    for_each_scalar(document->root(), [&](json::Value value) {
      json::Edits edits(*document);
      edits.replace(value, json::quote(kWords));
      auto asked = decode(edits.apply());
      if (asked) return;
      const RequestError& error = asked.error();
      if (error.message.find(kWords) != std::string::npos) ++repeated;
      EXPECT_EQ(leave_out(error.message, error.quoted).find(kWords), std::string::npos)
          << one.where << ": " << error.message;
    });
  };
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(FREEWAY_SURFACES) / surface)) {
    for (const Case& one : read(entry.path(), surface)) look_at(one);
  }
  return repeated;
}

TEST(Messages, RefusalsSayWhichWordsAreTheClients) { EXPECT_GT(refuse_all("messages", anthropic::decode_messages), 5U); }

TEST(Messages, MeanTheseChatCompletions) { EXPECT_GT(play_all("messages", anthropic::decode_messages), 40U); }

std::expected<Asked, RequestError> decode_response(std::string text) {
  responses::Context context;
  context.id = "resp_1";
  context.now = 1'700'000'000;
  return responses::decode_request(std::move(text), std::move(context));
}

TEST(Responses, MeanTheseChatCompletions) { EXPECT_GT(play_all("responses", decode_response), 20U); }

TEST(Responses, RefusalsSayWhichWordsAreTheClients) { EXPECT_GT(refuse_all("responses", decode_response), 5U); }

}  // namespace
}  // namespace freeway::dialect

#include "variation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "json/document.h"

namespace freeway::corpus {

namespace {

constexpr std::array<std::string_view, 8> kNumbers = {"402", "401", "403", "413", "429", "500", "7", "86400"};

bool is_any(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}
bool is_prose(std::string_view member) {
  return is_any(member, {"message", "detail", "msg", "raw", "error", "status_msg", "title"});
}
bool is_id(std::string_view member) { return is_any(member, {"id", "request_id", "user_id", "timestamp", "provider_name"}); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Speller {
 public:
  explicit Speller(Random& random) : random_(random) {
    numbers_ = coin();
    reference_ = coin();
    reversed_ = coin();
    spaced_ = coin();
    escaped_ = coin();
    added_ = coin();
  }

  void write(json::Value value, std::string_view name) {
    switch (value.type()) {
      case json::Type::object: return write_object(value);
      case json::Type::array: return write_array(value, name);
      case json::Type::string: return write_string(value, name);
      default: out_ += value.raw();
    }
  }
  std::string take() { return std::move(out_); }

 private:
  bool coin() { return random_.next() % 2 == 0; }
  std::string_view number() { return kNumbers[random_.next() % kNumbers.size()]; }
  void blank() {
    if (spaced_) out_ += coin() ? "\n  " : " ";
  }

  void write_object(json::Value value) {
    std::vector<json::Value> members;
    for (json::Value member : value) members.push_back(member);
    if (reversed_) std::reverse(members.begin(), members.end());
    out_ += '{';
    bool first = true;
    auto next = [&] {
      if (!first) out_ += ',';
      first = false;
      blank();
    };
    if (added_) {
      next();
      out_ += fmt::format(R"("trace_{}":"429-{}-402","attempts":{})", number(), number(), number());
    }
    for (json::Value member : members) {
      next();
      out_ += fmt::format("\"{}\":", member.key());
      blank();
      write(member, member.key());
    }
    blank();
    out_ += '}';
  }

  void write_array(json::Value value, std::string_view name) {
    out_ += '[';
    for (json::Value item : value) {
      if (out_.back() != '[') out_ += ',';
      blank();
      write(item, name);
    }
    out_ += ']';
  }

  void write_string(json::Value value, std::string_view name) {
    std::string text = value.string().value_or("");
    bool prose = is_prose(name);
    if (numbers_ && (prose || is_id(name))) text = renumbered(text);
    if (reference_ && prose) text += fmt::format(" (ref {}-{}, node 402/429)", number(), number());
    out_ += '"';
    for (char c : text) {
      bool plain = static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
      bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!plain || (escaped_ && letter && random_.next() % 8 == 0)) {
        out_ += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
      } else {
        out_ += c;
      }
    }
    out_ += '"';
  }

  std::string renumbered(std::string_view text) {
    std::string varied;
    for (std::size_t i = 0; i < text.size();) {
      std::size_t end = i;
      while (end < text.size() && is_digit(text[end])) ++end;
      if (end == i) {
        varied += text[i++];
        continue;
      }
      std::string_view digits = text.substr(i, end - i);
      // "per 86400s" is a window's name, not its number.
      bool names = digits == "0" || text.substr(0, i).ends_with("per ");
      varied += names ? digits : number();
      i = end;
    }
    return varied;
  }

  Random& random_;
  std::string out_;
  bool numbers_, reference_, reversed_, spaced_, escaped_, added_;
};

}  // namespace

std::string vary(const std::string& body, Random& random) {
  auto document = json::Document::parse(body);
  if (!document) return body;
  Speller speller(random);
  speller.write(document->root(), "");
  return speller.take();
}

}  // namespace freeway::corpus

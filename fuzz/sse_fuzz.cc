// Event streams: neither the cuts nor the spelling of line ends may change the events, and they are those that a slow and
// simple reading of the standard gives.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "http/replay.h"

using namespace freeway;

namespace {

void require(bool good, const char* what, const std::string& a, const std::string& b) {
  if (good) return;
  std::fprintf(stderr, "%s\n--- one:\n%s\n--- other:\n%s\n", what, a.c_str(), b.c_str());
  std::abort();
}

// Lines without their ends; what stands behind the last end is a line too.
std::vector<std::string> lines_of(std::string_view input) {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < input.size(); ++i) {
    if (input[i] == '\r' && i + 1 < input.size() && input[i + 1] == '\n') ++i;
    if (input[i] == '\r' || input[i] == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += input[i];
    }
  }
  return lines;
}

std::string events_by_the_book(const std::vector<std::string>& lines) {
  std::string record;
  std::string type;
  std::string id;
  std::string data;
  auto dispatch = [&] {
    if (!data.empty()) record += "(" + type + "|" + id + "|" + data.substr(0, data.size() - 1) + ")";
    type = id = data = "";
  };
  for (const std::string& line : lines) {
    if (line.empty()) {
      dispatch();
      continue;
    }
    const auto colon = line.find(':');
    const std::string name = line.substr(0, colon);
    std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
    if (value.starts_with(' ')) value.erase(0, 1);
    if (name == "event") type = value;
    if (name == "data") data += value + "\n";
    if (name == "id" && value.find('\0') == std::string::npos) id = value;
  }
  dispatch();
  return record;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const http::replay::Events whole = http::replay::events(input, http::replay::whole());
  for (std::size_t piece : {std::size_t{1}, std::size_t{2}, 3 + size % 17}) {
    const http::replay::Events cut = http::replay::events(input, http::replay::pieces_of(piece));
    require(whole.record() == cut.record(), "cut into pieces", whole.record(), cut.record());
  }

  std::string_view text = input;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::vector<std::string> lines = lines_of(text);
  const std::string book = events_by_the_book(lines);
  require(whole.all() == book, "not by the book", whole.all(), book);
  for (std::string_view end : {"\n", "\r\n", "\r"}) {
    std::string rewritten = input.size() > text.size() ? "\xEF\xBB\xBF" : "";
    for (std::size_t i = 0; i < lines.size(); ++i) {
      rewritten += lines[i];
      if (i + 1 < lines.size()) rewritten += end;
    }
    const http::replay::Events other = http::replay::events(rewritten, http::replay::pieces_of(5));
    require(whole.all() == other.all(), "other line ends", whole.all(), other.all());
  }
  return 0;
}

#include "wire/script.h"

#include <fmt/format.h>

#include <fstream>

#include "base/text.h"

namespace freeway::wire {

namespace {

// "u1 gets so far" → actor, verb; "client posts /v1/x" → actor, verb, argument.
bool read_step(std::string_view line, Step& step) {
  if (line.starts_with("advance ")) {
    step.verb = "advance";
    step.argument = std::string(trim(line.substr(8)));
    return true;
  }
  auto space = line.find(' ');
  if (space == std::string_view::npos) return false;
  step.actor = std::string(line.substr(0, space));
  bool known = step.actor == "gateway" || step.actor.starts_with("client") || step.actor.starts_with("u");
  if (!known) return false;
  std::string_view rest = line.substr(space + 1);
  if (rest.starts_with("posts ")) {
    step.verb = "posts";
    step.argument = std::string(trim(rest.substr(6)));
  } else if (rest.starts_with("asks ")) {
    step.verb = "asks";
    step.argument = std::string(trim(rest.substr(5)));
  } else {
    step.verb = std::string(trim(rest));
  }
  return true;
}

// "{3*ab}" → "ababab"; `at` is the brace's place and becomes that of the closing one.
void repeat(std::string_view line, std::size_t& at, std::string& out) {
  auto star = line.find('*', at);
  auto end = line.find('}', at);
  if (star == std::string_view::npos || end == std::string_view::npos || star > end) return;
  auto count = std::stoul(std::string(line.substr(at + 1, star - at - 1)));
  for (std::size_t i = 0; i < count; ++i) out += line.substr(star + 1, end - star - 1);
  at = end;
}

}  // namespace

std::string resolve_escapes(std::string_view line, bool& joins_next) {
  std::string out;
  joins_next = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\') {
      out.push_back(line[i]);
      continue;
    }
    if (++i == line.size()) {
      joins_next = true;
      break;
    }
    switch (line[i]) {
      case 'r': out.push_back('\r'); break;
      case 'n': out.push_back('\n'); break;
      case 't': out.push_back('\t'); break;
      case 'x':
        out.push_back(static_cast<char>(std::stoi(std::string(line.substr(i + 1, 2)), nullptr, 16)));
        i += 2;
        break;
      case '{': repeat(line, i, out); break;
      default: out.push_back(line[i]);
    }
  }
  return out;
}

std::string join(const std::vector<std::string>& block, std::string_view line_end) {
  std::string out;
  for (std::size_t i = 0; i < block.size(); ++i) {
    bool joins_next = false;
    out += resolve_escapes(block[i], joins_next);
    if (!joins_next && i + 1 < block.size()) out += line_end;
  }
  return out;
}

Result<std::vector<Case>> read_transcript(const std::string& path) {
  std::ifstream file(path);
  if (!file) return fail(ErrorKind::io, "cannot read " + path);
  std::vector<Case> cases;
  std::string default_config;
  std::string* config = nullptr;
  std::vector<std::string>* block = nullptr;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    auto bad = [&](std::string_view what) {
      return fail(ErrorKind::malformed, fmt::format("{}:{}: {}", path, number, what));
    };
    if (line == "|" || line.starts_with("| ")) {
      std::string content = line.size() > 2 ? line.substr(2) : "";
      if (config) {
        *config += content + "\n";
      } else if (block) {
        block->push_back(content);
      } else {
        return bad("a block line without a step before it");
      }
      continue;
    }
    config = nullptr;
    block = nullptr;
    if (trim(line).empty() || line.starts_with('#')) continue;
    if (line == "default config") {
      config = &default_config;
    } else if (line.starts_with("case ")) {
      cases.push_back({path, number, line.substr(5), default_config, {}});
    } else if (cases.empty()) {
      return bad("expected 'default config' or 'case …'");
    } else if (line == "config") {
      cases.back().config.clear();
      config = &cases.back().config;
    } else if (line == "config +") {
      config = &cases.back().config;
    } else {
      Step step;
      step.line = number;
      if (!read_step(line, step)) return bad("no such step: " + line);
      cases.back().steps.push_back(std::move(step));
      block = &cases.back().steps.back().block;
    }
  }
  return cases;
}

}  // namespace freeway::wire

#include "token/encoding.h"

#include <string>

namespace freeway::token {

namespace {

constexpr std::string_view kO200k[] = {"gpt-4o", "chatgpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "gpt-6", "gpt-oss"};
constexpr std::string_view kCl100k[] = {"gpt-4", "gpt-3.5", "gpt-35", "text-embedding-3", "text-embedding-ada-002"};
constexpr std::string_view kNearCl100k[] = {"llama", "qwen", "qwq"};

// The o-series: "o1", "o3-mini", "o4-mini-2025-04-16".
bool of_the_o_series(std::string_view name) {
  bool numbered = name.size() >= 2 && name[0] == 'o' && name[1] >= '1' && name[1] <= '9';
  return numbered && (name.size() == 2 || name[2] == '-' || name[2] == ':');
}

}  // namespace

Vocabulary vocabulary_of(std::string_view model) {
  std::string name(model.substr(model.rfind('/') + 1));
  for (char& letter : name) letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter;
  for (std::string_view prefix : kO200k)
    if (name.starts_with(prefix)) return {Encoding::o200k, true};
  if (of_the_o_series(name)) return {Encoding::o200k, true};
  for (std::string_view prefix : kCl100k)
    if (name.starts_with(prefix)) return {Encoding::cl100k, true};
  for (std::string_view part : kNearCl100k)
    if (name.contains(part)) return {Encoding::cl100k, false};
  return {};
}

}  // namespace freeway::token

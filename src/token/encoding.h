// The vocabularies that tokens are counted by.
#pragma once

#include <cstdint>
#include <string_view>

namespace freeway::token {

enum class Encoding : std::uint8_t { cl100k, o200k };

// Whose tokens to count for a model.
struct Vocabulary {
  Encoding encoding = Encoding::o200k;
  bool own = false;  // the model's own; else the nearest of ours, and a count an estimate
};

// By the model's name, with or without a path before it ("openai/gpt-oss-120b"). gpt-4o, 4.1, 4.5, 5 and later, gpt-oss and
// the o-series have o200k; gpt-4, gpt-3.5 and the embedding models of their time cl100k. Of the others, Llama 3 and 4 and
// Qwen come nearer to cl100k, from which Llama 3's and Qwen's vocabularies were grown; the rest, Gemma, Mistral, DeepSeek
// and what nobody knows, to o200k, which like theirs has room for many languages.
Vocabulary vocabulary_of(std::string_view model);

}  // namespace freeway::token

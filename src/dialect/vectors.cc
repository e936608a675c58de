#include "dialect/vectors.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "crypto/seal.h"
#include "json/writer.h"

namespace freeway::dialect {

namespace {

static_assert(std::endian::native == std::endian::little, "vectors travel as little-endian floats");

constexpr double kLargest = std::numeric_limits<float>::max();

Result<std::string> encode(json::Value numbers) {
  std::string bytes;
  bytes.reserve(numbers.size() * sizeof(float));
  for (json::Value one : numbers) {
    auto number = one.number();
    if (!number || std::abs(*number) > kLargest)
      return fail(ErrorKind::malformed, "the provider's vector holds something that is no number of 32 bits");
    auto narrow = static_cast<float>(*number);
    bytes.append(reinterpret_cast<const char*>(&narrow), sizeof narrow);
  }
  return crypto::to_base64(bytes);
}

Result<std::string> decode(std::string_view bytes) {
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(float)) {
    float number = 0;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    if (!std::isfinite(number)) return fail(ErrorKind::malformed, "the provider's vector holds something that is no number");
    // The shortest text that reads back as this float; as a double it would be twice as long.
    writer.raw(fmt::format("{}", number));
  }
  writer.end_array();
  return text;
}

}  // namespace

bool asks_query(const chat::Request& request) {
  json::Value type = request.document.root()["input_type"];
  return type.equals("query") || type.equals("search_query") || type.equals("RETRIEVAL_QUERY");
}

VectorForm::VectorForm(const chat::Request& request, const catalog::Model& model)
    : base64_(request.document.root()["encoding_format"].equals("base64")),
      length_(request.dimensions ? request.dimensions : model.dimensions) {}

Result<std::optional<std::string>> VectorForm::take(json::Value vector) {
  std::optional<std::string> bytes;
  if (vector.is(json::Type::string)) {
    bytes = crypto::from_base64(vector.escaped());
    if (!bytes || bytes->size() % sizeof(float) != 0)
      return fail(ErrorKind::malformed, "the provider's vector is neither numbers nor base64 of floats");
  } else if (!vector.is(json::Type::array)) {
    return fail(ErrorKind::malformed, "the provider's answer lacks a vector");
  }
  std::size_t length = bytes ? bytes->size() / sizeof(float) : vector.size();
  if (length == 0) return fail(ErrorKind::malformed, "the provider's vector is empty");
  if (!length_) length_ = length;
  if (length != *length_)
    return fail(ErrorKind::malformed,
                fmt::format("the provider's vector has {} dimensions instead of {}", length, *length_));
  if (bytes && !base64_) {
    auto numbers = decode(*bytes);
    if (!numbers) return std::unexpected(numbers.error());
    return std::move(*numbers);
  }
  if (bytes || !base64_) return std::nullopt;
  auto text = encode(vector);
  if (!text) return std::unexpected(text.error());
  return json::quote(*text);
}

Result<WholeAnswer> compose_embeddings(const chat::Request& request, const catalog::Model& model,
                                       std::span<const json::Value> vectors, std::optional<chat::Usage> usage) {
  if (vectors.size() != request.inputs)
    return fail(ErrorKind::malformed,
                fmt::format("the provider sent {} vectors for {} inputs", vectors.size(), request.inputs));
  VectorForm form(request, model);
  WholeAnswer answer;
  json::Writer writer(answer.body);
  writer.begin_object().member("object", "list").key("data").begin_array();
  std::uint64_t index = 0;
  for (json::Value vector : vectors) {
    auto taken = form.take(vector);
    if (!taken) return std::unexpected(taken.error());
    writer.begin_object().member("object", "embedding").member("index", index++);
    writer.member_raw("embedding", *taken ? std::string_view(**taken) : vector.raw()).end_object();
  }
  writer.end_array().member("model", model.id);
  answer.usage = usage ? *usage : estimated_usage(request);
  writer.key("usage").begin_object().member("prompt_tokens", answer.usage.prompt_tokens);
  writer.member("total_tokens", answer.usage.total_tokens).end_object().end_object();
  return answer;
}

}  // namespace freeway::dialect

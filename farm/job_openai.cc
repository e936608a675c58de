// OpenAI's embeddings, images and moderations, and the reranking of Jina and Cohere's v1 that many hosts put beside them.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "farm/ask.h"
#include "farm/job.h"
#include "farm/output.h"
#include "farm/sha256.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

std::unexpected<Error> invalid(std::string message) { return fail(ErrorKind::invalid, std::move(message)); }

// The document, its members checked, and the model that it names.
Result<std::string> read_model(json::Value root, const Shape& shape) {
  if (auto checked = check_members(root, shape); !checked) return std::unexpected(checked.error());
  auto model = root["model"].string();
  if (!model || model->empty()) return invalid("you must provide a model parameter");
  return std::move(*model);
}

constexpr std::array<std::string_view, 2> kEncodings{"float", "base64"};
constexpr std::array<std::string_view, 2> kSides{"query", "passage"};
constexpr Member kEmbeddingMembers[] = {
    {"model"},
    {"input", Kind::any},
    {"encoding_format", Kind::text, false, nullptr, kEncodings},
    {"dimensions", Kind::whole},
    {"user"},
    {"input_type"},
    {"truncate"},
};
constexpr Shape kEmbedding{kEmbeddingMembers, true};

// Tokens by their numbers, as "1,2,3".
Result<void> add_numbers(Job& job, json::Value list) {
  std::string text;
  for (auto each : list) {
    const auto number = each.integer();
    if (!number || *number < 0) return invalid("Invalid 'input': tokens are natural numbers");
    text += fmt::format("{}{}", text.empty() ? "" : ",", *number);
  }
  if (text.empty()) return invalid("'input' cannot be an empty array");
  add_input(job, std::move(text), list.size());
  return {};
}

Result<void> add_text(Job& job, json::Value value) {
  auto text = value.string();
  if (!text) return invalid("Invalid 'input': its elements differ in type");
  if (text->empty()) return invalid("'input' cannot be an empty string");
  add_input(job, std::move(*text));
  return {};
}

Result<void> add_inputs(Job& job, json::Value input) {
  job.single = !input.is(json::Type::array);
  if (job.single) {
    return input.is(json::Type::string) ? add_text(job, input)
                                        : invalid("'input' must be a string, an array of strings or of tokens");
  }
  if (input.size() == 0) return invalid("'input' cannot be an empty array");
  if (input.first().is(json::Type::number)) return add_numbers(job, input);
  const auto type = input.first().type();
  for (auto each : input) {
    if (each.type() != type) return invalid("Invalid 'input': its elements differ in type");
    if (auto added = type == json::Type::array ? add_numbers(job, each) : add_text(job, each); !added) return added;
  }
  return {};
}

Result<Job> read_embedding(const JobRequest& request) {
  const auto document = json::Document::parse(request.body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  auto model = read_model(root, kEmbedding);
  if (!model) return std::unexpected(model.error());
  Job job;
  job.model = std::move(*model);
  if (auto added = add_inputs(job, root["input"]); !added) return std::unexpected(added.error());
  job.dimensions = root["dimensions"].integer();
  job.base64 = root["encoding_format"].equals("base64");
  const auto side = root["input_type"];
  if (request.style == "nvidia") {
    if (!side.given()) return invalid("'input_type' parameter is required for asymmetric models");
    if (!side.equals(kSides[0]) && !side.equals(kSides[1])) return invalid("'input_type' must be one of: query, passage");
  }
  return job;
}

// `"usage":{…}`: nothing but a prompt was used.
void write_usage(json::Writer& out, const Job& job) {
  if (!job.tells_usage) return;
  out.key("usage").begin_object().member("prompt_tokens", job.tokens).member("total_tokens", job.tokens).end_object();
}

Product answer_embedding(const Job& job) {
  Product product;
  json::Writer out(product.body);
  out.begin_object().member("object", "list").key("data").begin_array();
  std::size_t index = 0;
  for (const auto& input : job.inputs) {
    out.begin_object().member("object", "embedding").member("index", index++).key("embedding");
    const auto vector = embedding(job.model, input, job.size);
    if (job.base64) {
      out.string(base64(float_bytes(vector)));
    } else {
      write_vector(out, vector);
    }
    out.end_object();
  }
  out.end_array().member("model", job.model);
  write_usage(out, job);
  out.end_object();
  return product;
}

constexpr std::array<std::string_view, 2> kPictures{"url", "b64_json"};
constexpr Member kImageMembers[] = {
    {"model"},   {"prompt"}, {"n", Kind::whole}, {"size"}, {"response_format", Kind::text, false, nullptr, kPictures},
    {"quality"}, {"style"},  {"user"},
};
constexpr Shape kImage{kImageMembers, true};

// "1024x768"; "auto" leaves the job's own.
bool read_size(std::string_view text, Job& job) {
  if (text == "auto") return true;
  constexpr unsigned kLargest = 4096;
  const auto number = [](std::string_view digits) {
    unsigned value = 0;
    for (const char c : digits)
      value = c < '0' || c > '9' || value > kLargest ? kLargest + 1 : value * 10 + unsigned(c - '0');
    return value;
  };
  const auto by = std::min(text.find('x'), text.size());
  job.width = number(text.substr(0, by));
  job.height = number(text.substr(std::min(by + 1, text.size())));
  return job.width > 0 && job.width <= kLargest && job.height > 0 && job.height <= kLargest;
}

Result<Job> read_image(const JobRequest& request) {
  const auto document = json::Document::parse(request.body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  auto model = read_model(root, kImage);
  if (!model) return std::unexpected(model.error());
  Job job;
  job.model = std::move(*model);
  auto prompt = root["prompt"].string();
  if (!prompt || prompt->empty()) return invalid("you must provide a prompt");
  add_input(job, std::move(*prompt));
  const auto n = root["n"].integer().value_or(1);
  if (n < 1 || n > 10) return invalid("Invalid 'n': integer must be from 1 to 10");
  job.n = static_cast<unsigned>(n);
  if (const auto size = root["size"].string(); size && !read_size(*size, job)) {
    return invalid(fmt::format("Invalid 'size': {}", *size));
  }
  job.format = root["response_format"].string().value_or("url");
  return job;
}

Product answer_image(const Job& job) {
  Product product;
  json::Writer out(product.body);
  out.begin_object().member("created", job.created).key("data").begin_array();
  for (unsigned i = 0; i < job.n && !job.inputs.empty(); ++i) {
    const auto told = caption(job.model, job.inputs[0], i, job.width, job.height);
    out.begin_object();
    if (job.format == "b64_json") {
      out.member("b64_json", base64(png(told, job.width, job.height)));
    } else {
      out.member("url", fmt::format("https://images.invalid/{}.png", sha256_hex(told)));
    }
    out.end_object();
  }
  out.end_array().end_object();
  return product;
}

constexpr Member kRerankMembers[] = {
    {"model"}, {"query", Kind::any}, {"documents", Kind::any}, {"top_n", Kind::whole}, {"return_documents", Kind::flag},
};
constexpr Shape kRerank{kRerankMembers, true};

Result<Job> read_rerank(const JobRequest& request) {
  const auto document = json::Document::parse(request.body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  auto model = read_model(root, kRerank);
  if (!model) return std::unexpected(model.error());
  Job job;
  job.model = std::move(*model);
  auto query = text_or_member(root["query"]);
  if (!query || query->empty()) return invalid("'query' must be a text");
  job.query = std::move(*query);
  job.tokens = tokens_in(job.query.size());
  const auto documents = root["documents"];
  if (!documents.is(json::Type::array) || documents.size() == 0) return invalid("'documents' must be an array, not empty");
  for (auto each : documents) {
    auto text = text_or_member(each);
    if (!text) return invalid("each of 'documents' must be a text or an object with one");
    add_input(job, std::move(*text));
  }
  if (const auto top = root["top_n"].integer()) {
    if (*top < 1) return invalid("'top_n' must be at least 1");
    job.top = static_cast<std::size_t>(*top);
  }
  job.documents = root["return_documents"].boolean().value_or(false);
  return job;
}

Product answer_rerank(const Job& job) {
  Product product;
  json::Writer out(product.body);
  out.begin_object().member("id", job.id).member("model", job.model).key("results").begin_array();
  for (const auto& [index, score] : ranking(job)) {
    out.begin_object().member("index", index).key("relevance_score").number(score);
    if (job.documents) out.key("document").begin_object().member("text", job.inputs[index]).end_object();
    out.end_object();
  }
  out.end_array();
  if (job.tells_usage) out.key("usage").begin_object().member("total_tokens", job.tokens).end_object();
  out.end_object();
  return product;
}

constexpr Member kModerationMembers[] = {{"model"}, {"input", Kind::any}};
constexpr Shape kModeration{kModerationMembers, true};

// A text, texts, or one input of parts of which the texts count.
Result<Job> read_moderation(const JobRequest& request) {
  const auto document = json::Document::parse(request.body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  auto model = read_model(root, kModeration);
  if (!model) return std::unexpected(model.error());
  Job job;
  job.model = std::move(*model);
  const auto input = root["input"];
  if (input.first().is(json::Type::object)) {
    add_input(job, text_of(input));
  } else if (auto text = input.string()) {
    add_input(job, std::move(*text));
  } else {
    for (auto each : input) {
      if (!each.is(json::Type::string)) return invalid("Invalid type for 'input'.");
      add_input(job, each.string().value_or(""));
    }
  }
  if (job.inputs.empty()) return invalid("'input' must be a string, or an array that is not empty");
  return job;
}

// What names a category is of it.
Product answer_moderation(const Job& job) {
  constexpr std::array<std::string_view, 5> kCategories{"harassment", "hate", "self-harm", "sexual", "violence"};
  Product product;
  json::Writer out(product.body);
  out.begin_object().member("id", job.id).member("model", job.model).key("results").begin_array();
  for (const auto& input : job.inputs) {
    const auto names = [&](std::string_view category) { return input.find(category) != std::string::npos; };
    out.begin_object().member_bool("flagged", std::any_of(kCategories.begin(), kCategories.end(), names));
    out.key("categories").begin_object();
    for (const auto category : kCategories) out.member_bool(category, names(category));
    out.end_object().key("category_scores").begin_object();
    for (const auto category : kCategories) out.key(category).number(names(category) ? 0.99 : 0.01);
    out.end_object().end_object();
  }
  out.end_array();
  out.end_object();
  return product;
}

constexpr std::string_view kTooMany =
    "Invalid 'input': array too long. Expected an array with maximum length {}, but got an array with length {} instead.";

}  // namespace

const Endpoint* openai_endpoint(std::string_view path) {
  static constexpr Endpoint kEmbeddings{ModelKind::embedding, read_embedding, answer_embedding, 2048, kTooMany};
  static constexpr Endpoint kImages{ModelKind::image, read_image, answer_image};
  static constexpr Endpoint kReranking{ModelKind::rerank, read_rerank, answer_rerank, 1000,
                                       "'documents' must have at most {} elements, not {}"};
  static constexpr Endpoint kModerations{ModelKind::moderation, read_moderation, answer_moderation, 2048, kTooMany};
  if (path == "/embeddings") return &kEmbeddings;
  if (path == "/images/generations") return &kImages;
  if (path == "/rerank") return &kReranking;
  if (path == "/moderations") return &kModerations;
  return openai_audio_endpoint(path);
}

}  // namespace freeway::farm

// Cohere's v2/embed and v2/rerank.
#include <fmt/format.h>

#include <array>

#include "farm/ask.h"
#include "farm/output.h"
#include "farm/wire_cohere.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorKind::invalid, fmt::format("invalid request: {}", message));
}

// The document, if its members are those of the shape and it names a model.
Result<void> check(json::Value root, const Shape& shape) {
  if (!root.is(json::Type::object)) return invalid("the body must be an object");
  if (auto checked = check_cohere(root, shape, ""); !checked) return checked;
  if (root["model"].escaped().empty()) return invalid("model is required");
  return {};
}

constexpr std::array<std::string_view, 5> kInputTypes{"search_document", "search_query", "classification", "clustering",
                                                      "image"};
constexpr std::array<std::string_view, 2> kEmbeddingTypes{"float", "base64"};
constexpr std::array<std::string_view, 3> kTruncate{"NONE", "START", "END"};
constexpr Member kPartMembers[] = {{"type"}, {"text"}};
constexpr Shape kPart{kPartMembers};
constexpr Member kContentMembers[] = {{"content", Kind::shape, true, &kPart}};
constexpr Shape kContent{kContentMembers};
constexpr Member kEmbedMembers[] = {
    {"model"},
    {"texts", Kind::text, true},
    {"inputs", Kind::shape, true, &kContent},
    {"input_type", Kind::text, false, nullptr, kInputTypes},
    {"embedding_types", Kind::text, true, nullptr, kEmbeddingTypes},
    {"output_dimension", Kind::whole},
    {"max_tokens", Kind::whole},
    {"truncate", Kind::text, false, nullptr, kTruncate},
};
constexpr Shape kEmbed{kEmbedMembers};

Result<Job> read_embed(const JobRequest& request) {
  const auto document = json::Document::parse(request.body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  if (auto checked = check(root, kEmbed); !checked) return std::unexpected(checked.error());
  if (!root["input_type"].given()) return invalid("input_type is required");
  if (root["texts"].given() == root["inputs"].given()) return invalid("exactly one of texts and inputs must be given");
  Job job;
  job.model = root["model"].string().value_or("");
  for (auto text : root["texts"]) add_input(job, text.string().value_or(""));
  for (auto input : root["inputs"]) add_input(job, text_of(input["content"]));
  if (job.inputs.empty()) return invalid("at least one text is required");
  job.documents = root["texts"].given();  // which come back
  job.dimensions = root["output_dimension"].integer();
  for (auto type : root["embedding_types"]) (type.equals("base64") ? job.base64 : job.floats) = true;
  job.floats = job.floats || !job.base64;
  return job;
}

// `"meta":{…}`
void write_meta(json::Writer& out, const Job& job, std::string_view unit, std::uint64_t amount) {
  out.key("meta").begin_object().key("api_version").begin_object().member("version", "2").end_object();
  if (job.tells_usage) out.key("billed_units").begin_object().member(unit, amount).end_object();
  out.end_object();
}

Product answer_embed(const Job& job) {
  Product product;
  json::Writer out(product.body);
  out.begin_object().member("id", job.id).key("embeddings").begin_object();
  if (job.floats) {
    out.key("float").begin_array();
    for (const auto& input : job.inputs) write_vector(out, embedding(job.model, input, job.size));
    out.end_array();
  }
  if (job.base64) {
    out.key("base64").begin_array();
    for (const auto& input : job.inputs) out.string(base64(float_bytes(embedding(job.model, input, job.size))));
    out.end_array();
  }
  out.end_object().key("texts").begin_array();
  for (std::size_t i = 0; job.documents && i < job.inputs.size(); ++i) out.string(job.inputs[i]);
  out.end_array().member("response_type", "embeddings_by_type");
  write_meta(out, job, "input_tokens", job.tokens);
  out.end_object();
  return product;
}

constexpr Member kRerankMembers[] = {{"model"},
                                     {"query"},
                                     {"documents", Kind::text, true},
                                     {"top_n", Kind::whole},
                                     {"max_tokens_per_doc", Kind::whole},
                                     {"priority", Kind::whole}};
constexpr Shape kRerank{kRerankMembers};

Result<Job> read_rerank(const JobRequest& request) {
  const auto document = json::Document::parse(request.body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  if (auto checked = check(root, kRerank); !checked) return std::unexpected(checked.error());
  Job job;
  job.model = root["model"].string().value_or("");
  job.query = root["query"].string().value_or("");
  if (job.query.empty()) return invalid("query must not be empty");
  job.tokens = tokens_in(job.query.size());
  for (auto text : root["documents"]) add_input(job, text.string().value_or(""));
  if (job.inputs.empty()) return invalid("at least one document is required");
  if (const auto top = root["top_n"].integer()) {
    if (*top < 1) return invalid("top_n must be at least 1");
    job.top = static_cast<std::size_t>(*top);
  }
  return job;
}

Product answer_rerank(const Job& job) {
  Product product;
  json::Writer out(product.body);
  out.begin_object().member("id", job.id).key("results").begin_array();
  for (const auto& [index, score] : ranking(job)) {
    out.begin_object().member("index", index).key("relevance_score").number(score).end_object();
  }
  out.end_array();
  write_meta(out, job, "search_units", 1);
  out.end_object();
  return product;
}

}  // namespace

const Endpoint* cohere_endpoint(std::string_view path) {
  static constexpr Endpoint kEmbeds{ModelKind::embedding, read_embed, answer_embed, 96,
                                    "invalid request: total number of texts must be at most {} - received {}"};
  static constexpr Endpoint kReranks{ModelKind::rerank, read_rerank, answer_rerank, 1000,
                                     "invalid request: number of documents must be at most {} - received {}"};
  if (path == "/v2/embed") return &kEmbeds;
  if (path == "/v2/rerank") return &kReranks;
  return nullptr;
}

}  // namespace freeway::farm

#include "farm/job_hosts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "farm/ask.h"
#include "farm/output.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

std::unexpected<Error> invalid(std::string message) { return fail(ErrorKind::invalid, std::move(message)); }

constexpr Member kFeatureMembers[] = {{"inputs", Kind::any},
                                      {"normalize", Kind::flag},
                                      {"truncate", Kind::any},
                                      {"prompt_name"},
                                      {"parameters", Kind::object}};
constexpr Shape kFeature{kFeatureMembers, true};

Result<Job> read_features(const JobRequest& request) {
  const auto document = json::Document::parse(request.body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  if (auto checked = check_members(root, kFeature); !checked) return std::unexpected(checked.error());
  Job job;
  job.model = request.model;
  const auto inputs = root["inputs"];
  job.single = !inputs.is(json::Type::array);
  if (job.single && inputs.is(json::Type::string)) add_input(job, inputs.string().value_or(""));
  for (auto each : inputs) {
    if (!each.is(json::Type::string)) return invalid("`inputs` must be a string or a list of strings");
    add_input(job, each.string().value_or(""));
  }
  if (job.inputs.empty()) return invalid("`inputs` must be a string or a list of strings");
  return job;
}

// A list of vectors, or one without a list around it.
Product answer_features(const Job& job) {
  Product product;
  json::Writer out(product.body);
  const bool flat = job.single && !job.inputs.empty();
  if (!flat) out.begin_array();
  for (const auto& input : job.inputs) write_vector(out, embedding(job.model, input, job.size));
  if (!flat) out.end_array();
  return product;
}

Result<Job> read_audio(const JobRequest& request) {
  if (request.body.empty()) return invalid("no audio");
  Job job;
  job.model = request.model;
  job.inputs.emplace_back(request.body);
  job.said = heard_in(request.body);
  return job;
}

Product answer_audio(const Job& job) {
  Product product;
  json::Writer(product.body).begin_object().member("text", job.said).end_object();
  return product;
}

constexpr std::array<std::string_view, 1> kModes{"base"};
constexpr Member kGenaiMembers[] = {{"prompt"},
                                    {"mode", Kind::text, false, nullptr, kModes},
                                    {"cfg_scale", Kind::number},
                                    {"steps", Kind::whole},
                                    {"width", Kind::whole},
                                    {"height", Kind::whole},
                                    {"seed", Kind::whole}};
constexpr Shape kGenai{kGenaiMembers};

Result<Job> read_genai(const JobRequest& request) {
  const auto document = json::Document::parse(request.body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  if (auto checked = check_members(root, kGenai); !checked) return std::unexpected(checked.error());
  const bool klein = request.model.find("flux.2-klein") != std::string_view::npos;
  if (klein && (root["mode"].given() || root["cfg_scale"].given())) return invalid("mode and cfg_scale are not permitted");
  const bool quick = klein || request.model.find("schnell") != std::string_view::npos;
  const auto steps = root["steps"].integer().value_or(1);
  if (steps < 1 || steps > (quick ? 4 : 50)) return invalid("steps is out of its range");
  Job job;
  job.model = request.model;
  auto prompt = root["prompt"].string();
  if (!prompt || prompt->empty()) return invalid("prompt is required");
  add_input(job, std::move(*prompt));
  for (const auto& [name, into] : {std::pair{"width", &job.width}, std::pair{"height", &job.height}}) {
    const auto asked = root[name].integer().value_or(1024);
    if (asked < 256 || asked > 2048) return invalid(fmt::format("{} must be from 256 to 2048", name));
    *into = static_cast<unsigned>(asked);
  }
  return job;
}

Product answer_genai(const Job& job) {
  Product product;
  json::Writer out(product.body);
  out.begin_object().key("artifacts").begin_array();
  for (const auto& prompt : job.inputs) {
    out.begin_object().member("base64", base64(jpeg(caption(job.model, prompt, 0, job.width, job.height))));
    out.member("finishReason", "SUCCESS").member("seed", 0).end_object();
  }
  out.end_array().end_object();
  return product;
}

constexpr Member kTextMembers[] = {{"text"}};
constexpr Shape kText{kTextMembers};
constexpr Member kRankingMembers[] = {
    {"model"}, {"query", Kind::shape, false, &kText}, {"passages", Kind::shape, true, &kText}, {"truncate"}};
constexpr Shape kRanking{kRankingMembers};

Result<Job> read_ranking(const JobRequest& request) {
  const auto document = json::Document::parse(request.body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  if (auto checked = check_members(root, kRanking); !checked) return std::unexpected(checked.error());
  Job job;
  job.model = root["model"].string().value_or("");
  // In the path dots are written as underscores.
  auto spelled = job.model;
  std::replace(spelled.begin(), spelled.end(), '.', '_');
  if (request.model != job.model && request.model != spelled) return invalid("model is not the one of the address");
  job.query = root["query"]["text"].string().value_or("");
  if (job.query.empty()) return invalid("query.text is required");
  job.tokens = tokens_in(job.query.size());
  for (auto passage : root["passages"]) {
    if (!passage["text"].given()) return invalid("each of passages must have a text");
    add_input(job, passage["text"].string().value_or(""));
  }
  if (job.inputs.empty()) return invalid("passages must not be empty");
  return job;
}

Product answer_ranking(const Job& job) {
  Product product;
  json::Writer out(product.body);
  out.begin_object().key("rankings").begin_array();
  for (const auto& [index, score] : ranking(job)) {
    out.begin_object().member("index", index).key("logit").number(score * 20 - 10).end_object();
  }
  out.end_array().end_object();
  return product;
}

// What stands between these two in a path; nothing if they do not enclose it.
std::string_view between(std::string_view path, std::string_view before, std::string_view after) {
  if (!path.starts_with(before) || !path.ends_with(after) || path.size() <= before.size() + after.size()) return {};
  return path.substr(before.size(), path.size() - before.size() - after.size());
}

struct Place {
  std::string_view style;
  std::string_view before;  // the model
  std::string_view after;
  Endpoint endpoint;
};
constexpr std::string_view kTooManyTexts = "at most {} inputs are accepted, not {}";
// The longer address before the one that it could be taken for.
constexpr Place kPlaces[] = {
    {"huggingface",
     "/hf-inference/models/",
     "/pipeline/feature-extraction",
     {ModelKind::embedding, read_features, answer_features, 2048, kTooManyTexts}},
    {"huggingface", "/hf-inference/models/", "", {ModelKind::transcription, read_audio, answer_audio, 0, ""}},
    {"nvidia", "/v1/genai/", "", {ModelKind::image, read_genai, answer_genai, 0, ""}},
    {"nvidia", "/v1/retrieval/", "/reranking", {ModelKind::rerank, read_ranking, answer_ranking, 512, kTooManyTexts}},
};

}  // namespace

Route host_route(std::string_view method, std::string_view path) {
  if (const auto model = between(path, "/ai/run/", ""); !model.empty()) {
    Route route;
    route.call = method == "POST" ? Call::job : Call::wrong_method;
    route.by_kind = cloudflare_endpoint;
    route.model = model;
    route.style = "cloudflare";
    return route;
  }
  if (const auto id = between(path, "/v2/nvcf/pexec/status/", ""); !id.empty()) {
    Route route;
    route.call = method == "GET" ? Call::fetch : Call::wrong_method;
    route.deferred = id;
    route.style = "nvidia";
    return route;
  }
  for (const auto& place : kPlaces) {
    const auto model = between(path, place.before, place.after);
    if (model.empty()) continue;
    auto route = job_at(method, &place.endpoint);
    route.model = model;
    route.style = place.style;
    return route;
  }
  return job_at(method, nullptr);
}

}  // namespace freeway::farm

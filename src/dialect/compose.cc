#include "dialect/compose.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "dialect/openai/document.h"
#include "json/writer.h"

namespace freeway::dialect {

Result<WholeAnswer> DocumentCodec::read_answer(const chat::Request& request, const catalog::Model& model, std::string_view,
                                               std::string body, std::optional<chat::Fault>& fault) const {
  openai::AnswerDocument answer;
  auto opened = openai::open_answer(std::move(body), answer, fault, root_ == Root::object_or_array);
  if (!opened) return std::unexpected(opened.error());
  return read_document(request, model, answer.root());
}

Outgoing json_request(const catalog::Provider& provider, std::string path) {
  Outgoing out;
  out.path = std::move(path);
  out.fields.add("content-type", "application/json");
  out.fields.add("accept", "application/json");
  for (const auto& [name, value] : provider.headers) out.fields.set(name, value);
  return out;
}

void drop_others(const chat::Request& request, std::initializer_list<std::string_view> carried, Outgoing& out) {
  for (json::Value member : request.document.root()) {
    bool known = std::any_of(carried.begin(), carried.end(), [&](std::string_view name) { return member.key_equals(name); });
    if (!known && member.given()) out.drop(json::unescape(member.key()));
  }
}

bool is_job_id(std::string_view text) {
  constexpr std::size_t kLongest = 200;
  auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  };
  return !text.empty() && text.size() <= kLongest && std::all_of(text.begin(), text.end(), plain);
}

void for_each_input(const chat::Request& request, const std::function<void(json::Value)>& take) {
  json::Value input = request.document.root()["input"];
  if (!input.is(json::Type::array)) return take(input);
  for (json::Value one : input) take(one);
}

json::Value text_of_document(json::Value document) { return document.is(json::Type::object) ? document["text"] : document; }

Result<WholeAnswer> compose_ranking(const chat::Request& request, const catalog::Model& model,
                                    std::span<const Ranked> ranking, std::optional<chat::Usage> usage) {
  struct Place {
    std::size_t document;
    double score;
  };
  std::vector<Place> places;
  for (const Ranked& one : ranking) {
    if (!one.index || !one.score || *one.index < 0 || *one.index >= request.inputs)
      return fail(ErrorKind::malformed, "the provider's ranking names a document that nobody sent, or lacks its score");
    places.push_back({static_cast<std::size_t>(*one.index), *one.score});
  }
  if (places.empty()) return fail(ErrorKind::malformed, "the provider's answer ranks nothing");
  std::sort(places.begin(), places.end(),
            [](const Place& a, const Place& b) { return a.score != b.score ? a.score > b.score : a.document < b.document; });
  json::Value root = request.document.root();
  auto most = root["top_n"].integer();
  if (most && static_cast<std::size_t>(*most) < places.size()) places.resize(static_cast<std::size_t>(*most));
  std::vector<json::Value> documents;
  if (root["return_documents"].boolean().value_or(false))
    for (json::Value document : root["documents"]) documents.push_back(text_of_document(document));

  WholeAnswer answer;
  json::Writer writer(answer.body);
  writer.begin_object().member("object", "list").member("model", model.id).key("results").begin_array();
  for (const Place& place : places) {
    writer.begin_object().member("index", place.document).key("relevance_score").number(place.score);
    if (!documents.empty())
      writer.key("document").begin_object().member_raw("text", documents[place.document].raw()).end_object();
    writer.end_object();
  }
  writer.end_array();
  answer.usage = usage ? *usage : estimated_usage(request);
  writer.key("usage").begin_object().member("prompt_tokens", answer.usage.prompt_tokens);
  writer.member("total_tokens", answer.usage.total_tokens).end_object().end_object();
  return answer;
}

namespace {

// Told by the first bytes of the base64 text.
std::string_view media_type(std::string_view base64) {
  if (base64.starts_with("/9j/")) return "image/jpeg";
  if (base64.starts_with("UklGR")) return "image/webp";
  return "image/png";
}

}  // namespace

WholeAnswer compose_images(const chat::Request& request, std::span<const std::string> images) {
  WholeAnswer answer;
  bool address = request.document.root()["response_format"].equals("url");
  json::Writer writer(answer.body);
  writer.begin_object().member("created", request.created).key("data").begin_array();
  for (const std::string& image : images) {
    writer.begin_object();
    if (address) {
      writer.member("url", fmt::format("data:{};base64,{}", media_type(image), image));
    } else {
      writer.member("b64_json", image);
    }
    writer.end_object();
  }
  writer.end_array().end_object();
  answer.usage = estimated_usage(request);
  return answer;
}

}  // namespace freeway::dialect

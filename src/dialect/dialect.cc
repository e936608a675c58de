#include "dialect/dialect.h"

#include <algorithm>

#include "base/text.h"
#include "dialect/aihorde/aihorde.h"
#include "dialect/cloudflare/cloudflare.h"
#include "dialect/cohere/cohere.h"
#include "dialect/count.h"
#include "dialect/gemini/gemini.h"
#include "dialect/huggingface/huggingface.h"
#include "dialect/nvidia/nvidia.h"
#include "dialect/ollama/ollama.h"
#include "dialect/openai/openai.h"
#include "dialect/openai/read_answer.h"

namespace freeway::dialect {

void Outgoing::drop(std::string name) { add_dropped(dropped, std::move(name)); }

void Mended::repair(std::string_view name) {
  if (std::find(repaired.begin(), repaired.end(), name) == repaired.end()) repaired.emplace_back(name);
}

void Mended::drop(std::string_view name) { add_dropped(dropped, std::string(name)); }

void Mended::add(const Mended& more) {
  for (const auto& name : more.repaired) repair(name);
  for (const auto& name : more.dropped) drop(name);
}

void Outgoing::drop_unknown(std::string_view where, json::Value object, Known known) {
  if (!object.is(json::Type::object)) return;
  for (json::Value member : object) {
    if (dropped.size() >= kMostDropped) return;
    if (is_unknown(member, known)) drop(std::string(where) + json::unescape(member.key()));
  }
}

bool Dialect::streams(std::string_view content_type) const { return istarts_with(content_type, "text/event-stream"); }

chat::Usage estimated_usage(const chat::Request& request) {
  chat::Usage usage;
  usage.prompt_tokens = usage.total_tokens = count_prompt(request, token::vocabulary_of(request.model).encoding).tokens;
  usage.estimated = true;
  return usage;
}

const Codec* Dialect::codec(chat::Kind) const { return nullptr; }

std::optional<FollowUp> Dialect::follow_up(const Received&, const catalog::Provider&, const FollowUp*) const {
  return std::nullopt;
}

std::optional<FollowUp> Codec::follow_up(const Received&, const catalog::Provider&, const FollowUp*) const {
  return std::nullopt;
}

std::optional<chat::Usage> Codec::told_usage(const chat::Request&, const catalog::Model&, std::string_view body) const {
  return openai::usage_in(body);
}

void authorize(Outgoing& outgoing, const catalog::Auth& auth, const catalog::Key& key) {
  if (key.secret.empty()) return;
  std::string_view secret = key.secret.reveal();
  switch (auth.way) {
    case catalog::Auth::Way::bearer: outgoing.fields.set("authorization", "Bearer " + std::string(secret)); return;
    case catalog::Auth::Way::header: outgoing.fields.set(auth.name, std::string(secret)); return;
    case catalog::Auth::Way::query:
      outgoing.path += outgoing.path.contains('?') ? '&' : '?';
      outgoing.path += auth.name + "=" + percent_encode(secret);
      return;
  }
}

const Dialect* find(std::string_view name) {
  static const openai::OpenAi kOpenAi;
  static const gemini::Gemini kGemini;
  static const cohere::Cohere kCohere;
  static const ollama::Ollama kOllama;
  static const cloudflare::Cloudflare kCloudflare;
  static const nvidia::Nvidia kNvidia;
  static const huggingface::HuggingFace kHuggingFace;
  static const aihorde::AiHorde kAiHorde;
  if (name == "openai") return &kOpenAi;
  if (name == "gemini") return &kGemini;
  if (name == "cohere") return &kCohere;
  if (name == "cloudflare") return &kCloudflare;
  if (name == "nvidia") return &kNvidia;
  if (name == "huggingface") return &kHuggingFace;
  if (name == "aihorde") return &kAiHorde;
  return name == "ollama" ? &kOllama : nullptr;
}

}  // namespace freeway::dialect

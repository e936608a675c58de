#include "catalog/words.h"

#include <fmt/format.h>

namespace freeway::catalog {

std::string_view word(Scope scope) {
  switch (scope) {
    case Scope::key: return "key";
    case Scope::account: return "account";
    case Scope::model: return "model";
    case Scope::family: return "family";
    case Scope::address: break;
  }
  return "address";
}

std::string_view word(Unit unit) {
  switch (unit) {
    case Unit::requests: return "requests";
    case Unit::tokens: return "tokens";
    case Unit::input_tokens: return "input_tokens";
    case Unit::output_tokens: return "output_tokens";
    case Unit::concurrent: return "concurrent";
    case Unit::neurons: return "neurons";
    case Unit::audio_seconds: return "audio_seconds";
    case Unit::credit: break;
  }
  return "credit";
}

std::string_view word(Charge charge) {
  switch (charge) {
    case Charge::attempt: return "attempt";
    case Charge::success: return "success";
    case Charge::tokens: return "tokens";
    case Charge::prompt_max_tokens: break;
  }
  return "prompt+max_tokens";
}

std::string_view word(Kind kind) {
  switch (kind) {
    case Kind::chat: return "chat";
    case Kind::embedding: return "embedding";
    case Kind::image: return "image";
    case Kind::speech: return "speech";
    case Kind::transcription: return "transcription";
    case Kind::translation: return "translation";
    case Kind::rerank: return "rerank";
    case Kind::moderation: break;
  }
  return "moderation";
}

std::string spell(const Window& window) {
  auto length = [&] { return fmt::format("{}s", std::chrono::duration<double>(window.length).count()); };
  switch (window.kind) {
    case Window::Kind::sliding: return "sliding " + length();
    case Window::Kind::fixed: return "fixed " + length();
    case Window::Kind::day: return "day " + window.zone;
    case Window::Kind::month: return "month " + window.zone;
    case Window::Kind::month_since: return fmt::format("month since {}", window.day);
    case Window::Kind::bucket: return "bucket " + length();
    case Window::Kind::once: break;
  }
  return "once";
}

}  // namespace freeway::catalog

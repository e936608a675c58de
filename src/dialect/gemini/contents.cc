#include "dialect/gemini/contents.h"

#include <fmt/format.h>

#include "base/text.h"
#include "dialect/openai/members.h"
#include "json/writer.h"

namespace freeway::dialect::gemini {

namespace {

using openai::has_text;
using openai::text_of;

// Accepted in the place of a signature that this gateway has not seen.
constexpr std::string_view kNoSignature = "skip_thought_signature_validator";
constexpr std::string_view kMessage = "messages[].", kPart = "messages[].content[].";

std::string text_part(json::Value text) { return "{\"text\":" + std::string(text.raw()) + "}"; }

std::string inline_data(std::string_view type, std::string_view data) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("inlineData").begin_object();
  writer.member("mimeType", type).member("data", data).end_object().end_object();
  return out;
}

// data:image/png;base64,AAAA
Result<std::string> of_data_url(std::string_view what, std::string_view url) {
  std::size_t comma = url.find(',');
  if (!istarts_with(url, "data:") || comma == std::string_view::npos) {
    return fail(ErrorKind::unsupported, fmt::format("this provider takes {} only as data, not as an address", what));
  }
  std::string_view type = url.substr(5, comma - 5);
  if (ifind(type, ";base64") == std::string_view::npos) {
    return fail(ErrorKind::unsupported, fmt::format("this provider takes {} only as base64", what));
  }
  return inline_data(type.substr(0, type.find(';')), url.substr(comma + 1));
}

std::string audio_type(std::string_view format) { return format == "mp3" ? "audio/mpeg" : fmt::format("audio/{}", format); }

// A call's arguments, which are to be an object.
std::string object_of(json::Value arguments) {
  std::string text = text_of(arguments);
  auto document = json::Document::parse(text);
  return document && document->root().is(json::Type::object) ? text : "{}";
}

// What a tool said: an object as it is, anything else under `result`; what it said when it failed under `error`.
std::string response_of(const std::string& text, bool failed) {
  auto document = json::Document::parse(text);
  if (!failed && document && document->root().is(json::Type::object)) return text;
  return (failed ? "{\"error\":" : "{\"result\":") + (document ? text : json::quote(text)) + "}";
}

std::string told_signature(json::Value call) { return text_of(call["extra_content"]["google"]["thought_signature"]); }

}  // namespace

// Turns of one side that follow each other are one.
void Contents::put(bool model, std::string_view part) {
  if (turns_.empty() || turns_.back().model != model) turns_.push_back({model, {}});
  std::string& parts = turns_.back().parts;
  if (!parts.empty()) parts.push_back(',');
  parts.append(part);
}

Result<void> Contents::add(json::Value message) {
  json::Value role = message["role"];
  json::Value content = message["content"];
  if (role.equals("assistant")) {
    out_.drop_unknown(kMessage, message, {"role", "content", "refusal", "tool_calls", "extra_content"});
    assistant(message);
    return {};
  }
  if (role.equals("tool")) {
    out_.drop_unknown(kMessage, message, {"role", "content", "tool_call_id", "name", "is_error"});
    return result(message);
  }
  out_.drop_unknown(kMessage, message, {"role", "content"});
  if (!role.equals("system")) return user(content);
  if (content.is(json::Type::string)) system_.push_back(text_part(content));
  for (json::Value part : content) {
    out_.drop_unknown(kPart, part, {"type", "text"});
    if (has_text(part["text"])) system_.push_back(text_part(part["text"]));
  }
  return {};
}

Result<void> Contents::user(json::Value content) {
  if (content.is(json::Type::string)) {
    put(false, text_part(content));
    return {};
  }
  for (json::Value one : content) {
    if (auto done = part(one); !done) return done;
  }
  return {};
}

Result<void> Contents::part(json::Value part) {
  if (part["text"].is(json::Type::string)) {
    out_.drop_unknown(kPart, part, {"type", "text"});
    put(false, text_part(part["text"]));
    return {};
  }
  out_.drop_unknown(kPart, part, {"type", "image_url", "input_audio", "file"});
  Result<std::string> data;
  if (json::Value image = part["image_url"]; image.given()) {
    note_image_rest(image, out_);
    data = of_data_url("images", text_of(image.is(json::Type::string) ? image : image["url"]));
  } else if (json::Value audio = part["input_audio"]; audio.given()) {
    data = inline_data(audio_type(text_of(audio["format"])), text_of(audio["data"]));
  } else if (json::Value file = part["file"]; file.given()) {
    out_.drop_unknown("messages[].content[].file.", file, {"file_data"});
    data = of_data_url("files", text_of(file["file_data"]));
  } else {
    data = fail(ErrorKind::unsupported,
                fmt::format("this provider has no place for a part of type \"{}\"", text_of(part["type"])));
  }
  if (!data) return std::unexpected(data.error());
  put(false, *data);
  return {};
}

void Contents::assistant(json::Value message) {
  json::Value content = message["content"];
  std::string signature = told_signature(message);
  auto say = [&](json::Value text) {
    std::string part = text_part(text);
    if (!signature.empty()) part.insert(part.size() - 1, ",\"thoughtSignature\":" + json::quote(signature));
    signature.clear();
    put(true, part);
  };
  if (has_text(content)) say(content);
  for (json::Value one : content) {
    out_.drop_unknown(kPart, one, {"type", "text"});
    if (has_text(one["text"])) say(one["text"]);
  }
  if (has_text(message["refusal"])) say(message["refusal"]);
  bool first = true;
  for (json::Value one : message["tool_calls"]) {
    call(one, first);
    first = false;
  }
}

// The first call of a step carries the signature.
void Contents::call(json::Value call, bool first) {
  json::Value function = call["function"];
  if (!has_text(function["name"])) return out_.drop("messages[].tool_calls[]");
  out_.drop_unknown("messages[].tool_calls[].", call, {"id", "type", "index", "function", "extra_content"});
  const std::string id = text_of(call["id"]);
  const std::string name = text_of(function["name"]);
  const std::string arguments = object_of(function["arguments"]);
  names_[id] = name;
  std::string part;
  json::Writer writer(part);
  writer.begin_object().key("functionCall").begin_object();
  if (!id.empty()) writer.member("id", id);
  writer.member("name", name).member_raw("args", arguments).end_object();
  std::string signature = told_signature(call);
  if (signature.empty() && request_.signatures) {
    signature = request_.signatures->find(signature_key(request_, id));
    if (signature.empty()) signature = request_.signatures->find(signature_key(request_, name, arguments));
  }
  if (signature.empty() && first && traits_.signs_calls) signature = kNoSignature;
  if (!signature.empty()) writer.member("thoughtSignature", signature);
  writer.end_object();
  put(true, part);
}

Result<void> Contents::result(json::Value message) {
  const std::string id = text_of(message["tool_call_id"]);
  auto named = names_.find(id);
  const std::string name = named == names_.end() ? text_of(message["name"]) : named->second;
  if (name.empty()) {
    return fail(ErrorKind::unsupported,
                fmt::format("the tool result \"{}\" belongs to no call that is in the conversation", id));
  }
  json::Value content = message["content"];
  std::string text = text_of(content);
  for (json::Value part : content) {
    if (!part["text"].is(json::Type::string)) {
      return fail(ErrorKind::unsupported, "this provider takes only text in a tool's result");
    }
    out_.drop_unknown(kPart, part, {"type", "text"});
    if (!text.empty()) text.push_back('\n');
    text.append(text_of(part["text"]));
  }
  const std::string response = response_of(text, message["is_error"].boolean().value_or(false));
  std::string part;
  json::Writer writer(part);
  writer.begin_object().key("functionResponse").begin_object();
  if (!id.empty()) writer.member("id", id);
  writer.member("name", name).member_raw("response", response).end_object().end_object();
  put(false, part);
  return {};
}

std::string Contents::system() const {
  std::string out;
  for (const std::string& part : system_) {
    if (!out.empty()) out.push_back(',');
    out.append(part);
  }
  return out.empty() || !traits_.takes_system ? std::string() : "[" + out + "]";
}

std::string Contents::contents() const {
  std::string out = "[";
  std::string lead;
  if (!traits_.takes_system) {
    for (const std::string& part : system_) lead.append(part).push_back(',');
  }
  if (!lead.empty() && (turns_.empty() || turns_.front().model)) {
    lead.back() = ']';
    out.append("{\"role\":\"user\",\"parts\":[").append(lead).push_back('}');
    lead.clear();
  }
  for (const Turn& turn : turns_) {
    if (out.back() != '[') out.push_back(',');
    out.append(turn.model ? "{\"role\":\"model\",\"parts\":[" : "{\"role\":\"user\",\"parts\":[");
    out.append(lead).append(turn.parts).append("]}");
    lead.clear();
  }
  return out + "]";
}

}  // namespace freeway::dialect::gemini

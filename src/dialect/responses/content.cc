#include "dialect/responses/content.h"

#include <fmt/format.h>

#include "dialect/openai/members.h"
#include "json/writer.h"

namespace freeway::dialect::responses {

using openai::has_text;
using openai::wrong;

namespace {

void append_part(Content& out, const std::string& part) {
  if (!out.parts.empty()) out.parts += ',';
  out.parts += part;
}

Refusal by_id(json::Value part, const std::string& param) {
  if (!part["file_id"].given()) return std::nullopt;
  return wrong(param + ".file_id", "names an uploaded file, and freeway keeps none; send the content itself");
}

// Members of a part beside `type` that have no place in a chat.
void note_rest(json::Value part, Known known, Dropped& dropped) {
  for (json::Value member : part) {
    if (!member.key_equals("type") && is_unknown(member, known))
      dropped.add("input[].content[]." + json::unescape(member.key()));
  }
}

Refusal image(json::Value part, const std::string& param, Dropped& dropped, Content& out) {
  if (auto refusal = by_id(part, param)) return refusal;
  note_rest(part, {"image_url", "detail"}, dropped);
  if (!has_text(part["image_url"])) return wrong(param + ".image_url", "is required: an address, or a data: URL");
  std::string made;
  json::Writer writer(made);
  writer.begin_object().member("type", "image_url").key("image_url").begin_object();
  writer.member_raw("url", part["image_url"].raw());
  json::Value detail = part["detail"];
  if (detail.equals("original")) {
    writer.member("detail", "high");
    dropped.add("input[].content[].detail");
  } else if (detail.given()) {
    writer.member_raw("detail", detail.raw());
  }
  writer.end_object().end_object();
  out.media = true;
  append_part(out, made);
  return std::nullopt;
}

Refusal file(json::Value part, const std::string& param, Dropped& dropped, Content& out) {
  if (auto refusal = by_id(part, param)) return refusal;
  if (part["file_url"].given())
    return wrong(param + ".file_url", "would have to be fetched, which freeway does not do; send `file_data`");
  if (!has_text(part["file_data"])) return wrong(param + ".file_data", "is required: the file as a data: URL");
  note_rest(part, {"filename", "file_data"}, dropped);
  std::string made;
  json::Writer writer(made);
  writer.begin_object().member("type", "file").key("file").begin_object();
  if (part["filename"].given()) writer.member_raw("filename", part["filename"].raw());
  writer.member_raw("file_data", part["file_data"].raw()).end_object().end_object();
  out.media = true;
  append_part(out, made);
  return std::nullopt;
}

void text(json::Value value, bool apart, Content& out) {
  if (out.texts++ > 0) out.text += '\n';
  openai::append_text(out.text, value);
  if (!apart) append_part(out, fmt::format(R"({{"type":"text","text":{}}})", value.raw()));
}

Refusal one(json::Value part, const std::string& param, bool texts_apart, Dropped& dropped, Content& out) {
  if (!part.is(json::Type::object)) return wrong(param, fmt::format("must be an object, not {}", openai::type_name(part)));
  json::Value type = part["type"];
  if (type.equals("input_text") || type.equals("output_text") || type.equals("text") || type.equals("summary_text")) {
    if (!part["text"].is(json::Type::string)) return wrong(param + ".text", "must be a string");
    note_rest(part, {"text"}, dropped);
    text(part["text"], texts_apart, out);
    return std::nullopt;
  }
  if (type.equals("refusal") && part["refusal"].is(json::Type::string)) {
    note_rest(part, {"refusal"}, dropped);
    text(part["refusal"], texts_apart, out);
    return std::nullopt;
  }
  if (type.equals("input_image")) return image(part, param, dropped, out);
  if (type.equals("input_file")) return file(part, param, dropped, out);
  if (type.equals("input_audio") && part["input_audio"].is(json::Type::object)) {
    note_rest(part, {"input_audio"}, dropped);
    append_part(out, fmt::format(R"({{"type":"input_audio","input_audio":{}}})", part["input_audio"].raw()));
    out.media = true;
    return std::nullopt;
  }
  constexpr std::string_view kWanted = R"(must be "input_text", "input_image" or "input_file")";
  if (!type.given()) return wrong(param + ".type", fmt::format("{}, not missing", kWanted));
  std::string found = fmt::format(", not {}", type.raw().substr(0, 64));
  return wrong(param + ".type", fmt::format("{}{}", kWanted, found), found);
}

}  // namespace

Refusal read_content(json::Value content, const std::string& param, bool texts_apart, Dropped& dropped, Content& out) {
  std::size_t at = 0;
  for (json::Value part : content) {
    if (auto refusal = one(part, fmt::format("{}[{}]", param, at++), texts_apart, dropped, out)) return refusal;
  }
  return std::nullopt;
}

}  // namespace freeway::dialect::responses

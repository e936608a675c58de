#include "dialect/anthropic/blocks.h"

#include "dialect/openai/check.h"
#include "dialect/openai/members.h"

namespace freeway::dialect::anthropic {

namespace {

using openai::has_text;
using openai::wrong;

std::unexpected<RequestError> refused(std::string param, std::string_view what) {
  return std::unexpected(wrong(std::move(param), what));
}

// A model that is asked to cite what it was shown.
void note_citing(json::Value block, const Place& place, Dropped& dropped) {
  if (block["citations"]["enabled"].boolean().value_or(false)) dropped.add(place.general() + ".citations");
}

Checked read_image(json::Value block, const Place& place, Dropped& dropped, Parts& out) {
  json::Value source = block["source"];
  note_rest(block, place, {"source"}, dropped);
  if (source["type"].equals("base64")) {
    if (!has_text(source["data"])) return refused(place.member("source.data"), "is required: the image as base64");
    if (!has_text(source["media_type"])) return refused(place.member("source.media_type"), "is required: \"image/png\"");
    out.push_back({true, fmt::format("data:{};base64,{}", openai::text_of(source["media_type"]), source["data"].escaped())});
    return {};
  }
  if (source["type"].equals("url")) {
    if (!has_text(source["url"])) return refused(place.member("source.url"), "is required: where the image is");
    out.push_back({true, openai::text_of(source["url"])});
    return {};
  }
  if (source["type"].equals("file"))
    return refused(place.member("source"), "is a file that is kept at Anthropic; send the image as base64 or its address");
  return refused(place.member("source.type"), "must be \"base64\" or \"url\"");
}

// What stands before a text that has a name and an origin.
std::string heading(std::string_view kind, json::Value title, json::Value more) {
  std::string text = fmt::format("[{}", kind);
  if (has_text(title)) text += ": " + openai::text_of(title);
  text += "]\n";
  if (has_text(more)) text += openai::text_of(more) + "\n";
  return text;
}

Checked read_document(json::Value block, const Place& place, Dropped& dropped, Parts& out) {
  json::Value source = block["source"];
  note_rest(block, place, {"source", "title", "context", "citations"}, dropped);
  note_citing(block, place, dropped);
  json::Value type = source["type"];
  if (type.equals("base64") || type.equals("url"))
    return refused(place.member("source"), "is a PDF, which no provider here is known to read; send its text");
  if (type.equals("file")) return refused(place.member("source"), "is a file that is kept at Anthropic; send its text");
  std::string head = heading("Document", block["title"], block["context"]);
  if (type.equals("text")) {
    if (!source["data"].is(json::Type::string)) return refused(place.member("source.data"), "must be a string");
    out.push_back({false, head + openai::text_of(source["data"])});
    return {};
  }
  if (!type.equals("content")) return refused(place.member("source.type"), "must be \"text\" or \"content\"");
  out.push_back({false, std::move(head)});
  return read_content(source["content"], Place(place, "source"), dropped, out);
}

Checked read_search_result(json::Value block, const Place& place, Dropped& dropped, Parts& out) {
  note_rest(block, place, {"source", "title", "content", "citations"}, dropped);
  note_citing(block, place, dropped);
  out.push_back({false, heading("Search result", block["title"], block["source"])});
  return read_content(block["content"], place, dropped, out);
}

Checked read_text(json::Value block, const Place& place, Dropped& dropped, Parts& out) {
  note_rest(block, place, {"text"}, dropped);
  json::Value text = block["text"];
  if (!text.is(json::Type::string)) return refused(place.member("text"), text ? "must be a string" : "is required");
  if (!text.escaped().empty()) out.push_back({false, openai::text_of(text)});
  return {};
}

}  // namespace

void pass_by(json::Value block, Dropped& dropped) {
  if (block["cache_control"].given()) dropped.add("cache_control");
}

void note_rest(json::Value block, const Place& place, Known known, Dropped& dropped) {
  pass_by(block, dropped);
  for (json::Value member : block) {
    if (member.key_equals("type") || member.key_equals("cache_control") || !is_unknown(member, known)) continue;
    dropped.add(fmt::format("{}.{}", place.general(), json::unescape(member.key())));
  }
}

Checked read_block(json::Value block, const Place& place, Dropped& dropped, Parts& out) {
  if (!block.is(json::Type::object))
    return refused(place.name(), fmt::format("must be a content block, an object, not {}", openai::type_name(block)));
  json::Value type = block["type"];
  if (type.equals("text")) return read_text(block, place, dropped, out);
  if (type.equals("image")) return read_image(block, place, dropped, out);
  if (type.equals("document")) return read_document(block, place, dropped, out);
  if (type.equals("search_result")) return read_search_result(block, place, dropped, out);
  if (type.equals("tool_reference")) {
    note_rest(block, place, {"tool_name"}, dropped);
    out.push_back({false, fmt::format("[The tool {} can be used.]", openai::text_of(block["tool_name"]))});
    return {};
  }
  if (!has_text(type)) return refused(place.member("type"), "is required: the type of the content block");
  std::string found = fmt::format("\"{}\"", openai::text_of(type).substr(0, 80));
  return std::unexpected(wrong(place.member("type"), fmt::format("is {}, which has no place here", found), found));
}

Checked read_content(json::Value content, const Place& place, Dropped& dropped, Parts& out) {
  if (!content.given()) return {};
  if (content.is(json::Type::string)) {
    if (!content.escaped().empty()) out.push_back({false, openai::text_of(content)});
    return {};
  }
  if (!content.is(json::Type::array))
    return refused(place.member("content"),
                   fmt::format("must be a string or an array of blocks, not {}", openai::type_name(content)));
  std::size_t at = 0;
  for (json::Value block : content) {
    if (auto read = read_block(block, place.block(at), dropped, out); !read) return read;
    ++at;
  }
  return {};
}

std::string text_of(const Parts& parts) {
  std::string text;
  for (const Part& part : parts) {
    if (part.image) continue;
    if (!text.empty() && text.back() != '\n') text.push_back('\n');
    text += part.value;
  }
  return text;
}

void write_content(json::Writer& out, const Parts& parts) {
  if (parts.empty()) {
    out.string("");
    return;
  }
  if (parts.size() == 1 && !parts.front().image) {
    out.string(parts.front().value);
    return;
  }
  out.begin_array();
  for (const Part& part : parts) {
    out.begin_object();
    if (part.image) {
      out.member("type", "image_url").key("image_url").begin_object().member("url", part.value).end_object();
    } else {
      out.member("type", "text").member("text", part.value);
    }
    out.end_object();
  }
  out.end_array();
}

}  // namespace freeway::dialect::anthropic

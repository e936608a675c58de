#include "farm/multipart.h"

#include <fmt/format.h>

#include "base/text.h"

namespace freeway::farm {
namespace {

std::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorKind::malformed, fmt::format("Could not parse multipart form: {}", what));
}

// `name="a b"` or `name=a` of a header's parameters; a backslash keeps the quote behind it.
std::optional<std::string> parameter(std::string_view value, std::string_view name) {
  for (auto at = value.find(';'); at != std::string_view::npos;) {
    value = trim(value.substr(at + 1));
    const auto equals = value.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const bool wanted = iequals(trim(value.substr(0, equals)), name);
    value.remove_prefix(equals + 1);
    std::string text;
    if (value.starts_with('"')) {
      std::size_t i = 1;
      for (; i < value.size() && value[i] != '"'; ++i) {
        if (value[i] == '\\' && i + 1 < value.size() && (value[i + 1] == '"' || value[i + 1] == '\\')) ++i;
        text += value[i];
      }
      if (i >= value.size()) return std::nullopt;
      value.remove_prefix(i + 1);
    } else {
      text = trim(value.substr(0, value.find(';')));
    }
    if (wanted) return text;
    at = value.find(';');
  }
  return std::nullopt;
}

// The head of a part, its empty line included, and what follows it.
Result<FormPart> read_part(std::string_view part) {
  FormPart read;
  bool named = false;
  for (;;) {
    const auto end = part.find("\r\n");
    if (end == std::string_view::npos) return malformed("a part without an end of its head");
    const auto line = part.substr(0, end);
    part.remove_prefix(end + 2);
    if (line.empty()) break;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return malformed("a line of a part's head without a colon");
    const auto value = trim(line.substr(colon + 1));
    if (iequals(line.substr(0, colon), "content-type")) read.content_type = value;
    if (!iequals(line.substr(0, colon), "content-disposition")) continue;
    if (!iequals(trim(value.substr(0, value.find(';'))), "form-data")) return malformed("a part that is no form-data");
    const auto name = parameter(value, "name");
    if (!name) return malformed("a part without a name");
    read.name = *name;
    read.filename = parameter(value, "filename");
    named = true;
  }
  if (!named) return malformed("a part without a name");
  read.data = part;
  return read;
}

}  // namespace

Result<std::vector<FormPart>> read_form(std::string_view content_type, std::string_view body) {
  if (!iequals(trim(content_type.substr(0, content_type.find(';'))), "multipart/form-data")) {
    return malformed("the content type is not multipart/form-data");
  }
  const auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > 70) return malformed("no boundary");
  const auto line = fmt::format("--{}", *boundary);
  const auto between = fmt::format("\r\n{}", line);
  if (!body.starts_with(line)) return malformed("it does not start with its boundary");
  body.remove_prefix(line.size());
  std::vector<FormPart> parts;
  while (!body.starts_with("--")) {
    if (!body.starts_with("\r\n")) return malformed("a boundary that does not end its line");
    body.remove_prefix(2);
    const auto end = body.find(between);
    if (end == std::string_view::npos) return malformed("a part without an end");
    auto part = read_part(body.substr(0, end));
    if (!part) return std::unexpected(part.error());
    parts.push_back(std::move(*part));
    body.remove_prefix(end + between.size());
  }
  if (body != "--" && body != "--\r\n") return malformed("something after its end");
  return parts;
}

}  // namespace freeway::farm

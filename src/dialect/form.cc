#include "dialect/form.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "dialect/openai/digest.h"

namespace freeway::dialect {

namespace {

constexpr std::size_t kMostParts = 64;
constexpr std::size_t kLongestHead = 8 * 1024;
constexpr std::size_t kLongestBoundary = 70;

// A parameter of a field's value: `form-data; name="file"`. Quotes inside come as \" or, from browsers, as %22.
std::string parameter(std::string_view value, std::string_view name) {
  std::size_t at = value.find(';');
  while (at != std::string_view::npos) {
    std::string_view rest = trim(value.substr(at + 1));
    std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return "";
    bool wanted = iequals(trim(rest.substr(0, equals)), name);
    rest.remove_prefix(equals + 1);
    std::string text;
    std::size_t end = 0;
    if (rest.starts_with('"')) {
      for (end = 1; end < rest.size() && rest[end] != '"'; ++end) {
        if (rest[end] == '\\' && end + 1 < rest.size()) ++end;
        text.push_back(rest[end]);
      }
    } else {
      end = std::min(rest.find(';'), rest.size());
      text = trim(rest.substr(0, end));
    }
    if (wanted) return text;
    std::size_t next = rest.find(';', end);
    if (next == std::string_view::npos) return "";
    value = rest;
    at = next;
  }
  return "";
}

Result<chat::FormPart> read_head(std::string_view head) {
  chat::FormPart part;
  while (!head.empty()) {
    std::size_t end = std::min(head.find("\r\n"), head.size());
    std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    auto control = [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; };
    if (std::any_of(line.begin(), line.end(), control))
      return fail(ErrorKind::malformed, "a part of the form has a control character in its head");
    std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return fail(ErrorKind::malformed, "a part of the form has a field without a colon");
    std::string_view name = trim(line.substr(0, colon));
    std::string_view value = trim(line.substr(colon + 1));
    if (iequals(name, "content-disposition")) {
      part.name = parameter(value, "name");
      part.filename = parameter(value, "filename");
    } else if (iequals(name, "content-type")) {
      part.content_type = value;
    }
  }
  if (part.name.empty()) return fail(ErrorKind::malformed, "a part of the form has no name");
  return part;
}

}  // namespace

Result<std::vector<chat::FormPart>> read_form(std::string_view content_type, std::string_view body) {
  if (!istarts_with(content_type, "multipart/form-data"))
    return fail(ErrorKind::malformed, "the body must be multipart/form-data");
  std::string boundary = parameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > kLongestBoundary)
    return fail(ErrorKind::malformed, "the content type names no boundary of 1 to 70 characters");
  const std::string line = "--" + boundary;
  const std::string delimiter = "\r\n" + line;
  std::size_t at = body.starts_with(line) ? line.size() : body.find(delimiter);
  if (at == std::string_view::npos) return fail(ErrorKind::malformed, "the boundary does not stand in the body");
  if (!body.starts_with(line)) at += delimiter.size();
  std::vector<chat::FormPart> parts;
  for (;;) {
    std::string_view rest = body.substr(at);
    if (rest.starts_with("--")) return parts;
    std::size_t begin = rest.find("\r\n");
    if (begin == std::string_view::npos || !trim(rest.substr(0, begin)).empty()) break;
    rest.remove_prefix(begin + 2);
    // A part without any field begins with the empty line.
    std::size_t head = rest.starts_with("\r\n") ? 0 : rest.substr(0, kLongestHead).find("\r\n\r\n");
    if (head == std::string_view::npos) break;
    auto part = read_head(rest.substr(0, head));
    if (!part) return std::unexpected(part.error());
    rest.remove_prefix(head + 4);
    std::size_t end = rest.find(delimiter);
    if (end == std::string_view::npos) break;
    part->data = rest.substr(0, end);
    at = static_cast<std::size_t>(rest.data() - body.data()) + end + delimiter.size();
    parts.push_back(std::move(*part));
    if (parts.size() > kMostParts) return fail(ErrorKind::malformed, "the form has more than 64 parts");
  }
  return fail(ErrorKind::malformed, "the form is cut short or holds a part that is none");
}

WrittenForm write_form(const std::vector<chat::FormPart>& parts) {
  openai::Digest digest;
  std::size_t size = 0;
  for (const auto& part : parts) {
    digest.add(part.name).add(part.data);
    size += part.data.size() + 256;
  }
  std::string boundary;
  auto holds = [&](const chat::FormPart& part) { return part.data.find(boundary) != std::string_view::npos; };
  do {
    boundary = "freeway-" + digest.add(boundary).letters(32);
  } while (std::any_of(parts.begin(), parts.end(), holds));
  auto quoted = [](std::string_view text) {
    std::string out;
    for (char c : text) {
      if (c == '"' || c == '\\') out.push_back('\\');
      if (c != '\r' && c != '\n') out.push_back(c);
    }
    return out;
  };
  WrittenForm form;
  form.content_type = "multipart/form-data; boundary=" + boundary;
  form.body.reserve(size);
  for (const auto& part : parts) {
    form.body += fmt::format("--{}\r\nContent-Disposition: form-data; name=\"{}\"", boundary, quoted(part.name));
    if (!part.filename.empty()) form.body += fmt::format("; filename=\"{}\"", quoted(part.filename));
    if (!part.content_type.empty()) form.body += fmt::format("\r\nContent-Type: {}", quoted(part.content_type));
    form.body.append("\r\n\r\n").append(part.data).append("\r\n");
  }
  form.body += fmt::format("--{}--\r\n", boundary);
  return form;
}

}  // namespace freeway::dialect

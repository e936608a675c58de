#include "dialect/aihorde/prompt.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "dialect/openai/members.h"

namespace freeway::dialect::aihorde {

namespace {

// The shortest beginning of a label that is taken for one.
constexpr std::size_t kBegun = 3;

std::string_view label_of(json::Value role) {
  if (role.equals("user")) return kLabels[0];
  if (role.equals("assistant")) return kLabels[1];
  return role.equals("system") ? kLabels[2] : std::string_view();
}

Result<void> append_content(std::string& out, json::Value content) {
  if (!content.is(json::Type::array)) {
    openai::append_text(out, content);
    return {};
  }
  bool first = true;
  for (json::Value part : content) {
    json::Value text = part["text"];
    if (!text.is(json::Type::string)) {
      return fail(ErrorKind::unsupported,
                  fmt::format("this provider has no place for a part of type \"{}\"", openai::text_of(part["type"])));
    }
    if (!first) out += "\n";
    first = false;
    openai::append_text(out, text);
  }
  return {};
}

// A label that begins on the last line and was not written to its end.
std::string_view without_begun_label(std::string_view text) {
  std::size_t line = text.rfind('\n') + 1;  // of none: 0
  std::string_view last = text.substr(line);
  bool begun = last.size() >= kBegun &&
               std::any_of(kLabels.begin(), kLabels.end(), [&](std::string_view label) { return label.starts_with(last); });
  return begun ? text.substr(0, line) : text;
}

}  // namespace

Result<std::string> write_prompt(json::Value messages) {
  std::string out;
  bool open = false;
  for (json::Value message : messages) {
    std::string_view label = label_of(message["role"]);
    if (label.empty() || message["tool_calls"].size() > 0)
      return fail(ErrorKind::unsupported, "this provider has no tools, and no place for their results");
    if (!out.empty()) out += "\n\n";
    out.append(label).append("\n");
    if (auto written = append_content(out, message["content"]); !written) return std::unexpected(written.error());
    open = message["role"].equals("assistant");
  }
  if (!open) out.append(out.empty() ? "" : "\n\n").append(kLabels[1]).append("\n");
  return out;
}

Cut cut_answer(std::string_view text, std::span<const std::string> stops) {
  std::size_t end = std::string_view::npos;
  for (std::string_view label : kLabels) end = std::min(end, text.find(label));
  for (const std::string& stop : stops)
    if (!stop.empty()) end = std::min(end, text.find(stop));
  Cut cut;
  cut.stopped = end != std::string_view::npos;
  cut.text = trim(cut.stopped ? text.substr(0, end) : without_begun_label(text));
  return cut;
}

}  // namespace freeway::dialect::aihorde

#include "catalog/probe.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace freeway::catalog {

Result<ProbeSign> ProbeSign::parse(std::string_view text) {
  ProbeSign sign;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sign.status);
  std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  bool apart = rest.empty() || rest.front() == ' ';
  if (error != std::errc() || sign.status < 100 || sign.status > 599 || !apart)
    return fail(ErrorKind::invalid, fmt::format("expected \"401\" or \"400 text of the body\", found \"{}\"", text));
  sign.text = std::string(trim(rest));
  return sign;
}

ProbeResult judge(const Probe& probe, int status, std::string_view body) {
  auto says = [&](const std::vector<ProbeSign>& signs, bool with_text) {
    for (const ProbeSign& sign : signs) {
      if (sign.status != status || sign.text.empty() == with_text) continue;
      if (!with_text || ifind(body, sign.text) != std::string_view::npos) return true;
    }
    return false;
  };
  for (bool with_text : {true, false}) {
    if (says(probe.inconclusive, with_text)) return ProbeResult::inconclusive;
    if (says(probe.invalid, with_text)) return ProbeResult::invalid;
    if (says(probe.valid, with_text)) return ProbeResult::valid;
  }
  return ProbeResult::inconclusive;
}

}  // namespace freeway::catalog

#include "http/lines.h"

#include <fmt/format.h>

#include "http/grammar.h"

namespace freeway::http {

void LineReader::begin(std::size_t limit) {
  constexpr std::size_t kKeptCapacity = 1024;  // an idle connection holds no more
  left_ = limit;
  if (partial_.capacity() > kKeptCapacity) std::string().swap(partial_);
  partial_.clear();
  partial_used_ = false;
}

LineReader::Outcome LineReader::next(std::string_view& bytes) {
  if (partial_used_) {
    partial_.clear();
    partial_used_ = false;
  }
  const std::size_t newline = bytes.find('\n');
  const bool ended = newline != std::string_view::npos;
  const std::size_t taken = ended ? newline + 1 : bytes.size();
  if (partial_.size() + taken > left_) return Outcome::too_long;

  std::string_view whole = bytes.substr(0, taken);
  bytes.remove_prefix(taken);
  if (!ended || !partial_.empty()) {
    partial_ += whole;
    if (!ended) return Outcome::need_more;
    partial_used_ = true;
    whole = partial_;
  }
  left_ -= whole.size();
  whole.remove_suffix(1);
  if (!whole.ends_with('\r')) return Outcome::bare_lf;
  whole.remove_suffix(1);
  line_ = whole;
  return Outcome::line;
}

Result<FieldLine> parse_field_line(std::string_view line) {
  if (line.starts_with(' ') || line.starts_with('\t')) {
    return fail(ErrorKind::malformed, "a header field is folded over several lines");
  }
  auto colon = line.find(':');
  if (colon == std::string_view::npos) return fail(ErrorKind::malformed, "a header line has no colon");
  FieldLine field{line.substr(0, colon), grammar::trim_blanks(line.substr(colon + 1))};
  if (!grammar::is_token(field.name)) {
    bool blank = field.name.ends_with(' ') || field.name.ends_with('\t');
    return fail(ErrorKind::malformed, blank ? "a header field has white space before its colon"
                                            : "a header field's name is empty or holds characters that no name may hold");
  }
  if (!grammar::is_text(field.value)) {
    return fail(ErrorKind::malformed, fmt::format("the value of the header field {} holds a control character", field.name));
  }
  return field;
}

}  // namespace freeway::http

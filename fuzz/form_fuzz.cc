// A form: it is read alike however it is cut, and what was read comes back the same when it is written and read again. The
// first byte says how it is cut.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "dialect/form_test.h"

using namespace freeway;

namespace {

constexpr std::string_view kForm = "multipart/form-data; boundary=b";

void require(bool holds) {
  if (!holds) std::abort();
}

void compare(const chat::Form& one, const chat::Form& other) {
  require(one.parts.size() == other.parts.size());
  for (std::size_t i = 0; i < one.parts.size(); ++i) {
    const chat::FormPart& a = one.parts[i];
    const chat::FormPart& b = other.parts[i];
    require(a.name == b.name && a.filename == b.filename && a.content_type == b.content_type && a.file == b.file);
    require(dialect::bytes_of(one, a) == dialect::bytes_of(other, b) && a.seconds == b.seconds);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::size_t step = data[0] % 32 + 1;
  auto whole = dialect::read_form(kForm, bytes);
  auto cut = dialect::read_form(kForm, bytes, step);
  require(whole.has_value() == cut.has_value());
  if (!whole) return 0;
  compare(*whole, *cut);
  // A name that is written needs more room than one that is read.
  for (const auto& part : whole->parts)
    if (part.name.size() + part.filename.size() > 3000) return 0;

  auto part_held = dialect::read_form(kForm, bytes, step, step);
  for (const chat::Form* form : {&*whole, &*part_held}) {
    std::vector<const chat::FormPart*> parts;
    for (const auto& part : form->parts) parts.push_back(&part);
    dialect::Outgoing out;
    dialect::write_form(*form, parts, out);
    std::string body = dialect::whole_body(out);
    require(body.size() == out.body.size() + http::length_of(out.pieces));
    auto again = dialect::read_form(out.fields.find("content-type").value_or(""), body, step);
    require(again.has_value());
    compare(*whole, *again);
  }
  return 0;
}

#include "api/admin/operations.h"

namespace freeway::api::admin {

namespace {
constexpr std::size_t kLongSecret = 20;
constexpr std::size_t kShown = 4;
}  // namespace

const Discovery::Mark* Discovery::find(std::string_view model) const {
  for (const Mark& mark : known)
    if (mark.model == model) return &mark;
  return nullptr;
}

std::string_view to_string(KeyView::Source source) {
  switch (source) {
    case KeyView::Source::configuration: return "configuration";
    case KeyView::Source::environment: return "environment";
    case KeyView::Source::store: break;
  }
  return "store";
}

std::string_view to_string(KeyCheck::Result result) {
  switch (result) {
    case KeyCheck::Result::valid: return "valid";
    case KeyCheck::Result::invalid: return "invalid";
    case KeyCheck::Result::inconclusive: break;
  }
  return "inconclusive";
}

std::string mask(const Secret& secret) {
  std::string_view value = secret.reveal();
  if (value.empty()) return "";
  std::string shown = "…";
  if (value.size() >= kLongSecret) shown += value.substr(value.size() - kShown);
  return shown;
}

}  // namespace freeway::api::admin

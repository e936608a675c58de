#include "farm/job.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "farm/ask.h"
#include "farm/output.h"

namespace freeway::farm {
namespace {

constexpr std::array<std::string_view, 7> kKinds{"chat",   "embedding",     "rerank",    "image",
                                                 "speech", "transcription", "moderation"};

}  // namespace

std::string_view to_string(ModelKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::optional<ModelKind> model_kind(std::string_view name) {
  const auto* found = std::find(kKinds.begin(), kKinds.end(), name);
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<ModelKind>(found - kKinds.begin());
}

std::string model_kinds() { return fmt::format("{}", fmt::join(kKinds, ", ")); }

void add_input(Job& job, std::string text) {
  const auto tokens = tokens_in(text.size());
  add_input(job, std::move(text), tokens);
}

void add_input(Job& job, std::string text, std::uint64_t tokens) {
  job.tokens += tokens;
  job.longest = std::max(job.longest, tokens);
  job.inputs.push_back(std::move(text));
}

Result<void> check_members(json::Value root, const Shape& shape) {
  const auto found = misfit(root, shape);
  if (!found) return {};
  if (found->name.empty()) return fail(ErrorKind::invalid, "the body must be an object");
  const auto name = found->place.empty() ? found->name : fmt::format("{}.{}", found->place, found->name);
  switch (found->what) {
    case Misfit::What::unknown: return fail(ErrorKind::invalid, fmt::format("Unknown parameter: '{}'.", name));
    case Misfit::What::wrong_word:
      return fail(ErrorKind::invalid, fmt::format("Invalid value for '{}': {}.", name, found->value.raw().substr(0, 60)));
    default: return fail(ErrorKind::invalid, fmt::format("Invalid type for '{}'.", name));
  }
}

std::vector<std::pair<std::size_t, double>> ranking(const Job& job) {
  std::vector<std::pair<std::size_t, double>> all;
  for (std::size_t i = 0; i < job.inputs.size(); ++i) all.emplace_back(i, relevance(job.query, job.inputs[i]));
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
  if (job.top && *job.top < all.size()) all.resize(*job.top);
  return all;
}

void write_vector(json::Writer& out, const std::vector<double>& vector) {
  out.begin_array();
  for (const auto value : vector) out.number(value);
  out.end_array();
}

std::optional<std::string> text_or_member(json::Value value) {
  if (value.is(json::Type::object)) return value["text"].string();
  return value.string();
}

}  // namespace freeway::farm

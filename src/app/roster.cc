#include "app/roster.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/provider_call.h"
#include "http/message.h"

namespace freeway::app {

namespace {

constexpr std::size_t kMostModels = 5000;
constexpr std::size_t kMostPages = 50;
constexpr std::size_t kShortest = 8;  // of a secret that is looked for; a shorter one may be a word

Result<dialect::ModelPage> ask_page(const catalog::Provider& provider, const catalog::Key& key, const Clock& clock,
                                    const catalog::ModelList& list, const std::string& path, FetchLimits& limits) {
  auto call = provider_call(provider, key, list.base, provider.auth, plain_question(provider, path));
  if (!call) return std::unexpected(call.error());
  Instant begun = clock.now();
  auto answer = call_now(std::move(*call), fmt::format("the models of {}", provider.id), clock, limits);
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200) {
    return fail(ErrorKind::protocol,
                fmt::format("{} answers {} {}", provider.id, answer->status, http::reason_phrase(answer->status)));
  }
  limits.patience = std::max(limits.patience - (clock.now() - begun), Duration::zero());
  limits.bytes -= std::min(limits.bytes, answer->body.size());
  auto page = dialect::read_models(list.shape, answer->body);
  // What a reader says may quote what it read.
  if (!page) return fail(page.error().kind, fmt::format("{} answers with no list of models that can be read", provider.id));
  return page;
}

}  // namespace

void add_page(Roster& roster, dialect::ModelPage page, const Secret& secret) {
  roster.whole = roster.whole && page.whole;
  for (dialect::ListedModel& model : page.models) {
    if (secret.reveal().size() >= kShortest && model.id.contains(secret.reveal())) continue;
    auto same = [&](const dialect::ListedModel& known) { return known.id == model.id; };
    if (std::any_of(roster.models.begin(), roster.models.end(), same)) continue;
    if (roster.models.size() == kMostModels) {
      roster.whole = false;
      return;
    }
    roster.models.push_back(std::move(model));
  }
}

Result<Roster> roster_now(const catalog::Provider& provider, const catalog::Key& key, const Clock& clock,
                          FetchLimits limits) {
  auto list = dialect::list_of(provider);
  if (!list) return fail(ErrorKind::unsupported, fmt::format("{} has no list of its models", provider.id));
  Roster roster;
  std::string path = list->path;
  for (std::size_t i = 0; i < kMostPages; ++i) {
    auto page = ask_page(provider, key, clock, *list, path, limits);
    if (!page) return std::unexpected(page.error());
    std::string next = std::move(page->next);
    add_page(roster, std::move(*page), key.secret);
    if (next.empty()) return roster;
    path = fmt::format("{}{}{}", list->path, list->path.contains('?') ? '&' : '?', next);
  }
  roster.whole = false;
  return roster;
}

}  // namespace freeway::app

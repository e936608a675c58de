#include <fmt/format.h>

#include <ostream>

#include "app/doctor.h"
#include "app/greeting.h"
#include "app/session.h"
#include "app/table.h"
#include "json/writer.h"

namespace freeway::app {

namespace {

using Weight = Finding::Weight;

std::string_view word(Weight weight) {
  switch (weight) {
    case Weight::good: return "good";
    case Weight::note: return "note";
    case Weight::wrong: break;
  }
  return "wrong";
}

// Of the server if one runs, else of the data directory; a sentence of its own where neither can be had.
void look_inside(Session& session, const Situation* situation, std::vector<Finding>& found, bool& running) {
  auto add = [&](std::vector<Finding> more) {
    for (Finding& one : more) found.push_back(std::move(one));
  };
  auto reach = session.reach();
  if (!reach) {
    found.push_back({Weight::wrong, reach.error().message, ""});
    return;
  }
  running = reach->running();
  found.push_back({Weight::good,
                   running ? "a server runs on the data directory" : "the data directory is good; no server runs on it",
                   ""});
  const Situation* seen = reach->situation() != nullptr ? reach->situation() : situation;
  auto keys = reach->operations().keys();
  if (keys && seen != nullptr) add(judge_keys(*seen, *keys, session.outside));
  if (!keys) found.push_back({Weight::wrong, keys.error().message, ""});
  if (auto lists = reach->operations().discoveries()) add(judge_lists(*lists));
  if (reach->client() == nullptr) {
    if (seen != nullptr) add(judge_configuration({}, seen));
    return;
  }
  auto status = reach->client()->call("GET", "/admin/api/status");
  auto benches = reach->client()->call("GET", "/admin/api/benches");
  add(judge_server(status && status->ok() ? status->body : "", benches && benches->ok() ? benches->body : ""));
}

void print(Session& session, const std::vector<Finding>& found, std::size_t wrong) {
  for (const Finding& one : found) {
    session.out << fmt::format("{:<6}{}\n", word(one.weight), one.what);
    if (!one.mend.empty()) session.out << fmt::format("      → {}\n", one.mend);
  }
  session.out << (wrong == 0 ? std::string("nothing is wrong\n") : fmt::format("{} to mend\n", count(wrong, "thing")));
}

void print_json(Session& session, const std::vector<Finding>& found) {
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  for (const Finding& one : found) {
    writer.begin_object().member("weight", word(one.weight)).member("what", one.what).member("mend", one.mend).end_object();
  }
  writer.end_array();
  session.out << text << "\n";
}

}  // namespace

int examine(Session& session) {
  std::vector<Finding> found;
  std::vector<Mistake> mistakes;
  auto situation = read_situation(session.sources, session.outside, {}, mistakes);
  const Situation* seen = situation ? &*situation : nullptr;
  if (seen != nullptr) {
    found = judge_catalog(seen->config);
    std::erase_if(mistakes, [&](const Mistake& mistake) { return mistake.message == seen->config.catalog.trouble; });
  }
  for (Finding& one : judge_configuration(mistakes, nullptr)) found.push_back(std::move(one));
  bool running = false;
  if (seen != nullptr) look_inside(session, seen, found, running);
  MachineFacts facts = look_at_machine(session.data_directory, session.sources.config_path, seen, running, session.clock);
  for (Finding& one : judge_machine(facts)) found.push_back(std::move(one));
  std::size_t wrong = 0;
  for (const Finding& one : found) wrong += one.weight == Weight::wrong ? 1 : 0;
  if (session.asked.json) {
    print_json(session, found);
  } else {
    print(session, found, wrong);
  }
  return wrong == 0 ? kDone : kFailed;
}

}  // namespace freeway::app

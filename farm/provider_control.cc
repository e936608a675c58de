// What the control API sees of a provider and changes in it.
#include "farm/provider.h"

namespace freeway::farm {
namespace {

void write_tally(json::Writer& out, const Tally& tally) {
  out.member("received", tally.received).member("admitted", tally.admitted).member("refused", tally.refused);
  out.member("ok", tally.ok).member("aborted", tally.aborted);
  out.key("tokens").begin_object();
  out.member("prompt", tally.prompt_tokens).member("completion", tally.completion_tokens);
  out.end_object();
  out.key("faults").begin_object();
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    if (tally.faults[i] > 0) out.member(to_string(static_cast<FaultKind>(i)), tally.faults[i]);
  }
  out.end_object();
}

void add(Tally& sum, const Tally& more) {
  sum.received += more.received;
  sum.admitted += more.admitted;
  sum.refused += more.refused;
  sum.ok += more.ok;
  sum.aborted += more.aborted;
  sum.prompt_tokens += more.prompt_tokens;
  sum.completion_tokens += more.completion_tokens;
  for (std::size_t i = 0; i < kFaultKinds; ++i) sum.faults[i] += more.faults[i];
}

// Answer members of a control request over those in force; nothing changes if there are none.
std::shared_ptr<const AnswerSpec> changed(Table& table, const AnswerSpec& from) {
  AnswerSpec spec = from;
  const auto answer = table.take("answer");
  if (answer) {
    Table inner(answer, table.place("answer"), table.problem());
    read_answer(inner, spec);
    inner.done();
  }
  return std::make_shared<const AnswerSpec>(std::move(spec));
}

void change_behaviour(Table& table, Behaviour& behaviour, const AnswerSpec& base) {
  if (table.cleared("fault") || table.cleared("faults")) behaviour.faults.clear();
  if (table.cleared("script")) behaviour.script.clear();
  if (table.cleared("rules")) behaviour.rules.clear();
  read_behaviour(table, behaviour, base);
}

}  // namespace

void Provider::write_cell(json::Writer& out, const Cell& cell) {
  write_tally(out, cell.tally);
  out.member("concurrent", cell.in_flight).member("concurrent_max", cell.most_in_flight);
  out.key("windows").begin_object();
  for (std::size_t i = 0; i < cell.pools.size(); ++i) {
    if (cell.pools[i].unit() == Unit::concurrent) continue;
    const auto peak = cell.pools[i].peak();
    out.key(cell.names[i]).begin_object();
    out.member("limit", cell.pools[i].limit()).member("arrived_max", peak.arrived).member("admitted_max", peak.admitted);
    out.end_object();
  }
  out.end_object();
}

void Provider::write_allowances(const Moment& now, json::Writer& out) {
  out.key("pools").begin_object();
  for (std::size_t i = 0; i < allowances_.size(); ++i) {
    const auto& spec = spec_.pools[i];
    const auto amount = [&](std::string_view name, std::uint64_t of) { out.key(name).number(shown(spec.unit, of)); };
    out.key(spec.name).begin_object();
    out.member("scope", to_string(spec.scope)).member("unit", to_string(spec.unit));
    amount("limit", spec.limit);
    out.key("of").begin_object();
    for (std::size_t k = 0; k < allowances_[i].pools.size(); ++k) {
      auto& pool = allowances_[i].pools[k];
      const auto peak = pool.peak();
      out.key(allowances_[i].names[k]).begin_object();
      amount("used", pool.used(now));
      amount("admitted", pool.admitted());
      amount("admitted_max", peak.admitted);
      amount("arrived_max", peak.arrived);
      out.member("refused", pool.refused()).end_object();
    }
    out.end_object().end_object();
  }
  out.end_object();
}

void Provider::write_stats(const Moment& now, json::Writer& out) {
  use_foreign(now);
  Tally sum;
  std::uint64_t in_flight = 0;
  for (const auto& key : keys_) {
    add(sum, key.all.tally);
    in_flight += key.all.in_flight;
  }
  out.begin_object().member_bool("up", spec_.up);
  write_tally(out, sum);
  out.member("unauthorized", unauthorized_).member("invalid", invalid_).member("lists", lists_);
  out.member("concurrent", in_flight);
  out.key("connections").begin_object();
  out.member("opened", connections_opened).member("open", connections_open).end_object();
  out.key("foreign").begin_object();
  out.member("admitted", foreign_admitted_).member("refused", foreign_refused_).end_object();
  write_deferred(out);
  write_allowances(now, out);
  out.key("keys").begin_object();
  for (std::size_t k = 0; k < keys_.size(); ++k) {
    const auto& state = keys_[k];
    out.key(spec_.keys.empty() ? std::string_view() : std::string_view(spec_.keys[k])).begin_object();
    write_cell(out, state.all);
    out.key("models").begin_object();
    for (std::size_t m = 0; m < state.models.size(); ++m) {
      out.key(spec_.models[m].id).begin_object();
      write_cell(out, state.models[m]);
      out.end_object();
    }
    out.end_object().end_object();
  }
  out.end_object().end_object();
}

void Provider::change(Table& table) {
  std::string name;
  table.text("model", name);
  const auto at = model_index(name);
  if (!name.empty() && !at) return table.complain("model", "there is no such model");
  // Worked out aside, so that a mistake changes nothing.
  ProviderSpec next = spec_;
  if (at) {
    auto& model = next.models[*at];
    model.answer = changed(table, *model.answer);
    change_behaviour(table, model.behaviour, *model.answer);
    read_limits(table, "limits", model.limits);
  } else {
    if (table.take("answer")) {
      for (auto& model : next.models) model.answer = changed(table, *model.answer);
      next.answer = changed(table, *next.answer);
    }
    change_behaviour(table, next.behaviour, *next.answer);
    read_limits(table, "limits", next.limits);
    if (table.take("model_limits")) {
      for (auto& model : next.models) read_limits(table, "model_limits", model.limits);
    }
    read_pools(table, next);
    read_foreign(table, next);
  }
  table.flag("up", next.up);
  const bool new_limits = table.take("limits") || table.take("model_limits") || table.take("pools") || table.take("foreign");
  table.done();
  if (table.problem().any()) return;
  spec_ = std::move(next);
  if (new_limits) build_cells();
}

}  // namespace freeway::farm

#include "relay/fair_line.h"

#include <algorithm>

namespace freeway::relay {

FairLine::Head FairLine::head_of(const Flow& flow, ClientId client) {
  return {flow.turns.front(), *flow.tickets.begin(), client};
}

bool FairLine::before_all(ClientId client, Ticket ticket) const {
  if (empty()) return true;
  auto flow = flows_.find(client);
  std::uint32_t turn = time_;
  if (flow != flows_.end() && !flow->second.tickets.empty()) {
    if (*flow->second.tickets.begin() < ticket) return false;
    turn = flow->second.turns.front();
  } else if (flow != flows_.end()) {
    turn = std::max(turn, flow->second.next);
  }
  return Head(turn, ticket, client) <= *heads_.begin();
}

void FairLine::join(ClientId client, Ticket ticket) {
  Flow& flow = flows_[client];
  if (!flow.tickets.empty()) heads_.erase(head_of(flow, client));
  std::uint32_t turn = std::max(time_, flow.next);
  flow.tickets.insert(ticket);
  flow.turns.push_back(turn);
  flow.next = turn + 1;
  heads_.insert(head_of(flow, client));
}

void FairLine::leave(ClientId client, Ticket ticket, bool served) {
  auto found = flows_.find(client);
  if (found == flows_.end() || !found->second.tickets.contains(ticket)) return;
  Flow& flow = found->second;
  heads_.erase(head_of(flow, client));
  flow.tickets.erase(ticket);
  std::uint32_t turn = served ? flow.turns.front() : flow.turns.back();
  if (served) {
    flow.turns.pop_front();
  } else {
    flow.turns.pop_back();
    flow.next = turn;
  }
  if (!flow.tickets.empty()) {
    heads_.insert(head_of(flow, client));
  } else if (flow.next <= time_) {
    flows_.erase(found);
  }
  if (served) advance(turn);
}

// Once for each turn of the line, however many clients take it.
void FairLine::advance(std::uint32_t turn) {
  if (turn <= time_) return;
  time_ = turn;
  std::erase_if(flows_, [this](const auto& entry) { return entry.second.tickets.empty() && entry.second.next <= time_; });
}

}  // namespace freeway::relay

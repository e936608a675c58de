#include "api/throttle.h"

#include <algorithm>

#include "base/text.h"

namespace freeway::api {

namespace {

constexpr unsigned kSiteBits = 64;

net::Address site_of(const net::Address& source) { return source.v4() ? source : source.masked(kSiteBits); }

bool trusted_one(const net::Address& address, std::span<const net::Network> trusted) {
  return std::any_of(trusted.begin(), trusted.end(), [&](const net::Network& one) { return one.holds(address); });
}

// How far back X-Forwarded-For leads from a peer.
struct Chain {
  std::optional<net::Address> source;  // the last one that is known; the peer itself where the header leads nowhere
  bool told = false;                   // a trusted proxy named it
  bool readable = true;                // false: whoever stands before it has no address
};

Chain follow(std::string_view peer_address, const http::RequestHead& head, std::span<const net::Network> trusted) {
  Chain chain;
  chain.source = net::Address::parse(peer_address);
  if (!chain.source || !trusted_one(*chain.source, trusted)) return chain;
  // The fields read as one list; each proxy added its own peer at the end.
  for (std::size_t i = head.fields.size(); i-- > 0;) {
    const auto& field = *(head.fields.begin() + static_cast<std::ptrdiff_t>(i));
    if (!iequals(field.name, "x-forwarded-for")) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      auto comma = list.rfind(',');
      std::string_view last = trim(comma == std::string_view::npos ? list : list.substr(comma + 1));
      list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
      auto hop = net::Address::parse(last);
      chain.readable = hop.has_value();
      if (!hop) return chain;  // what stands before it is anybody's word
      chain.source = hop;
      chain.told = true;
      if (!trusted_one(*hop, trusted)) return chain;
    }
  }
  return chain;
}

}  // namespace

std::optional<net::Address> source_of(std::string_view peer_address, const http::RequestHead& head,
                                      std::span<const net::Network> trusted) {
  return follow(peer_address, head, trusted).source;
}

std::optional<net::Address> asked_for(std::string_view peer_address, const http::RequestHead& head,
                                      std::span<const net::Network> trusted) {
  auto chain = follow(peer_address, head, trusted);
  return chain.told && chain.readable ? chain.source : std::nullopt;
}

void WrongKeys::take_back(const net::Address& source) {
  std::lock_guard lock(mutex_);
  auto at = guesses_.find(site_of(source));
  if (at != guesses_.end() && at->second.count > 0) --at->second.count;
}

void WrongKeys::forgive(const net::Address& source) {
  std::lock_guard lock(mutex_);
  auto at = guesses_.find(site_of(source));
  if (at == guesses_.end()) return;
  order_.erase(at->second.place);
  guesses_.erase(at);
}

std::optional<Duration> WrongKeys::wrong(const net::Address& source, Instant now) {
  net::Address whose = site_of(source);
  std::lock_guard lock(mutex_);
  auto at = guesses_.find(whose);
  if (at != guesses_.end() && at->second.until <= now) {
    order_.erase(at->second.place);
    guesses_.erase(at);
    at = guesses_.end();
  }
  if (at == guesses_.end()) {
    if (guesses_.size() >= options_.addresses) {
      guesses_.erase(order_.front());
      order_.pop_front();
    }
    auto place = order_.insert(order_.end(), whose);
    at = guesses_.emplace(whose, Guesses{now + options_.window, 0, place}).first;
  }
  if (at->second.count >= options_.most) return at->second.until - now;
  ++at->second.count;
  return std::nullopt;
}

}  // namespace freeway::api

#include "farm/hub.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "json/writer.h"

namespace freeway::farm {

Result<std::uint16_t> Site::open(const std::string& provider, const net::ListenAddress& address, bool shared_port) {
  auto on_accept = [this, provider](std::unique_ptr<net::Stream> stream) {
    auto connection = std::make_unique<Connection>(*this, std::move(stream), provider);
    auto life = Connection::live(std::move(connection));
    loop_.spawn(std::move(life));
  };
  auto listener = net::Listener::open(loop_, address, std::move(on_accept), shared_port);
  if (!listener) return std::unexpected(listener.error());
  const auto port = (*listener)->port();
  listeners_[provider] = std::move(*listener);
  return port;
}

void Site::shut(const std::string& provider) {
  listeners_.erase(provider);
  for (auto* connection : connections_) {
    if (connection->belongs_to(provider)) connection->kill();
  }
}

std::vector<std::string> Site::listening() const {
  std::vector<std::string> names;
  for (const auto& [name, listener] : listeners_) names.push_back(name);
  return names;
}

Result<void> Hub::open_port(Site& site, const std::string& provider) {
  std::lock_guard lock(mutex_);
  auto address = base_;
  const auto known = ports_.find(provider);
  if (!provider.empty()) address.port = 0;
  if (known != ports_.end()) address.port = known->second;
  const bool joins = &site != sites_.front().get();
  const auto port = site.open(provider, address, joins);
  if (!port) return std::unexpected(port.error());
  ports_[provider] = *port;
  return {};
}

Result<void> Hub::open(net::Runtime& runtime, const net::ListenAddress& address) {
  base_ = address;
  const auto places = world_.places();
  for (std::size_t i = 0; i < runtime.size(); ++i) {
    sites_.push_back(std::make_unique<Site>(*this, world_, runtime.loop(i)));
    auto& site = *sites_.back();
    if (auto opened = open_port(site, ""); !opened) return opened;
    for (const auto& place : places) {
      if (!place.own_port) continue;
      if (auto opened = open_port(site, place.id); !opened) return opened;
    }
    if (auto agreed = agree_on(site, places); !agreed) return agreed;
  }
  return {};
}

void Hub::close() {
  for (auto& site : sites_) site->close_listeners();
}

Result<void> Hub::agree_on(Site& site, const std::vector<World::Place>& places) {
  for (const auto& place : places) {
    if (!place.up) {
      site.shut(place.id);
    } else if (place.own_port && !site.listens_for(place.id)) {
      if (auto opened = open_port(site, place.id); !opened) return opened;
    }
  }
  for (const auto& name : site.listening()) {
    const auto wanted = [&](const World::Place& place) { return place.id == name && place.own_port; };
    if (!name.empty() && std::none_of(places.begin(), places.end(), wanted)) site.shut(name);
  }
  return {};
}

Result<void> Hub::agree(Site& here) {
  const auto places = world_.places();
  for (auto& site : sites_) {
    if (site.get() == &here) continue;
    site->loop().post([this, &there = *site, places] {
      if (auto agreed = agree_on(there, places); !agreed) log::warn("{}", agreed.error().message);
    });
  }
  return agree_on(here, places);
}

std::string Hub::addresses() const {
  const auto places = world_.places();
  const bool everywhere = base_.host.empty() || base_.host == "*";
  const bool brackets = base_.host.find(':') != std::string::npos;
  const auto host = everywhere ? std::string("127.0.0.1") : brackets ? fmt::format("[{}]", base_.host) : base_.host;
  std::lock_guard lock(mutex_);
  const auto port_of = [this](const std::string& name) {
    const auto found = ports_.find(name);
    return found == ports_.end() ? std::uint16_t{0} : found->second;
  };
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("listen", fmt::format("{}:{}", host, port_of("")));
  writer.key("providers").begin_object();
  for (const auto& place : places) {
    const auto port = port_of(place.own_port ? place.id : "");
    writer.member(place.id, fmt::format("http://{}:{}/{}{}", host, port, place.id, place.base));
  }
  writer.end_object().end_object();
  return out;
}

}  // namespace freeway::farm

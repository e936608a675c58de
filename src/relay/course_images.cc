// How a request comes to the images that it names by address, where a route needs their bytes: once, for all its attempts.
#include <algorithm>
#include <utility>

#include "relay/course.h"
#include "relay/images.h"
#include "relay/way.h"

namespace freeway::relay {

using catalog::RouteId;

// They would have to be fetched before the route could be asked.
bool Course::lacks_images(RouteId route) const {
  const chat::Request& request = *job_.request;
  if (request.image_addresses.empty() || !request.image_data.empty()) return false;
  return !catalog::takes_image_addresses(catalog().provider(route), catalog().model(route));
}

// Of what may be waited for, something needs them: they are fetched before, so that nobody waits behind somebody who
// fetches.
std::optional<RouteId> Course::worth_fetching(const router::Plan& plan) const {
  if (last_chance_ || !worth_waiting(plan)) return std::nullopt;
  for (const router::LeftOut& left : plan.left_out) {
    bool opens = left.why == Why::quota || left.why == Why::probing || left.why == Why::benched;
    if (opens && lacks_images(left.route)) return left.route;
  }
  return std::nullopt;
}

// Nor does any other that is reached by the same way and needs images as data.
void Course::lacks_way(RouteId route) {
  const std::string& way = way_of(catalog().provider(route), catalog().key(route));
  const std::vector<RouteId>& routes = job_.routes.routes();
  for (RouteId other : routes) {
    if (lacks_images(other) && way_of(catalog().provider(other), catalog().key(other)) == way) tried_.push_back(other);
  }
}

// By the way to this route. What can't be had leaves the routes that take addresses, and where only the proxy failed those
// of other ways; no provider is to blame.
net::Task<> Course::fetch_images(RouteId route) {
  wants_images_.reset();
  const std::vector<chat::ImageAddress>& addresses = job_.request->image_addresses;
  auto proxy = proxy_of(catalog().provider(route), catalog().key(route));
  if (!proxy) {
    no_images_ = image_out_of_reach(addresses.front().part, proxy.error().message);
    lacks_way(route);
    co_return;
  }
  Instant until = std::min(deadline_, loop_.now() + job_.options.images.patience);
  ImageFetch fetch(client_, delivery_.wakeup(), job_.options.images, addresses, std::move(*proxy), until);
  for (;;) {
    ImageFetch::State state = fetch.look();
    if (state == ImageFetch::State::done) {
      job_.request->image_data = fetch.take();
      co_return;
    }
    if (state == ImageFetch::State::failed) {
      no_images_ = fetch.failure();
      if (fetch.proxy_failed()) {
        lacks_way(route);
      } else {
        job_.options.images.fetch = false;
      }
      co_return;
    }
    if (delivery_.gone() || delivery_.ending()) co_return;
    co_await delivery_.sleep(until);
  }
}

}  // namespace freeway::relay

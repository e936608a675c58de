// How a request comes to the images that it names by address, where a route needs their bytes: once, for all its attempts.
#include <algorithm>

#include "relay/course.h"
#include "relay/images.h"

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
bool Course::worth_fetching(const router::Plan& plan) const {
  if (!worth_waiting(plan)) return false;
  return std::any_of(plan.left_out.begin(), plan.left_out.end(), [this](const router::LeftOut& left) {
    bool opens = left.why == Why::quota || left.why == Why::probing || left.why == Why::benched;
    return opens && lacks_images(left.route);
  });
}

// What can't be had leaves the routes that take addresses; no provider is to blame.
net::Task<> Course::fetch_images() {
  wants_images_ = false;
  Instant until = loop_.now() + job_.options.images.patience;
  // A last chance begins when the deadline has passed.
  if (!last_chance_) until = std::min(deadline_, until);
  ImageFetch fetch(client_, delivery_.wakeup(), job_.options.images, job_.request->image_addresses, until);
  for (;;) {
    ImageFetch::State state = fetch.look();
    if (state == ImageFetch::State::done) {
      job_.request->image_data = fetch.take();
      co_return;
    }
    if (state == ImageFetch::State::failed) {
      no_images_ = fetch.failure();
      job_.options.images.fetch = false;
      co_return;
    }
    if (delivery_.gone() || delivery_.ending()) co_return;
    co_await delivery_.sleep(until);
  }
}

}  // namespace freeway::relay

#include "relay/images.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/duration.h"
#include "dialect/image.h"
#include "http/grammar.h"
#include "relay/web_address.h"

namespace freeway::relay {

namespace {

constexpr int kMostRedirects = 3;
constexpr int kGood = 200;

bool redirects(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

}  // namespace

ImageFetch::ImageFetch(upstream::Client& client, net::Wakeup& wakeup, const ImageOptions& options,
                       const std::vector<chat::ImageAddress>& addresses, std::shared_ptr<const net::ProxyAddress> proxy,
                       Instant until)
    : client_(client), wakeup_(wakeup), options_(options), proxy_(std::move(proxy)), until_(until) {
  if (addresses.size() > options_.count) {
    failure_ = image_unavailable(addresses[options_.count].part,
                                 fmt::format("no more than {} are fetched for a request", options_.count));
    return;
  }
  for (const chat::ImageAddress& named : addresses) {
    Coming one;
    one.named = &named;
    one.at = named.address;
    ask(one);
    if (failure_) return;
    coming_.push_back(std::move(one));
  }
}

ImageFetch::State ImageFetch::look() {
  for (auto one = coming_.begin(); one != coming_.end() && !failure_;) {
    // Nothing else of it is needed once it is kept.
    one = look_at(*one) ? coming_.erase(one) : std::next(one);
  }
  if (!failure_ && !coming_.empty() && wakeup_.loop().now() >= until_)
    give_up(coming_.front(), fmt::format("it did not come within {}", format_duration(options_.patience)));
  if (failure_) {
    coming_.clear();
    return State::failed;
  }
  return coming_.empty() ? State::done : State::waiting;
}

// Of all of them, as far as they have come.
std::uint64_t ImageFetch::held() const {
  std::uint64_t sum = bytes_;
  for (const Coming& one : coming_) sum += one.exchange->body().size() * one.named->mentions;
  return sum;
}

bool ImageFetch::give_up(const Coming& one, std::string_view why) {
  failure_ = image_unavailable(one.named->part, why);
  return false;
}

void ImageFetch::ask(Coming& one) {
  auto located = WebAddress::parse(one.at);
  if (!located) {
    give_up(one, located.error().message);
    return;
  }
  upstream::Call call;
  call.origin = std::move(located->origin);
  call.head.method = "GET";
  call.head.target = std::move(located->target);
  call.head.fields.add("accept", "image/*");
  call.head.fields.add("accept-encoding", "identity");
  call.guard = options_.guard;
  call.proxy = proxy_;
  call.connect_deadline = until_;
  one.collecting = false;
  one.exchange = client_.start(std::move(call), wakeup_);
}

// True: it is here.
bool ImageFetch::look_at(Coming& one) {
  const http::ResponseHead* head = one.exchange->head();
  if (const auto& broken = one.exchange->failure()) {
    proxy_failed_ = broken->kind == ErrorKind::proxy;
    give_up(one, broken->message);
    if (proxy_failed_) failure_ = image_out_of_reach(one.named->part, broken->message);
    return false;
  }
  if (!head) return false;
  if (redirects(head->status)) return follow(one);
  if (head->status != kGood) return give_up(one, fmt::format("its server answered {}", head->status));
  auto told = http::grammar::parse_length(head->fields.find("content-length").value_or(std::string_view()));
  if (told.value_or(0) > options_.bytes / one.named->mentions || held() > options_.bytes)
    return give_up(one, fmt::format("the images of this request are larger than {} bytes, each as often as it is named",
                                    options_.bytes));
  if (!std::exchange(one.collecting, true)) one.exchange->collect();
  return one.exchange->complete() && keep(one);
}

bool ImageFetch::follow(Coming& one) {
  auto location = one.exchange->head()->fields.find("location");
  if (!location || location->empty()) return give_up(one, "its server redirected nowhere");
  if (++one.redirects > kMostRedirects)
    return give_up(one, fmt::format("it was redirected more than {} times", kMostRedirects));
  one.at = resolve_reference(one.at, *location);
  ask(one);
  return false;
}

bool ImageFetch::keep(Coming& one) {
  std::string_view bytes = one.exchange->body();
  std::string_view type = dialect::image_type(bytes);
  if (type.empty()) return give_up(one, "what its address holds is no image that is known here");
  bytes_ += bytes.size() * one.named->mentions;
  data_.emplace(one.named->address, dialect::data_address(type, bytes));
  return true;
}

}  // namespace freeway::relay

// Images that a client named by address, on their way here for a provider that takes bytes alone.
//
// They come from anywhere on the web, so nothing of the client and nothing of a provider is sent along; each connection,
// after a redirect too, goes only where the guard lets it, and by the way to the provider that needs them. All are asked for
// at once. Moves by itself and rings the wake-up, like an attempt; belongs to the request's coroutine. Destroying it ends
// what still comes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/image.h"
#include "relay/failure.h"
#include "relay/options.h"
#include "upstream/client.h"

namespace freeway::relay {

class ImageFetch {
 public:
  // The addresses and the options must outlive it. `proxy`: the only way there, if set. Ends at `until` at the latest.
  ImageFetch(upstream::Client& client, net::Wakeup& wakeup, const ImageOptions& options,
             const std::vector<chat::ImageAddress>& addresses, std::shared_ptr<const net::ProxyAddress> proxy,
             Instant until);

  enum class State : unsigned char { waiting, done, failed };
  // What has become of them. To be asked after each ring and at `until`.
  State look();
  chat::ImageData take() { return std::move(data_); }   // once done
  const Failure& failure() const { return *failure_; }  // once failed
  // It was the proxy that failed; by another way they might be had.
  bool proxy_failed() const { return proxy_failed_; }

 private:
  struct Coming {
    const chat::ImageAddress* named = nullptr;
    std::string at;  // its address, after redirects that of the last
    std::unique_ptr<upstream::Exchange> exchange;
    int redirects = 0;
    bool collecting = false;
  };

  std::uint64_t held() const;
  void ask(Coming& one);
  bool look_at(Coming& one);
  bool follow(Coming& one);
  bool keep(Coming& one);
  bool give_up(const Coming& one, std::string_view why);

  upstream::Client& client_;
  net::Wakeup& wakeup_;
  const ImageOptions& options_;
  std::shared_ptr<const net::ProxyAddress> proxy_;
  Instant until_;
  std::vector<Coming> coming_;  // those that are not here yet
  std::uint64_t bytes_ = 0;     // of those that are
  chat::ImageData data_;
  std::optional<Failure> failure_;
  bool proxy_failed_ = false;
};

}  // namespace freeway::relay

#include "app/fetch.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "http/grammar.h"
#include "net/dial.h"
#include "net/loop.h"
#include "upstream/client.h"

namespace freeway::app {

namespace {

struct Fetching {
  net::Loop& loop;
  std::unique_ptr<net::Dialer> dialer;
  const std::string& called;
  FetchLimits limits;
  Result<http::ResponseHead> head = http::ResponseHead();
  std::string body;
};

constexpr Duration kGlance = std::chrono::milliseconds(200);  // between two looks at `called_off`

Instant next_look(const Fetching& fetching, Instant until) {
  if (fetching.limits.called_off == nullptr) return until;
  return std::min(until, fetching.loop.now() + kGlance);
}

net::Task<Result<http::ResponseHead>> ask(Fetching& fetching, upstream::Client& client, upstream::Call call) {
  const FetchLimits& limits = fetching.limits;
  Instant until = fetching.loop.now() + limits.patience;
  call.connect_deadline = until;
  net::Wakeup wakeup(fetching.loop);
  std::unique_ptr<upstream::Exchange> exchange = client.start(std::move(call), wakeup);
  bool collecting = false;
  Result<http::ResponseHead> answer;
  for (;;) {
    if (exchange->head() != nullptr) {
      if (!collecting) exchange->collect();
      collecting = true;
      if (exchange->body().size() > limits.bytes) {
        answer = fail(ErrorKind::too_large, fmt::format("{} is larger than {} bytes", fetching.called, limits.bytes));
        co_return answer;
      }
      if (exchange->complete()) {
        fetching.body = std::string(exchange->body());
        answer = *exchange->head();
        co_return answer;
      }
    }
    if (exchange->failure()) {
      const Error& failure = *exchange->failure();
      answer = fail(failure.kind, fmt::format("can't fetch {}: {}", fetching.called, failure.message));
      co_return answer;
    }
    net::Task<bool> waiting = wakeup.wait(next_look(fetching, until));
    bool rang = co_await std::move(waiting);
    if (limits.called_off != nullptr && *limits.called_off) {
      answer = fail(ErrorKind::cancelled, fmt::format("{} is no longer wanted", fetching.called));
      co_return answer;
    }
    if (!rang && fetching.loop.now() >= until) {
      answer = fail(ErrorKind::timeout, fmt::format("{} did not answer in time", fetching.called));
      co_return answer;
    }
  }
}

// The client lives inside, so that all that is its loop's ends before the loop does.
net::Task<> ask_and_stop(Fetching& fetching, upstream::Call call) {
  upstream::Options options;
  options.user_agent = "freeway/" FREEWAY_VERSION;
  options.answer_limit = fetching.limits.bytes + options.read_ahead;
  upstream::Client client(fetching.loop, *fetching.dialer, options);
  net::Task<Result<http::ResponseHead>> asked = ask(fetching, client, std::move(call));
  fetching.head = co_await std::move(asked);
  fetching.loop.stop();
}

// Fills `body` in where the answer came whole.
Result<http::ResponseHead> call_whole(upstream::Call call, const std::string& called, const Clock& clock, FetchLimits limits,
                                      std::string& body) {
  auto dialer = net::Dialer::create(net::Dialer::Options{});
  if (!dialer) return std::unexpected(dialer.error());
  net::Loop loop(clock);
  Fetching fetching{loop, std::move(*dialer), called, limits};
  net::Task<> task = ask_and_stop(fetching, std::move(call));
  loop.spawn(std::move(task));
  loop.run();
  body = std::move(fetching.body);
  return std::move(fetching.head);
}

Result<std::string> judge(const std::string& address, const http::ResponseHead& head, std::string body) {
  constexpr int kGood = 200;
  constexpr int kMissing = 404;
  if (head.status == kGood) return body;
  std::string text = fmt::format("{} answers {} {}", address, head.status, http::reason_phrase(head.status));
  if (head.status >= 300 && head.status < 400) {
    text += fmt::format("; redirects are not followed, so name the address where it is ({})",
                        head.fields.find("location").value_or("it does not say which"));
  }
  return fail(head.status == kMissing ? ErrorKind::not_found : ErrorKind::protocol, std::move(text));
}

}  // namespace

bool is_address(std::string_view text) { return istarts_with(text, "https://") || istarts_with(text, "http://"); }

Result<std::string> fetch_now(const std::string& address, const Clock& clock, FetchLimits limits) {
  // A query is no part of a Url, whose path is that of a base address.
  std::size_t query = address.find('?');
  auto url = http::Url::parse(address.substr(0, query));
  if (!url) return std::unexpected(url.error());
  upstream::Call call;
  call.origin = *url;
  call.head.method = "GET";
  call.head.target = url->path.empty() ? "/" : url->path;
  if (query != std::string::npos) call.head.target += address.substr(query);
  if (!http::grammar::is_target(call.head.target)) return fail(ErrorKind::invalid, fmt::format("{} is no address", address));
  call.head.fields.add("accept", "text/plain, */*");
  std::string body;
  auto head = call_whole(std::move(call), address, clock, limits, body);
  if (!head) return std::unexpected(head.error());
  return judge(address, *head, std::move(body));
}

Result<Fetched> call_now(upstream::Call call, const std::string& called, const Clock& clock, FetchLimits limits) {
  Fetched answer;
  auto head = call_whole(std::move(call), called, clock, limits, answer.body);
  if (!head) return std::unexpected(head.error());
  answer.status = head->status;
  return answer;
}

}  // namespace freeway::app

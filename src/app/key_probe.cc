#include "app/key_probe.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/provider_call.h"
#include "app/table.h"
#include "base/text.h"
#include "dialect/dialect.h"
#include "dialect/openai/surface.h"
#include "json/writer.h"
#include "net/dial.h"

namespace freeway::app {

namespace {

constexpr std::size_t kBodyBytes = 64 * 1024;
constexpr std::size_t kToldBytes = 200;

const catalog::Model* chat_model(const catalog::Provider& provider, std::string_view id) {
  for (const catalog::Model& model : provider.models) {
    if (id.empty() ? model.kind == catalog::Kind::chat && model.served() : model.id == id) return &model;
  }
  return nullptr;
}

// The smallest chat that there is, as the provider wants it written.
Result<dialect::Outgoing> small_chat(const catalog::Provider& provider, const std::string& model_id) {
  const dialect::Dialect* dialect = dialect::find(provider.dialect);
  if (dialect == nullptr) return fail(ErrorKind::unsupported, fmt::format("no dialect is called '{}'", provider.dialect));
  catalog::Model model;
  if (const catalog::Model* known = chat_model(provider, model_id)) model = *known;
  if (model.id.empty()) model.id = model_id;
  if (model.id.empty()) {
    return fail(ErrorKind::unsupported, fmt::format("{} has no chat model to try the key with", provider.id));
  }
  std::string text;
  json::Writer(text)
      .begin_object()
      .member("model", model.id)
      .key("messages")
      .begin_array()
      .begin_object()
      .member("role", "user")
      .member("content", "Hi")
      .end_object()
      .end_array()
      .member("max_tokens", 1)
      .end_object();
  auto request = dialect::openai::decode_request(std::move(text));
  if (!request) return fail(ErrorKind::invalid, request.error().message);
  return dialect->write_request(**request, provider, model);
}

// The provider's own words, in one line, without the key.
std::string told_by(const catalog::Provider& provider, const catalog::Key& key, int status, const http::Fields& fields,
                    std::string_view body) {
  const dialect::Dialect* dialect = dialect::find(provider.dialect);
  if (dialect == nullptr) return {};
  std::string told = dialect->read_fault(status, fields, body, WallTime()).message;
  std::string_view secret = key.secret.reveal();
  for (std::size_t at = 0; !secret.empty() && (at = told.find(secret, at)) != std::string::npos;) {
    told.replace(at, secret.size(), "[redacted]");
  }
  if (told.size() > kToldBytes) {
    std::size_t end = kToldBytes;
    while (end > 0 && (static_cast<unsigned char>(told[end]) & 0xC0) == 0x80) --end;
    told = told.substr(0, end) + "…";
  }
  return printable(trim(told));
}

}  // namespace

catalog::Probe probe_of(const catalog::Provider& provider) {
  if (provider.probe) return *provider.probe;
  catalog::Probe probe;
  probe.method = "POST";
  if (const catalog::Model* model = chat_model(provider, "")) probe.model = model->id;
  // A key that has used its allowance up is a key all the same.
  probe.valid = {{200, ""}, {429, ""}};
  probe.invalid = {{401, ""}, {403, ""}, {400, "api key not valid"}, {400, "invalid api key"}, {400, "incorrect api key"}};
  return probe;
}

Result<std::vector<upstream::Call>> probe_calls(const catalog::Provider& provider, const catalog::Key& key) {
  if (key.secret.empty()) {
    return fail(ErrorKind::unsupported, fmt::format("{} is asked without a key, so there is nothing to check", provider.id));
  }
  catalog::Probe probe = probe_of(provider);
  bool chat = !probe.model.empty() || probe.paths.empty();
  std::vector<std::string> paths = probe.paths;
  if (paths.empty()) paths.emplace_back();
  std::vector<upstream::Call> calls;
  for (const std::string& path : paths) {
    dialect::Outgoing outgoing;
    if (chat) {
      auto written = small_chat(provider, probe.model);
      if (!written) return std::unexpected(written.error());
      outgoing = std::move(*written);
    } else {
      outgoing = plain_question(provider, path);
      outgoing.method = probe.method;
    }
    if (!path.empty()) outgoing.path = path;
    auto call = provider_call(provider, key, probe.base, probe.auth.value_or(provider.auth), std::move(outgoing));
    if (!call) return std::unexpected(call.error());
    calls.push_back(std::move(*call));
  }
  return calls;
}

KeyVerdict judge_answer(const catalog::Provider& provider, const catalog::Key& key, int status, const http::Fields& fields,
                        std::string_view body) {
  KeyVerdict verdict;
  verdict.result = catalog::judge(probe_of(provider), status, body);
  std::string answer = fmt::format("{} {}", status, http::reason_phrase(status));
  if (status < 200 || status > 299 || verdict.result != catalog::ProbeResult::valid) {
    std::string told = told_by(provider, key, status, fields, body);
    if (!told.empty()) answer += ": " + told;
  }
  switch (verdict.result) {
    case catalog::ProbeResult::valid: verdict.reason = fmt::format("{} takes this key ({})", provider.id, answer); break;
    case catalog::ProbeResult::invalid: verdict.reason = fmt::format("{} refuses this key ({})", provider.id, answer); break;
    case catalog::ProbeResult::inconclusive:
      verdict.reason = fmt::format("{} answered {}, which does not tell whether the key is good", provider.id, answer);
      break;
  }
  return verdict;
}

KeyVerdict judge_together(const std::vector<KeyVerdict>& verdicts) {
  const KeyVerdict* open = nullptr;
  for (const KeyVerdict& verdict : verdicts) {
    if (verdict.result == catalog::ProbeResult::valid) return verdict;
    if (verdict.result == catalog::ProbeResult::inconclusive && open == nullptr) open = &verdict;
  }
  if (open != nullptr) return *open;
  return verdicts.empty() ? KeyVerdict{} : verdicts.back();
}

namespace {

net::Task<KeyVerdict> ask(net::Loop& loop, upstream::Client& client, std::shared_ptr<const catalog::Provider> provider,
                          const catalog::Key& key, upstream::Call call, Duration patience) {
  Instant until = loop.now() + patience;
  call.connect_deadline = until;
  net::Wakeup wakeup(loop);
  std::unique_ptr<upstream::Exchange> exchange = client.start(std::move(call), wakeup);
  bool collecting = false;
  KeyVerdict verdict;
  for (;;) {
    if (exchange->head() != nullptr) {
      if (!collecting) exchange->collect();
      collecting = true;
      if (exchange->complete() || exchange->body().size() > kBodyBytes) {
        const http::ResponseHead& head = *exchange->head();
        verdict = judge_answer(*provider, key, head.status, head.fields, exchange->body().substr(0, kBodyBytes));
        co_return verdict;
      }
    }
    if (exchange->failure()) {
      verdict.reason = fmt::format("{} could not be asked: {}", provider->id, exchange->failure()->message);
      co_return verdict;
    }
    net::Task<bool> waiting = wakeup.wait(until);
    bool rang = co_await std::move(waiting);
    if (!rang && loop.now() >= until) {
      verdict.reason = fmt::format("{} did not answer in time", provider->id);
      co_return verdict;
    }
  }
}

struct Probing {
  net::Loop& loop;
  std::unique_ptr<net::Dialer> dialer;
  KeyVerdict verdict;
};

// The client lives inside, so that all that is its loop's ends before the loop does.
net::Task<> probe_and_stop(Probing& probing, std::shared_ptr<const catalog::Provider> provider, catalog::Key key,
                           Duration patience) {
  upstream::Options options;
  options.user_agent = "freeway/" FREEWAY_VERSION;
  upstream::Client client(probing.loop, *probing.dialer, options);
  net::Task<KeyVerdict> asked = probe_key(probing.loop, client, std::move(provider), std::move(key), patience);
  probing.verdict = co_await std::move(asked);
  probing.loop.stop();
}

}  // namespace

net::Task<KeyVerdict> probe_key(net::Loop& loop, upstream::Client& client, std::shared_ptr<const catalog::Provider> provider,
                                catalog::Key key, Duration patience) {
  KeyVerdict verdict;
  Result<std::vector<upstream::Call>> calls = probe_calls(*provider, key);
  if (!calls) {
    verdict.reason = calls.error().message;
    co_return verdict;
  }
  std::vector<KeyVerdict> verdicts;
  for (upstream::Call& call : *calls) {
    upstream::Call next = std::move(call);
    net::Task<KeyVerdict> asked = ask(loop, client, provider, key, std::move(next), patience);
    verdict = co_await std::move(asked);
    verdicts.push_back(verdict);
    if (verdict.result == catalog::ProbeResult::valid) break;
  }
  verdict = judge_together(verdicts);
  co_return verdict;
}

KeyVerdict probe_key_now(const catalog::Provider& provider, const catalog::Key& key, const Clock& clock, Duration patience) {
  net::Loop loop(clock);
  auto dialer = net::Dialer::create(net::Dialer::Options{});
  if (!dialer) return {catalog::ProbeResult::inconclusive, dialer.error().message};
  Probing probing{loop, std::move(*dialer), {}};
  auto shared = std::make_shared<const catalog::Provider>(provider);
  net::Task<> task = probe_and_stop(probing, std::move(shared), key, patience);
  loop.spawn(std::move(task));
  loop.run();
  return probing.verdict;
}

}  // namespace freeway::app

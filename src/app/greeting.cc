#include "app/greeting.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/key_probe.h"
#include "base/text.h"

namespace freeway::app {

namespace {

std::string_view host_part(std::string_view address) {
  std::size_t colon = address.rfind(':');
  std::string_view host = colon == std::string_view::npos ? address : address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host;
}

bool is_everywhere(std::string_view host) { return host.empty() || host == "*" || host == "0.0.0.0" || host == "::"; }

// An address that a program on this machine can open.
std::string reachable(std::string_view address) {
  std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || !is_everywhere(host_part(address))) return std::string(address);
  return "127.0.0.1" + std::string(address.substr(colon));
}

bool keyless(const catalog::Provider& provider) {
  return std::all_of(provider.keys.begin(), provider.keys.end(), [](const catalog::Key& key) { return key.secret.empty(); });
}

std::string where_to(const catalog::Provider& provider) {
  return fmt::format("prompts go to {}, which {}", host_of(provider), data_use_text(provider.data_use));
}

std::string providers_text(const Config& config, const GreetingFacts& facts) {
  std::size_t models = 0;
  std::size_t keys = 0;
  std::string text;
  for (const catalog::Provider& provider : config.providers) {
    models += provider.models.size();
    if (keyless(provider)) {
      text += fmt::format("  without a key     {}: {}\n", provider.id, where_to(provider));
    } else {
      keys += provider.keys.size();
    }
  }
  std::string more;
  if (facts.waiting > 0) more = fmt::format("; {} more wait for a key: freeway keys add", facts.waiting);
  return fmt::format("  providers         {} with {} and {}{}\n", config.providers.size(), count(models, "model"),
                     count(keys, "key"), more) +
         text;
}

// On this machine alone nobody is asked for it.
bool shows_code(const GreetingFacts& facts) { return !facts.setup_code.empty() && !is_loopback(facts.address); }

std::string exposed(const GreetingFacts& facts) {
  return fmt::format(
      "{} can be reached from other machines, and keys and prompts travel there without TLS: put a TLS proxy in front, or "
      "listen on 127.0.0.1",
      facts.address);
}

}  // namespace

bool is_loopback(std::string_view address) {
  std::string_view host = host_part(address);
  return iequals(host, "localhost") || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

std::string count(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::string greeting(const Config& config, const GreetingFacts& facts) {
  std::string base = fmt::format("http://{}/v1", reachable(facts.address));
  std::string text = fmt::format("freeway {} listens on {}\n", FREEWAY_VERSION, facts.address);
  text += fmt::format("  base URL          {}\n", base);
  text += fmt::format("  dashboard         http://{}/\n", reachable(facts.address));
  if (shows_code(facts))
    text += fmt::format("  one-time code     {}, for the dashboard's first account\n", facts.setup_code);
  if (facts.generated_key) {
    text += "  client key        shown once, at the first start; `freeway clients add NAME` makes another\n";
  } else {
    text += fmt::format("  client keys       {}; `freeway clients list` shows them\n", config.client_keys.size());
  }
  text += providers_text(config, facts);
  if (config.providers.empty()) text += "  nothing can answer yet: add a key with `freeway keys add PROVIDER`\n";
  if (!is_loopback(facts.address)) text += fmt::format("  WARNING           {}\n", exposed(facts));
  text += fmt::format(
      "\n  curl {}/chat/completions -H \"authorization: Bearer $FREEWAY_KEY\" \\\n"
      "    -H 'content-type: application/json' \\\n"
      "    -d '{{\"model\":\"auto\",\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}'\n",
      base);
  return text;
}

std::vector<std::string> keyless_notes(const Config& config) {
  std::vector<std::string> notes;
  for (const catalog::Provider& provider : config.providers) {
    if (keyless(provider)) notes.push_back(fmt::format("{} is asked without a key: {}", provider.id, where_to(provider)));
  }
  return notes;
}

std::vector<std::string> start_notes(const Config& config, const GreetingFacts& facts) {
  std::vector<std::string> notes = keyless_notes(config);
  if (config.providers.empty()) notes.emplace_back("nothing can answer yet: add a key with `freeway keys add PROVIDER`");
  if (!is_loopback(facts.address)) notes.push_back(exposed(facts));
  if (shows_code(facts)) {
    notes.push_back(fmt::format("the dashboard at http://{}/ has no account yet; the first one needs the one-time code {}",
                                reachable(facts.address), facts.setup_code));
  }
  return notes;
}

std::string fresh_key_text(const Secret& key, const std::string& data_directory) {
  return fmt::format(
      "client key: {}\n"
      "  Keep it: it is shown this once, and only its digest is stored, in {}.\n"
      "  Clients send it as their API key; for the shell: export FREEWAY_KEY=<the key>\n",
      key.reveal(), data_directory);
}

}  // namespace freeway::app

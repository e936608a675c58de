#include "vault/secrets.h"

#include "base/log.h"
#include "base/text.h"

namespace freeway::vault {

void Secrets::set(const std::string& source, std::vector<Secret> values) {
  std::lock_guard lock(mutex_);
  sources_[source] = std::move(values);
  std::vector<std::string_view> all;
  for (const auto& [name, secrets] : sources_) {
    for (const auto& secret : secrets) all.push_back(secret.reveal());
  }
  auto next = std::make_shared<const SecretSet>(all);
  set_.store(next);
  log::hide(std::move(next));
}

std::vector<Secret> proxy_secrets(const Secret& proxy) {
  std::string_view text = proxy.reveal();
  auto scheme = text.find("://");
  std::string_view rest = scheme == std::string_view::npos ? text : text.substr(scheme + 3);
  rest = rest.substr(0, rest.find('/'));
  auto host = rest.rfind('@');
  if (host == std::string_view::npos) return {};
  auto colon = rest.substr(0, host).find(':');
  if (colon == std::string_view::npos) return {};
  std::string_view password = rest.substr(colon + 1, host - colon - 1);
  return {proxy, Secret(std::string(password)), Secret(percent_decode(password))};
}

}  // namespace freeway::vault

#include "app/process.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "app/situation.h"
#include "crypto/digest.h"

namespace freeway::app {

namespace {

// A text with everything that decides, one value after the other with its length, so that no two differ in silence.
class Sheet {
 public:
  Sheet& operator<<(std::string_view text) {
    fmt::format_to(std::back_inserter(text_), "{}:{};", text.size(), text);
    return *this;
  }
  Sheet& operator<<(const std::string& text) { return *this << std::string_view(text); }
  template <class Number>
    requires std::is_arithmetic_v<Number>
  Sheet& operator<<(Number number) {
    fmt::format_to(std::back_inserter(text_), "{};", number);
    return *this;
  }
  template <class Enum>
    requires std::is_enum_v<Enum>
  Sheet& operator<<(Enum value) {
    return *this << static_cast<int>(value);
  }
  Sheet& operator<<(Duration duration) { return *this << duration.count(); }
  template <class T>
  Sheet& operator<<(const std::optional<T>& value) {
    return value ? *this << *value : *this << std::string_view("-");
  }
  template <class T>
  Sheet& operator<<(const std::vector<T>& list) {
    *this << list.size();
    for (const auto& one : list) *this << one;
    return *this;
  }
  template <class A, class B>
  Sheet& operator<<(const std::pair<A, B>& both) {
    return *this << both.first << both.second;
  }
  Sheet& operator<<(const catalog::PoolSpec& pool) {
    *this << pool.name << pool.scope << pool.unit << pool.limit << pool.window.kind << pool.window.length;
    return *this << pool.window.zone << pool.window.day << pool.charge << pool.models;
  }
  Sheet& operator<<(const catalog::Timeouts& timeouts) {
    return *this << timeouts.connect << timeouts.first_token << timeouts.answer << timeouts.idle;
  }
  Sheet& operator<<(const catalog::Model& model) {
    *this << model.id << model.family << model.kind << model.context << model.max_output << model.tools << model.vision;
    *this << model.dialect << model.base_url << model.dimensions << model.max_inputs;
    return *this << model.json << model.pools << model.timeouts << model.served() << model.rank << model.speed;
  }
  Sheet& operator<<(const catalog::Key& key) { return *this << key.name << key.account << key.account_id; }
  Sheet& operator<<(const catalog::Provider& provider) {
    *this << provider.id << provider.dialect << provider.base_url << provider.chat_path << provider.keys;
    *this << provider.follow_up_url;
    *this << provider.day_clock << provider.timeouts << provider.models << provider.pools;
    return *this << provider.data_use.trains << provider.data_use.as_of;
  }
  static std::optional<Duration> expiry_of(const api::ClientKey& key) {
    return key.expires ? std::optional<Duration>(key.expires->time_since_epoch()) : std::nullopt;
  }
  Sheet& operator<<(const api::ClientKey& key) {
    return *this << key.name << key.models << key.rpm << key.tpd << key.privacy << expiry_of(key);
  }

  std::string digest() const { return crypto::sha256_hex(text_).substr(0, 16); }

 private:
  std::string text_;
};

}  // namespace

std::uint64_t resident_memory() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  if (!(file >> total >> resident)) return 0;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void refuse_core_dumps(const Outside& outside) {
  if (outside.variable("FREEWAY_CORE_DUMPS").value_or("") == "1") return;
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

std::shared_ptr<const SecretSet> secrets_of(const Config& config) {
  auto secrets = configured_secrets(config);
  std::vector<std::string_view> values;
  for (const auto& secret : secrets) values.push_back(secret.reveal());
  return std::make_shared<const SecretSet>(values);
}

std::string config_hash(const Config& config) {
  Sheet sheet;
  sheet << config.providers << config.client_keys << config.policy.aliases << config.policy.order << config.policy.strategy;
  sheet << config.policy.label_age << config.policy.profiles.size();
  for (const auto& [name, models] : config.policy.profiles) sheet << name << models;
  const auto& relay = config.relay;
  sheet << relay.max_attempts << relay.deadline << relay.queue_wait << relay.queue_length << relay.connect;
  sheet << relay.first_token << relay.answer << relay.idle << config.session_ttl;
  return sheet.digest();
}

}  // namespace freeway::app

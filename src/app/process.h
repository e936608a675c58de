// What the process knows of itself, and what a configuration comes down to.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/config.h"
#include "base/secret_set.h"

namespace freeway::app {

// A core dump would hold every key in plain. From now on there is none, neither of this process nor of its children, unless
// FREEWAY_CORE_DUMPS is 1, which leaves the limit as it is.
void refuse_core_dumps(const Outside& outside);

// In bytes, as the kernel tells; 0 if it does not. Any thread.
std::uint64_t resident_memory();

// Every secret of the configuration by value: keys of providers and clients, proxies' passwords, the admin token.
std::shared_ptr<const SecretSet> secrets_of(const Config& config);

// 16 hex digits: configurations with the same ones make the same decisions. Secrets are not in it.
std::string config_hash(const Config& config);

}  // namespace freeway::app

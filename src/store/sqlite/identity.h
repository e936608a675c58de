// The tables of provider keys, clients and facts. Each function does its statements and no transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/sqlite/database.h"
#include "store/store.h"

namespace freeway::store::sqlite {

Result<std::vector<KeyRow>> read_keys(Database& database);
Result<std::vector<ClientRow>> read_clients(Database& database);
Result<std::optional<std::string>> read_fact(Database& database, std::string_view name);

Result<void> apply_changes(Database& database, const Changes& changes);
Result<void> write_fact(Database& database, std::string_view name, const std::optional<std::string>& value);
Result<std::int64_t> next_key_ids(Database& database, std::int64_t count);

}  // namespace freeway::store::sqlite

#include "app/holdings.h"

#include "store/sqlite/sqlite.h"

namespace freeway::app {

std::string database_path(const std::string& data_directory) { return data_directory + "/freeway.db"; }

vault::MasterKeySource master_key_source(const std::string& data_directory, const Outside& outside) {
  vault::MasterKeySource source;
  source.directory = data_directory;
  auto variable = outside.variable("FREEWAY_MASTER_KEY");
  if (variable && !variable->empty()) source.environment = Secret(*variable);
  return source;
}

Result<Holdings> Holdings::open(const std::string& data_directory, const LogConfig& log, const Outside& outside,
                                const Clock& clock) {
  auto directory = DataDirectory::open(data_directory);
  if (!directory) return std::unexpected(directory.error());
  auto secrets = std::make_unique<vault::Secrets>();
  store::SqliteOptions options;
  options.secrets = &secrets->published();
  options.retention = log.keep;
  options.most_bytes = log.max_size;
  auto store = store::open_sqlite(database_path(data_directory), clock, options);
  if (!store) return std::unexpected(store.error());
  auto vault = vault::Vault::open(**store, master_key_source(data_directory, outside), clock);
  if (!vault) return std::unexpected(vault.error());
  vault::Vault* opened = vault->get();
  vault::Secrets* known = secrets.get();
  known->set("vault", opened->secrets());
  opened->on_change([opened, known] { known->set("vault", opened->secrets()); });
  return Holdings{std::move(*directory), std::move(secrets), std::move(*store), std::move(*vault)};
}

}  // namespace freeway::app

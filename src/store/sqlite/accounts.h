// The tables of accounts, logins and the audit. Thread-safe, as the writer and the readers are.
#pragma once

#include "store/accounts.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/writer.h"

namespace freeway::store::sqlite {

class Accounts final : public AccountBook {
 public:
  Accounts(Writer& writer, Readers& readers, const SqliteOptions& options)
      : writer_(writer), readers_(readers), most_done_(options.audit_done), most_refused_(options.audit_refused) {}

  Result<std::vector<AccountRow>> all() override;
  Result<void> add_first(const AccountRow& account) override;
  Result<void> set_password(std::string_view name, std::string_view password, WallTime at) override;
  Result<std::vector<LoginRow>> logins() override;
  Result<void> add_login(const LoginRow& login) override;
  Result<void> note_login(std::string_view id, WallTime seen) override;
  Result<void> end_logins(const std::vector<std::string>& ids) override;
  Result<void> add_audit(const AuditRow& row) override;
  Result<AuditPage> audit(std::optional<std::int64_t> before, std::size_t limit) override;

 private:
  Writer& writer_;
  Readers& readers_;
  const std::int64_t most_done_;
  const std::int64_t most_refused_;
};

}  // namespace freeway::store::sqlite

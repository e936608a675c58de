// Who may log in to the dashboard, who is logged in, and who changed what. Part of a Store, and as thread-safe: functions
// block on the disk, and what they write is there when they return.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace freeway::store {

struct AccountRow {
  std::string name;
  std::string password;  // hashed, see crypto/password.h
  WallTime created{};
  WallTime changed{};  // the password, last
};

// A browser that showed the password.
struct LoginRow {
  std::string id;      // public
  std::string digest;  // SHA-256 of the token in its cookie, lower-case hex
  std::string account;
  std::string address;  // that it logged in from; "" = none is known
  std::string agent;    // as it names itself
  WallTime created{};
  WallTime seen{};
};

struct AuditRow {
  std::int64_t id = 0;  // place in the list, for paging; given by the store
  WallTime time{};
  std::string who;      // an account, "token" or "socket"; "" = nobody that is known
  std::string address;  // "" = none is known
  std::string action;   // "keys.add"
  std::string subject;  // "groq key-1"
  bool done = false;    // else refused
};

struct AuditPage {
  std::vector<AuditRow> rows;        // newest first
  std::optional<std::int64_t> next;  // none: the list's beginning was reached
};

class AccountBook {
 public:
  virtual ~AccountBook() = default;

  virtual Result<std::vector<AccountRow>> all() = 0;  // by name
  // Fails with exhausted, and changes nothing, where there is any account already.
  virtual Result<void> add_first(const AccountRow& account) = 0;
  virtual Result<void> set_password(std::string_view name, std::string_view password, WallTime at) = 0;

  virtual Result<std::vector<LoginRow>> logins() = 0;  // oldest first
  virtual Result<void> add_login(const LoginRow& login) = 0;
  virtual Result<void> note_login(std::string_view id, WallTime seen) = 0;
  virtual Result<void> end_logins(const std::vector<std::string>& ids) = 0;  // missing ones are no mistake

  // The list is bounded, what was done and what was refused each for itself: the oldest rows go.
  virtual Result<void> add_audit(const AuditRow& row) = 0;
  // `before`: the `next` of the page before; none: from the newest.
  virtual Result<AuditPage> audit(std::optional<std::int64_t> before, std::size_t limit) = 0;
};

}  // namespace freeway::store

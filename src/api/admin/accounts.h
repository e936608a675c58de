// Who may use the dashboard: its one account, who is logged in, and who guesses passwords. Everything that a request needs
// to be let in is in memory, so no loop waits for the disk. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/throttle.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/published.h"
#include "base/secret.h"
#include "crypto/password.h"
#include "store/accounts.h"

namespace freeway::api::admin {

// A browser that showed the password. Any thread, no waiting.
struct Login {
  Login(store::LoginRow as_begun, WallTime at_most, Duration unused)
      : row(std::move(as_begun)), ends(at_most), idle(unused) {
    seen = noted = row.seen;
  }
  bool good(WallTime now) const { return !over && now < expires(); }
  WallTime expires() const { return std::min(ends, seen.load() + idle); }
  bool confirmed(Instant now) const { return now < confirmed_until.load(); }

  const store::LoginRow row;
  const WallTime ends;
  const Duration idle;
  std::atomic<WallTime> seen;
  std::atomic<WallTime> noted;  // `seen`, as the disk has it
  std::atomic<Instant> confirmed_until{Instant()};
  std::atomic<bool> over{false};  // logged out, or ended by somebody
};

class Accounts {
 public:
  struct Options {
    crypto::PasswordCost cost;
    Duration idle = std::chrono::hours(24 * 7);      // without a request a login ends
    Duration longest = std::chrono::hours(24 * 30);  // it ends in any case
    Duration confirmed = std::chrono::minutes(5);    // how long the password shown again counts
    Duration note_every = std::chrono::minutes(5);   // how far the disk may lag behind `seen`
    std::size_t most_logins = 100;                   // the oldest ends then
    // Wrong passwords and codes from one address; more are not tried at all.
    WrongKeys::Options guesses{5, std::chrono::minutes(1), 8192};
  };
  // Where a password comes from.
  struct Origin {
    std::string address;
    std::string agent;
  };
  struct Admitted {
    std::shared_ptr<Login> login;
    Secret token;  // for the cookie; only its digest is kept
  };

  // Reads what is stored; both must outlive this.
  static Result<std::unique_ptr<Accounts>> open(store::AccountBook& book, const Clock& clock, Options options);

  // In memory.
  std::string name() const;                                   // the account's; "" = there is none yet
  std::shared_ptr<Login> find(std::string_view token) const;  // null: none that is good. Counts as seen
  std::vector<std::shared_ptr<Login>> logins() const;         // good ones, newest first
  bool knows(std::string_view address) const;                 // a good login came from there
  std::string code() const;                                   // for the first account; "" = there is one
  bool code_matches(std::string_view told) const;             // dashes, blanks and case aside
  bool first_to_ask_for_code() { return !code_told_.exchange(true); }

  // To be asked before a password or code is looked at, so that guesses that run at once count as well. Nothing: try it.
  // Else this is how long nothing from there is tried. An address that is none is not held back. `here`: see Caller; what
  // comes through a proxy that is not known has the proxy's address, and must not hold back who sits at this machine.
  std::optional<Duration> guess(std::string_view address, bool here, Instant now);
  void no_guess(std::string_view address, bool here);  // it turned out to be none
  void forgive(std::string_view address, bool here);   // it was right

  // These block on the disk, those with a password for its hash as well, and take its memory.
  Result<Admitted> set_up(const std::string& name, std::string_view password,
                          const Origin& origin);  // exhausted: not the first
  Result<Admitted> log_in(std::string_view name, std::string_view password, const Origin& origin);  // denied
  Result<void> confirm(Login& login, std::string_view password);                                    // denied
  bool password_right(std::string_view name, std::string_view password) const;
  // Ends all logins but `keep`, which may be null.
  Result<void> set_password(std::string_view password, const Login* keep);
  Result<void> end(std::string_view id);  // not_found
  void keep(Login& login);                // writes down when it was seen, now and then
  store::AccountBook& book() { return book_; }

 private:
  using Table = std::map<std::string, std::shared_ptr<Login>, std::less<>>;  // by digest

  Accounts(store::AccountBook& book, const Clock& clock, Options options);
  std::shared_ptr<Login> make_login(store::LoginRow row) const;
  Result<Admitted> admit(const store::AccountRow& account, const Origin& origin);              // locked
  Result<void> end_some(const Table& table, const std::vector<std::shared_ptr<Login>>& gone);  // locked

  store::AccountBook& book_;
  const Clock& clock_;
  const Options options_;
  const std::string nobody_;  // the hash that unknown names are tried against
  const Secret code_;
  std::atomic<bool> code_told_{false};
  WrongKeys guesses_;
  WrongKeys guesses_here_;
  std::mutex changing_;
  Published<store::AccountRow> account_;  // null: there is none
  Published<Table> logins_{std::make_shared<Table>()};
};

// Long enough and no longer than anybody types; fails with invalid.
Result<void> check_password_rules(std::string_view password);

}  // namespace freeway::api::admin

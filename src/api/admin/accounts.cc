#include "api/admin/accounts.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/seal.h"

namespace freeway::api::admin {

namespace {

constexpr std::size_t kTokenLength = 43;  // 256 bits
constexpr std::size_t kIdLength = 12;
constexpr std::size_t kCodeGroups = 3;
constexpr std::size_t kCodeGroup = 4;

// "k7mq-3xfe-w9ap": 59 bits, in letters and digits that nobody mistakes for each other.
std::string make_code() {
  constexpr std::string_view kAlphabet = "abcdefghjkmnpqrstuvwxyz23456789";
  std::string code;
  std::size_t made = 0;
  while (made < kCodeGroups * kCodeGroup) {
    auto place = static_cast<unsigned char>(crypto::random_bytes(1)[0]) & 31U;
    if (place >= kAlphabet.size()) continue;
    if (made > 0 && made % kCodeGroup == 0) code += '-';
    code += kAlphabet[place];
    ++made;
  }
  return code;
}

std::string bare(std::string_view code) {
  std::string letters;
  for (char c : code)
    if (c != '-' && c != ' ') letters += ascii_lower(c);
  return letters;
}

Error wrong() { return {ErrorKind::denied, "This account or password is wrong."}; }
Error no_memory() { return {ErrorKind::io, "There is too little memory to hash a password; try again."}; }

}  // namespace

Result<void> check_password_rules(std::string_view password) {
  constexpr std::size_t kShortest = 10;
  constexpr std::size_t kLongest = 1024;
  auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; };  // a character of UTF-8
  if (static_cast<std::size_t>(std::count_if(password.begin(), password.end(), begins)) < kShortest)
    return fail(ErrorKind::invalid, "A password has 10 characters at least.");
  if (password.size() > kLongest) return fail(ErrorKind::invalid, "A password has 1024 bytes at most.");
  return {};
}

Accounts::Accounts(store::AccountBook& book, const Clock& clock, Options options)
    : book_(book),
      clock_(clock),
      options_(options),
      nobody_(crypto::hash_of_nothing(options.cost)),
      code_(make_code()),
      guesses_(options.guesses),
      guesses_here_(options.guesses) {}

Result<std::unique_ptr<Accounts>> Accounts::open(store::AccountBook& book, const Clock& clock, Options options) {
  std::unique_ptr<Accounts> made(new Accounts(book, clock, options));
  auto accounts = book.all();
  if (!accounts) return std::unexpected(accounts.error());
  if (!accounts->empty()) made->account_.store(std::make_shared<store::AccountRow>(accounts->front()));
  auto rows = book.logins();
  if (!rows) return std::unexpected(rows.error());
  auto table = std::make_shared<Table>();
  std::vector<std::string> gone;
  for (auto& row : *rows) {
    auto login = made->make_login(std::move(row));
    if (login->good(clock.wall())) {
      table->emplace(login->row.digest, login);
    } else {
      gone.push_back(login->row.id);
    }
  }
  if (!gone.empty()) {
    if (auto done = book.end_logins(gone); !done) return std::unexpected(done.error());
  }
  made->logins_.store(std::move(table));
  return made;
}

std::shared_ptr<Login> Accounts::make_login(store::LoginRow row) const {
  WallTime ends = row.created + options_.longest;
  return std::make_shared<Login>(std::move(row), ends, options_.idle);
}

std::string Accounts::name() const {
  auto account = account_.load();
  return account ? account->name : std::string();
}

std::shared_ptr<Login> Accounts::find(std::string_view token) const {
  if (token.size() != kTokenLength) return nullptr;
  auto table = logins_.load();
  auto at = table->find(crypto::sha256_hex(token));
  WallTime now = clock_.wall();
  if (at == table->end() || !at->second->good(now)) return nullptr;
  at->second->seen = now;
  return at->second;
}

std::vector<std::shared_ptr<Login>> Accounts::logins() const {
  auto table = logins_.load();
  WallTime now = clock_.wall();
  std::vector<std::shared_ptr<Login>> good;
  for (const auto& [digest, login] : *table)
    if (login->good(now)) good.push_back(login);
  std::sort(good.begin(), good.end(), [](const auto& a, const auto& b) {
    return a->row.created != b->row.created ? a->row.created > b->row.created : a->row.id < b->row.id;
  });
  return good;
}

bool Accounts::knows(std::string_view address) const {
  auto table = logins_.load();
  WallTime now = clock_.wall();
  return std::any_of(table->begin(), table->end(),
                     [&](const auto& one) { return one.second->row.address == address && one.second->good(now); });
}

std::string Accounts::code() const { return account_.load() ? std::string() : std::string(code_.reveal()); }

bool Accounts::code_matches(std::string_view told) const {
  return !account_.load() && Secret(bare(code_.reveal())).matches(bare(told));
}

std::optional<Duration> Accounts::guess(std::string_view address, bool here, Instant now) {
  auto source = net::Address::parse(address);
  return source ? (here ? guesses_here_ : guesses_).wrong(*source, now) : std::nullopt;
}

void Accounts::no_guess(std::string_view address, bool here) {
  if (auto source = net::Address::parse(address)) (here ? guesses_here_ : guesses_).take_back(*source);
}

void Accounts::forgive(std::string_view address, bool here) {
  if (auto source = net::Address::parse(address)) (here ? guesses_here_ : guesses_).forgive(*source);
}

Result<Accounts::Admitted> Accounts::set_up(const std::string& name, std::string_view password, const Origin& origin) {
  auto hash = crypto::hash_password(password, options_.cost);
  if (!hash) return std::unexpected(no_memory());
  std::lock_guard lock(changing_);
  auto account = std::make_shared<store::AccountRow>();
  account->name = name;
  account->password = std::move(*hash);
  account->created = account->changed = clock_.wall();
  if (auto done = book_.add_first(*account); !done) return std::unexpected(done.error());
  account_.store(account);
  return admit(*account, origin);
}

bool Accounts::password_right(std::string_view name, std::string_view password) const {
  auto account = account_.load();
  bool known = account && account->name == name;
  // Unknown names take as long as known ones.
  return crypto::password_matches(known ? account->password : nobody_, password) && known;
}

Result<Accounts::Admitted> Accounts::log_in(std::string_view name, std::string_view password, const Origin& origin) {
  auto before = account_.load();
  if (!password_right(name, password)) return std::unexpected(wrong());
  std::lock_guard lock(changing_);
  auto account = account_.load();
  if (!account || account != before) return std::unexpected(wrong());  // it was changed meanwhile
  return admit(*account, origin);
}

Result<Accounts::Admitted> Accounts::admit(const store::AccountRow& account, const Origin& origin) {
  Admitted admitted;
  admitted.token = Secret(crypto::random_token(kTokenLength));
  store::LoginRow row;
  row.id = crypto::random_token(kIdLength);
  row.digest = crypto::sha256_hex(admitted.token.reveal());
  row.account = account.name;
  row.address = origin.address;
  row.agent = origin.agent;
  row.created = row.seen = clock_.wall();
  if (auto done = book_.add_login(row); !done) return std::unexpected(done.error());
  admitted.login = make_login(std::move(row));
  Table table = *logins_.load();
  std::vector<std::shared_ptr<Login>> gone;
  for (const auto& [digest, login] : table)
    if (!login->good(clock_.wall())) gone.push_back(login);
  if (table.size() - gone.size() >= options_.most_logins) gone.push_back(logins().back());
  table.emplace(admitted.login->row.digest, admitted.login);
  if (auto done = end_some(table, gone); !done) return std::unexpected(done.error());
  return admitted;
}

// The disk last: what is to end does not come in again, though the disk may refuse to forget it.
Result<void> Accounts::end_some(const Table& table, const std::vector<std::shared_ptr<Login>>& gone) {
  auto left = std::make_shared<Table>(table);
  std::vector<std::string> ids;
  for (const auto& login : gone) {
    login->over = true;
    left->erase(login->row.digest);
    ids.push_back(login->row.id);
  }
  logins_.store(std::move(left));
  return ids.empty() ? Result<void>() : book_.end_logins(ids);
}

Result<void> Accounts::confirm(Login& login, std::string_view password) {
  if (!password_right(login.row.account, password)) return std::unexpected(wrong());
  login.confirmed_until = clock_.now() + options_.confirmed;
  return {};
}

Result<void> Accounts::set_password(std::string_view password, const Login* keep) {
  auto hash = crypto::hash_password(password, options_.cost);
  if (!hash) return std::unexpected(no_memory());
  std::lock_guard lock(changing_);
  auto before = account_.load();
  if (!before) return fail(ErrorKind::not_found, "There is no account yet.");
  auto account = std::make_shared<store::AccountRow>(*before);
  account->password = std::move(*hash);
  account->changed = clock_.wall();
  if (auto done = book_.set_password(account->name, account->password, account->changed); !done) return done;
  account_.store(account);
  auto table = logins_.load();
  std::vector<std::shared_ptr<Login>> gone;
  for (const auto& [digest, login] : *table)
    if (login.get() != keep) gone.push_back(login);
  return end_some(*table, gone);
}

Result<void> Accounts::end(std::string_view id) {
  std::lock_guard lock(changing_);
  auto table = logins_.load();
  for (const auto& [digest, login] : *table) {
    if (login->row.id != id) continue;
    return end_some(*table, {login});
  }
  return fail(ErrorKind::not_found, "There is no such session.");
}

void Accounts::keep(Login& login) {
  WallTime seen = login.seen;
  if (seen - login.noted.load() < options_.note_every) return;
  login.noted = seen;
  // If the disk refuses, a start sees it as idle for longer than it was.
  (void)book_.note_login(login.row.id, seen);
}

}  // namespace freeway::api::admin

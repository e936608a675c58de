// The dashboard's account: the first one, logging in and out, showing the password again, and who is logged in.
#include <fmt/format.h>

#include "api/admin/nouns.h"
#include "base/log.h"
#include "base/text.h"
#include "json/document.h"

namespace freeway::api::admin {

namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestAgent = 200;

server::Answer not_built() { return answer_problem(501, "This server has no accounts.", "not_built"); }
server::Answer wrong_password() { return answer_problem(401, "This account or password is wrong.", "wrong_password"); }
server::Answer no_login() {
  return answer_problem(422, "This is for a browser that is logged in; the token and the socket have no session.",
                        "no_session");
}

// The browser says so, or the proxy that ends TLS. Who lies harms nobody else's cookie.
bool over_tls(const Call& call) {
  auto origin = call.fields.find("origin");
  if (origin && origin->starts_with("https://")) return true;
  return iequals(call.fields.find("x-forwarded-proto").value_or(""), "https");
}

void set_cookie(server::Answer& answer, const Call& call, std::string_view token) {
  auto age = token.empty() ? std::chrono::seconds(0) : std::chrono::seconds(std::chrono::hours(24 * 30));
  answer.fields.add("set-cookie", fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", kLoginCookie, token,
                                              age.count(), over_tls(call) ? "; Secure" : ""));
}

bool wants_code(const Call& call) { return !call.caller.here && !call.caller.may(); }

// Whoever is asked for the code must find it: over the socket it is told, and here once in the log.
void tell_code(Accounts& accounts) {
  std::string code = accounts.code();
  if (code.empty() || !accounts.first_to_ask_for_code()) return;
  log::warn("the dashboard's first account is asked for from elsewhere, or through a proxy; its one-time code is {}", code);
}

server::Answer session_answer(const Gate& gate, const Call& call, const Caller& caller, int status = 200) {
  Accounts& accounts = *gate.office.accounts;
  std::string account = accounts.name();
  bool fresh = account.empty();
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("state", fresh ? "setup" : caller.may() ? "in" : "login");
  if (fresh) writer.member_bool("code_needed", wants_code(call));
  if (fresh && call.from_owner) writer.member("code", accounts.code());
  write_text(writer, "account", caller.login ? caller.login->row.account : "");
  write_text(writer, "csrf", caller.csrf);
  writer.key("confirmed_until");
  Instant confirmed = caller.login ? caller.login->confirmed_until.load() : Instant();
  write_until(writer, call, confirmed > call.now ? confirmed : kNever);
  writer.member("version", gate.office.vitals.version).end_object();
  return answer_json(std::move(body), status);
}

server::Answer admitted_answer(const Gate& gate, const Call& call, const Accounts::Admitted& admitted, int status) {
  Caller caller = call.caller;
  caller.access = Access::login;
  caller.login = admitted.login;
  caller.csrf = csrf_of(admitted.token.reveal());
  auto answer = session_answer(gate, call, caller, status);
  set_cookie(answer, call, admitted.token.reveal());
  return answer;
}

Accounts::Origin origin_of(const Call& call) {
  return {call.caller.address, std::string(call.fields.find("user-agent").value_or("").substr(0, kLongestAgent))};
}

struct Shown {
  std::string account;
  Secret password;
  std::string code;
};

Result<Shown> read_shown(const Call& call) {
  auto document = json::Document::parse(call.body);
  if (!document) return std::unexpected(document.error());
  auto root = document->root();
  Shown shown;
  shown.account = root["account"].string().value_or("admin");
  shown.password = Secret(root["password"].string().value_or(""));
  shown.code = root["code"].string().value_or("");
  if (shown.account.empty() || shown.account.size() > kLongestName || header_safe(shown.account) != shown.account)
    return fail(ErrorKind::invalid, "'account' is a name of 1 to 64 characters.");
  if (shown.password.empty()) return fail(ErrorKind::invalid, "The 'password' is missing.");
  return shown;
}

server::Answer account_exists() {
  return answer_problem(409, "There is an account already; log in with its password.", "account_exists");
}

// Nothing: the call may make the first account.
std::optional<server::Answer> check_code(Accounts& accounts, const Call& call, const std::string& code) {
  if (!wants_code(call)) return std::nullopt;
  if (code.empty()) {
    tell_code(accounts);
    return answer_problem(403,
                          "From another machine or through a proxy the first account needs the one-time code: `freeway "
                          "status` on the server's machine shows it, and the server's log does.",
                          "code_needed");
  }
  if (accounts.code_matches(code)) return std::nullopt;
  return answer_problem(403, "This is not the one-time code; `freeway status` on the server's machine shows it.",
                        "wrong_code");
}

}  // namespace

server::Answer get_session(const Gate& gate, const Call& call) {
  if (!gate.office.accounts) return not_built();
  if (wants_code(call)) tell_code(*gate.office.accounts);
  return session_answer(gate, call, call.caller);
}

server::Answer set_up(const Gate& gate, const Call& call) {
  if (!gate.office.accounts) return not_built();
  Accounts& accounts = *gate.office.accounts;
  auto shown = read_shown(call);
  std::optional<server::Answer> refused;
  if (!accounts.name().empty()) {
    refused = account_exists();
  } else if (!shown) {
    refused = answer_error(shown.error());
  } else if (refused = check_code(accounts, call, shown->code); refused && !shown->code.empty()) {
    return *refused;  // a wrong code was a guess
  }
  if (!refused) {
    if (auto good = check_password_rules(shown->password.reveal()); !good)
      refused = answer_problem(400, good.error().message, "weak_password");
  }
  if (refused) {
    accounts.no_guess(call.caller.address, call.caller.here);
    return *refused;
  }
  auto admitted = accounts.set_up(shown->account, shown->password.reveal(), origin_of(call));
  accounts.no_guess(call.caller.address, call.caller.here);
  if (!admitted && admitted.error().kind == ErrorKind::exhausted) return account_exists();
  if (!admitted) return answer_error(admitted.error());
  return admitted_answer(gate, call, *admitted, 201);
}

server::Answer log_in(const Gate& gate, const Call& call) {
  if (!gate.office.accounts) return not_built();
  Accounts& accounts = *gate.office.accounts;
  auto shown = read_shown(call);
  if (!shown) {
    accounts.no_guess(call.caller.address, call.caller.here);
    return answer_error(shown.error());
  }
  auto admitted = accounts.log_in(shown->account, shown->password.reveal(), origin_of(call));
  if (!admitted && admitted.error().kind == ErrorKind::denied) return wrong_password();
  accounts.forgive(call.caller.address, call.caller.here);
  if (!admitted) return answer_error(admitted.error());
  return admitted_answer(gate, call, *admitted, 200);
}

server::Answer log_out(const Gate& gate, const Call& call) {
  if (!gate.office.accounts) return not_built();
  if (!call.caller.login) return no_login();
  auto done = gate.office.accounts->end(call.caller.login->row.id);
  if (!done && done.error().kind != ErrorKind::not_found) return answer_error(done.error());
  server::Answer answer;
  answer.status = 204;
  answer.fields.add("cache-control", "no-store");
  set_cookie(answer, call, "");
  return answer;
}

server::Answer confirm_password(const Gate& gate, const Call& call) {
  if (!gate.office.accounts) return not_built();
  Accounts& accounts = *gate.office.accounts;
  auto shown = read_shown(call);
  if (!call.caller.login || !shown) {
    accounts.no_guess(call.caller.address, call.caller.here);
    return call.caller.login ? answer_error(shown.error()) : no_login();
  }
  if (auto done = accounts.confirm(*call.caller.login, shown->password.reveal()); !done) return wrong_password();
  accounts.forgive(call.caller.address, call.caller.here);
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("confirmed_until");
  write_until(writer, call, call.caller.login->confirmed_until.load());
  writer.end_object();
  return answer_json(std::move(body));
}

server::Answer change_password(const Gate& gate, const Call& call) {
  if (!gate.office.accounts) return not_built();
  Accounts& accounts = *gate.office.accounts;
  auto document = json::Document::parse(call.body);
  Secret old_one(document ? document->root()["old"].string().value_or("") : "");
  Secret next(document ? document->root()["new"].string().value_or("") : "");
  std::optional<server::Answer> refused;
  if (!document) {
    refused = answer_error(document.error());
  } else if (auto good = check_password_rules(next.reveal()); !good) {
    refused = answer_problem(400, good.error().message, "weak_password");
  }
  if (refused) {
    accounts.no_guess(call.caller.address, call.caller.here);
    return *refused;
  }
  // Whoever owns the process may have forgotten it.
  if (!call.from_owner && !accounts.password_right(accounts.name(), old_one.reveal())) return wrong_password();
  accounts.forgive(call.caller.address, call.caller.here);
  if (auto done = accounts.set_password(next.reveal(), call.caller.login.get()); !done) return answer_error(done.error());
  return session_answer(gate, call, call.caller);
}

server::Answer get_sessions(const Gate& gate, const Call& call) {
  if (!gate.office.accounts) return not_built();
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("sessions").begin_array();
  for (const auto& login : gate.office.accounts->logins()) {
    writer.begin_object().member("id", login->row.id).member("account", login->row.account);
    write_text(writer, "address", login->row.address);
    write_text(writer, "agent", login->row.agent);
    write_time(writer, "created", login->row.created);
    write_time(writer, "seen", login->seen.load());
    write_time(writer, "expires", login->expires());
    writer.member_bool("current", login == call.caller.login).end_object();
  }
  writer.end_array().end_object();
  return answer_json(std::move(body));
}

server::Answer end_session(const Gate& gate, const Call& call) {
  if (!gate.office.accounts) return not_built();
  if (auto done = gate.office.accounts->end(call.path[1]); !done) return answer_error(done.error());
  std::string body;
  json::Writer(body).begin_object().member("id", call.path[1]).end_object();
  auto answer = answer_json(std::move(body));
  if (call.caller.login && call.caller.login->row.id == call.path[1]) set_cookie(answer, call, "");
  return answer;
}

}  // namespace freeway::api::admin

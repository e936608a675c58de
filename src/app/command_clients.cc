#include <fmt/format.h>

#include <ostream>

#include "api/admin/desk.h"
#include "app/greeting.h"
#include "app/session.h"
#include "app/table.h"
#include "base/duration.h"
#include "json/writer.h"

namespace freeway::app {

namespace {

using api::admin::ClientView;

std::string limits_of(const ClientView& client) {
  std::string text;
  if (client.rpm) text += with_commas(*client.rpm) + " requests a minute";
  if (client.tpd) text += (text.empty() ? "" : ", ") + with_commas(*client.tpd) + " tokens a day";
  return text.empty() ? "none" : text;
}

std::string models_of(const ClientView& client) {
  return client.models.empty() ? "all" : fmt::format("{}", fmt::join(client.models, " "));
}

// "30d" from now, or a moment; nothing for what is neither, or has passed.
std::optional<WallTime> moment_of(std::string_view text, WallTime now) {
  auto ahead = parse_duration(text);
  auto moment = ahead ? std::optional(now + *ahead) : parse_iso_time(text);
  return moment && *moment > now ? moment : std::nullopt;
}

std::string state_of(const Session& session, const ClientView& client) {
  if (client.revoked) return "revoked " + short_time(*client.revoked);
  if (!client.expires) return "good";
  return (*client.expires <= session.clock.wall() ? "expired " : "good until ") + short_time(*client.expires);
}

void write_client(json::Writer& writer, const ClientView& client) {
  writer.member("name", client.name);
  writer.member("source", client.source == ClientView::Source::store ? "store" : "configuration");
  writer.key("models").begin_array();
  for (const std::string& model : client.models) writer.string(model);
  writer.end_array().key("rpm");
  if (client.rpm) {
    writer.natural(*client.rpm);
  } else {
    writer.null();
  }
  writer.key("tpd");
  if (client.tpd) {
    writer.natural(*client.tpd);
  } else {
    writer.null();
  }
  api::admin::write_time(writer, "expires", client.expires);
  writer.member("privacy", to_string(client.privacy)).member_bool("revoked", client.revoked.has_value());
}

}  // namespace

int add_client(Session& session) {
  api::admin::NewClient wanted;
  wanted.name = session.asked.name;
  wanted.models = session.asked.models;
  wanted.rpm = session.asked.rpm;
  wanted.tpd = session.asked.tpd;
  wanted.privacy = catalog::privacy_named(session.asked.privacy).value_or(catalog::kStrictest);
  if (!session.asked.expires.empty()) {
    wanted.expires = moment_of(session.asked.expires, session.clock.wall());
    if (!wanted.expires) {
      return session.misused(fmt::format(
          "--expires takes a time that is yet to come, such as \"30d\" or \"2030-01-31T08:00:00Z\"; found \"{}\"",
          session.asked.expires));
    }
  }
  auto reach = session.reach();
  if (!reach) return session.failed(reach.error());
  auto made = reach->operations().add_client(std::move(wanted));
  if (!made) return session.failed(made.error());
  if (session.asked.json) {
    std::string text;
    json::Writer writer(text);
    writer.begin_object();
    write_client(writer, made->client);
    writer.member("key", made->key.reveal()).end_object();
    session.out << text << "\n";
    return kDone;
  }
  session.out << made->key.reveal() << "\n";
  session.err << fmt::format("the key of {}: it is shown this once, only its digest is stored\n",
                             printable(made->client.name));
  return kDone;
}

int list_clients(Session& session) {
  auto reach = session.reach();
  if (!reach) return session.failed(reach.error());
  auto clients = reach->operations().clients();
  if (!clients) return session.failed(clients.error());
  std::string text;
  json::Writer writer(text);
  if (session.asked.json) writer.begin_array();
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "FROM", "MODELS", "LIMITS", "PRIVACY", "CREATED", "LAST USED", "STATE"}};
  for (const ClientView& client : *clients) {
    rows.push_back({client.name, client.source == ClientView::Source::store ? "store" : "configuration", models_of(client),
                    limits_of(client), std::string(to_string(client.privacy)),
                    client.created ? short_time(*client.created) : "", client.used ? short_time(*client.used) : "",
                    state_of(session, client)});
    if (!session.asked.json) continue;
    writer.begin_object();
    write_client(writer, client);
    writer.end_object();
  }
  if (session.asked.json) {
    writer.end_array();
    session.out << text << "\n";
  } else if (rows.size() == 1) {
    session.out << "no client yet; `freeway clients add NAME` adds one, and the first start makes one by itself\n";
  } else {
    session.out << table(rows);
  }
  return kDone;
}

int revoke_client(Session& session) {
  auto reach = session.reach();
  if (!reach) return session.failed(reach.error());
  auto done = reach->operations().revoke_client(session.asked.name);
  if (!done) return session.failed(done.error());
  session.out << fmt::format("revoked {}: its key is refused from now on\n", printable(session.asked.name));
  return kDone;
}

}  // namespace freeway::app

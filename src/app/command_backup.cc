#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "app/backup.h"
#include "app/session.h"
#include "app/table.h"
#include "json/writer.h"

namespace freeway::app {

namespace {

// From the variable, else asked for on the terminal.
Result<Secret> passphrase(Session& session, const std::string& question) {
  if (!session.asked.passphrase_env.empty()) {
    auto value = session.outside.variable(session.asked.passphrase_env);
    if (!value || value->empty()) {
      return fail(ErrorKind::not_found, fmt::format("the environment variable {} is not set", session.asked.passphrase_env));
    }
    return Secret(*value);
  }
  if (!session.console.input_is_terminal) {
    return fail(ErrorKind::invalid, "a passphrase is needed; name its environment variable with --passphrase-env");
  }
  return session.console.ask_secret(question);
}

}  // namespace

int back_up(Session& session) {
  api::admin::BackupOrder order;
  // The server has its own working directory.
  if (!session.asked.file.empty()) order.path = std::filesystem::absolute(session.asked.file).lexically_normal().string();
  order.requests = !session.asked.without_requests;
  order.master_key = session.asked.with_master_key || !session.asked.passphrase_env.empty();
  if (order.master_key) {
    auto phrase = passphrase(session, "passphrase for the master key: ");
    if (!phrase) return session.failed(phrase.error());
    order.passphrase = std::move(*phrase);
  }
  auto reach = session.reach();
  if (!reach) return session.failed(reach.error());
  auto done = reach->operations().backup(order);
  if (!done) return session.failed(done.error());
  if (session.asked.json) {
    std::string text;
    json::Writer(text).begin_object().member("path", done->path).member("bytes", done->bytes).end_object();
    session.out << text << "\n";
    return kDone;
  }
  session.out << fmt::format("wrote {} ({} bytes)\n", done->path, with_commas(done->bytes));
  if (order.master_key) {
    session.out << "the master key is in it, sealed under the passphrase\n";
  } else {
    session.out << fmt::format(
        "without the master key: keep {}/master.key elsewhere, or use --with-master-key; the provider keys do not open "
        "without it\n",
        session.data_directory);
  }
  return kDone;
}

int restore(Session& session) {
  auto directory = DataDirectory::open(session.data_directory);
  if (!directory) return session.failed(directory.error());
  RestorePlan plan;
  plan.path = session.asked.file;
  plan.data_directory = session.data_directory;
  plan.replace = session.asked.replace;
  plan.master = master_key_source(session.data_directory, session.outside);
  if (session.asked.with_master_key || !session.asked.passphrase_env.empty()) {
    auto phrase = passphrase(session, "passphrase of the backup: ");
    if (!phrase) return session.failed(phrase.error());
    plan.passphrase = std::move(*phrase);
  }
  auto done = restore_backup(plan);
  if (!done) {
    if (done.error().kind != ErrorKind::exhausted) return session.failed(done.error());
    return session.failed({done.error().kind, done.error().message});
  }
  session.out << fmt::format("restored the state of {} into {}\n", done->made, session.data_directory);
  if (!done->kept.empty()) session.out << fmt::format("what was there before is in {}\n", done->kept);
  if (!done->kept_key.empty()) session.out << fmt::format("the master key of before is in {}\n", done->kept_key);
  if (done->missing_master_key.empty()) return kDone;
  session.err << fmt::format(
      "freeway: the master key {} is missing, without which the provider keys do not open and no server starts: put its "
      "file "
      "at {}/master.key (mode 600), or set FREEWAY_MASTER_KEY\n",
      done->missing_master_key, session.data_directory);
  return kFailed;
}

int rotate_master_key(Session& session) {
  auto reach = session.reach();
  if (!reach) return session.failed(reach.error());
  auto done = reach->operations().rotate_master_key();
  if (!done) return session.failed(done.error());
  session.out << "all provider keys are sealed with a new master key; backups made before need the old one\n";
  return kDone;
}

}  // namespace freeway::app

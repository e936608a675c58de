#include "app/backup.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <vector>

#include "base/file.h"
#include "store/sqlite/sqlite.h"
#include "vault/carry.h"

namespace freeway::app {

namespace {

constexpr const char* kMade = "backup.made";
constexpr const char* kMasterKey = "backup.master_key";
// In the order to read them in: the new file may be renamed over the other meanwhile.
constexpr std::array<const char*, 2> kJournals{"journal.new", "journal"};
constexpr std::size_t kMostJournal = std::size_t{256} << 20;
constexpr std::size_t kPage = 4096;

std::string utc(WallTime time) {
  auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

// The journal bears being read while it is written: what is torn at its end does not count. Its zeros are only room.
Result<void> add_journal(const std::string& folder, store::BackupChoice& choice) {
  for (const char* name : kJournals) {
    auto content = read_file(folder + "/" + name, kMostJournal);
    if (!content && content.error().kind == ErrorKind::not_found) continue;
    if (!content) return std::unexpected(content.error());
    content->resize(content->find_last_not_of('\0') + 1);
    choice.files[name] = std::move(*content);
  }
  return {};
}

// A backup without one, as of a gateway that never ran, leaves the one that is there: it only counts too much.
Result<void> write_journal(const std::string& folder, const std::map<std::string, std::string>& files) {
  if (!files.contains("journal")) return {};
  ::unlink((folder + "/journal.new").c_str());
  // Each is drafted under its name and ".new", so the one of that name comes last.
  for (const char* name : {"journal", "journal.new"}) {
    std::string path = folder + "/" + name;
    auto file = files.find(name);
    if (file == files.end()) continue;
    std::string content = file->second;
    content.resize((content.size() / kPage + 1) * kPage);
    if (auto done = replace_file(path, content, 0600); !done) return done;
  }
  return {};
}

// The key that opens the restored rows, if it came along; empty if it did not, or is not needed.
Result<vault::MasterKey> carried_key(const store::BackupContents& contents, const RestorePlan& plan,
                                     const std::string& wanted) {
  auto carried = contents.facts.find(kMasterKey);
  if (carried == contents.facts.end() || !plan.passphrase) return vault::MasterKey();
  auto key = vault::unpack(carried->second, *plan.passphrase);
  if (key && key->id != wanted) return fail(ErrorKind::malformed, "the backup holds another master key than its own");
  return key;
}

// The database and what SQLite keeps beside it.
constexpr std::array<const char*, 3> kParts{"", "-wal", "-shm"};

// Where former databases were put, up to the first name that is free: .before-restore, .before-restore-2, …
std::vector<std::string> places_aside(const std::string& database) {
  std::vector<std::string> places;
  do {
    places.push_back(database + ".before-restore");
    if (places.size() > 1) places.back() += fmt::format("-{}", places.size());
  } while (std::any_of(kParts.begin(), kParts.end(), [&](const char* part) { return exists(places.back() + part); }));
  return places;
}

// Overwrites nothing. Where the database is gone but its parts are there, a run that died here has moved it: they follow it,
// since beside another database they would be taken for that one's. Returns where the former database is; "" = none was.
Result<std::string> move_away(const std::string& database) {
  auto places = places_aside(database);
  std::string to = places.back();
  bool died = !exists(database);
  if (died) to = places.size() > 1 ? places[places.size() - 2] : "";
  for (const char* part : kParts) {
    if (!exists(database + part)) continue;
    if (died && (to.empty() || exists(to + part))) {
      ::unlink((database + part).c_str());
    } else if (auto moved = move_file(database + part, to + part); !moved) {
      return std::unexpected(moved.error());
    }
  }
  return to;
}

// A copy of the master key under a name of its own, if it is another than the restored rows want: what was sealed with it
// opens with nothing else. Returns where; "" = it stays in use, or there is none.
Result<std::string> keep_key(const vault::MasterKeySource& source, const std::string& wanted) {
  constexpr std::size_t kMost = 4096;
  auto text = read_file(source.path(), kMost);
  if (!text && text.error().kind == ErrorKind::not_found) return "";
  if (!text) return std::unexpected(text.error());
  auto key = vault::MasterKey::parse(*text);
  if (!key) {
    return fail(key.error().kind, fmt::format("{} holds no master key, and would be replaced; move it away first: {}",
                                              source.path(), key.error().message));
  }
  if (wanted.empty() || key->id == wanted) return "";
  std::string kept = fmt::format("{}.before-restore-{}", source.path(), key->id);
  if (auto done = replace_file(kept, *text, 0600); !done) return std::unexpected(done.error());
  return kept;
}

// In the data directory only its folder of backups is for them: all else there is freeway's own, or a copy that others need.
Result<void> judge_place(const std::string& path, const std::string& data_directory) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path data = fs::canonical(data_directory, error);
  fs::path folder = fs::weakly_canonical(fs::absolute(path, error).parent_path(), error);
  auto within = [&folder](const fs::path& outer) {
    return std::mismatch(outer.begin(), outer.end(), folder.begin(), folder.end()).first == outer.end();
  };
  if (error || !within(data) || within(data / "backups")) return {};
  return fail(
      ErrorKind::invalid,
      fmt::format("{} lies among freeway's own files; put the backup into {}/backups, or elsewhere", path, data.string()));
}

}  // namespace

Result<BackupFacts> make_backup(store::Store& store, const vault::Vault& vault, const std::string& data_directory,
                                const BackupPlan& plan, WallTime now) {
  if (auto good = judge_place(plan.path, data_directory); !good) return std::unexpected(good.error());
  store::BackupChoice choice;
  choice.requests = plan.requests;
  choice.facts[kMade] = utc(now);
  auto master = vault.master_key();
  if (plan.passphrase) {
    auto carried = vault::carry(*master, *plan.passphrase);
    if (!carried) return std::unexpected(carried.error());
    if (!master->empty()) choice.facts[kMasterKey] = *carried;
  }
  if (auto added = add_journal(data_directory, choice); !added) return std::unexpected(added.error());
  if (auto done = store.backup(plan.path, choice); !done) return std::unexpected(done.error());
  BackupFacts made;
  made.path = plan.path;
  std::error_code ignored;
  made.bytes = std::filesystem::file_size(plan.path, ignored);
  return made;
}

Result<Restored> restore_backup(const RestorePlan& plan) {
  auto contents = store::read_backup(plan.path);
  if (!contents) return std::unexpected(contents.error());
  const std::string database = plan.data_directory + "/freeway.db";
  const std::string ready = database + ".restored";
  Restored restored;
  restored.made = contents->facts[kMade];
  if (exists(database)) {
    if (!plan.replace) {
      return fail(ErrorKind::exhausted,
                  fmt::format("{} holds a gateway's data already; choose another folder with --data, or "
                              "say --replace to put the backup in its place",
                              plan.data_directory));
    }
  }
  std::string wanted = vault::sealing_key(contents->facts).value_or("");
  auto key = carried_key(*contents, plan, wanted);
  if (!key) return std::unexpected(key.error());
  bool bring = !key->empty() && !plan.master.environment;

  // Everything is on the disk before the rename that counts. The key's file waits as `master.key.next`, which a start takes
  // exactly if the database is the one that it opens.
  if (!plan.master.environment) {
    auto kept = keep_key(plan.master, wanted);
    if (!kept) return std::unexpected(kept.error());
    restored.kept_key = *kept;
  }
  ::unlink(ready.c_str());
  if (auto made = store::restore_sqlite(plan.path, ready, {kMade, kMasterKey}); !made) return std::unexpected(made.error());
  if (bring) {
    if (auto staged = plan.master.stage(*key); !staged) return std::unexpected(staged.error());
  }
  auto kept = move_away(database);
  if (!kept) return std::unexpected(kept.error());
  restored.kept = *kept;
  auto done = write_journal(plan.data_directory, contents->files);
  if (done) done = move_file(ready, database);
  if (done && bring) done = plan.master.promote();
  if (!done) return std::unexpected(done.error());
  if (!wanted.empty() && !plan.master.load(wanted)) restored.missing_master_key = wanted;
  return restored;
}

}  // namespace freeway::app

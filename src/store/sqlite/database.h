// SQLite's C interface, with owners. One connection is used by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace freeway::store::sqlite {

class Database;

// One use of a prepared statement: bind in order, then take rows. Ends with the object. A statement that could not be
// prepared or bound says so at `next` or `run`.
class Query {
 public:
  Query(Database& database, sqlite3_stmt* statement, std::optional<Error> trouble);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& bind(std::int64_t value);
  Query& bind(std::uint64_t value);  // more than 2^63 - 1 becomes that
  Query& bind(int value) { return bind(std::int64_t{value}); }
  Query& bind(bool value) { return bind(std::int64_t{value}); }
  Query& bind(std::string_view text);  // copied
  Query& bind(const char* text) { return bind(std::string_view(text)); }
  Query& bind(WallTime time);    // microseconds
  Query& bind(Duration length);  // microseconds
  template <class T>
  Query& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind_null();
  }
  Query& bind_blob(std::string_view bytes);  // copied
  Query& bind_here(std::string_view text);   // not copied: must live as long as this
  Query& bind_blob_here(std::string_view bytes);
  Query& bind_null();

  Result<bool> next();  // true: there is a row
  Result<void> run();   // to the end; rows are ignored

  // Of the current row, counted from 0.
  std::int64_t integer(int column) const;
  std::uint64_t amount(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  std::string text(int column) const;       // or a blob's bytes
  std::string_view view(int column) const;  // the same, until the next row
  WallTime time(int column) const;
  Duration length(int column) const;
  bool null(int column) const;

 private:
  Query& check(int code);
  Database& database_;
  sqlite3_stmt* statement_;
  std::optional<Error> trouble_;
  int bound_ = 0;
};

class Database {
 public:
  enum class Access { write, read };
  // Access::write creates the file (0600) where there is none, turns the write-ahead log on and makes room that was freed
  // reclaimable step by step.
  static Result<Database> open(const std::string& path, Access access);
  // A file that will be moved when it is done: no write-ahead log, no waiting for the disk.
  static Result<Database> open_draft(const std::string& path);

  // A file that nobody writes, for reading; nothing is made beside it.
  static Result<Database> open_copy(const std::string& path);

  Database(Database&& other) noexcept = default;
  Database& operator=(Database&& other) noexcept = default;

  const std::string& path() const { return path_; }

  Result<void> run(const char* sql);             // one or more statements without values
  Query query(const char* sql);                  // prepared once for each pointer: pass literals only
  Result<std::int64_t> number(const char* sql);  // the first column of the first row; 0 if there is none
  std::int64_t last_row() const;
  int changed() const;  // rows, by the last statement
  bool in_transaction() const;
  void rollback();  // where a transaction is open; SQLite ends some by itself

  // The sentence for a result code of SQLite's. Constraint violations are `invalid`.
  Error error(int code) const;

 private:
  friend class Query;
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Database(std::string path, sqlite3* connection) : path_(std::move(path)), connection_(connection) {}
  static Result<Database> connect(const std::string& path, int flags);

  std::string path_;
  std::unique_ptr<sqlite3, Close> connection_;
  std::unordered_map<const char*, std::unique_ptr<sqlite3_stmt, Finalize>> prepared_;  // goes before the connection
};

}  // namespace freeway::store::sqlite

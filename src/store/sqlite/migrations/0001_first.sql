-- Small facts about this gateway, by name.
CREATE TABLE facts (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Times are microseconds since 1970 UTC, durations microseconds.
CREATE TABLE provider_keys (
  id              INTEGER PRIMARY KEY,
  provider        TEXT    NOT NULL,
  name            TEXT    NOT NULL,
  sealed          BLOB    NOT NULL,
  account         TEXT    NOT NULL,
  account_id      TEXT    NOT NULL,
  sealed_proxy    BLOB    NOT NULL,
  created         INTEGER NOT NULL,
  disabled        INTEGER NOT NULL,
  disabled_reason TEXT    NOT NULL,
  check_result    TEXT    NOT NULL,
  checked         INTEGER,
  UNIQUE (provider, name)
) STRICT;

-- The id of the next provider key: an id is part of what a sealed secret is bound to, so it is never used twice.
CREATE TABLE key_ids (
  next INTEGER NOT NULL
) STRICT;
INSERT INTO key_ids (next) VALUES (1);

CREATE TABLE clients (
  name    TEXT PRIMARY KEY,
  digest  TEXT    NOT NULL,
  models  TEXT    NOT NULL, -- one a line
  rpm     INTEGER,
  tpd     INTEGER,
  created INTEGER NOT NULL,
  revoked INTEGER,
  used    INTEGER
) STRICT, WITHOUT ROWID;

-- The request log: one row for each commit, with all its records in a coding of freeway's own. A row of SQL for each request
-- would cost the writer ten times as much, and an index more than that, for questions that are asked a few times a day.
CREATE TABLE log (
  first   INTEGER PRIMARY KEY, -- the number of the first request; the others follow it
  count   INTEGER NOT NULL,
  newest  INTEGER NOT NULL,    -- the latest time in it
  records BLOB    NOT NULL     -- see docs/data.md
) STRICT;

-- What the logged requests and attempts add up to, kept longer than they are.
CREATE TABLE usage (
  hour               INTEGER NOT NULL, -- since 1970 UTC
  provider           TEXT    NOT NULL,
  model              TEXT    NOT NULL,
  key                TEXT    NOT NULL,
  client             TEXT    NOT NULL,
  answered           INTEGER NOT NULL,
  failed             INTEGER NOT NULL,
  broken             INTEGER NOT NULL,
  cancelled          INTEGER NOT NULL,
  attempts           INTEGER NOT NULL,
  failed_attempts    INTEGER NOT NULL,
  estimated_attempts INTEGER NOT NULL,
  prompt             INTEGER NOT NULL,
  completion         INTEGER NOT NULL,
  reasoning          INTEGER NOT NULL,
  PRIMARY KEY (hour, provider, model, key, client)
) STRICT, WITHOUT ROWID;

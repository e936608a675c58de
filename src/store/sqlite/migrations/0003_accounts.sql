-- Who may log in to the dashboard.
CREATE TABLE accounts (
  name     TEXT PRIMARY KEY,
  password TEXT    NOT NULL, -- Argon2id, with its salt and costs
  created  INTEGER NOT NULL,
  changed  INTEGER NOT NULL  -- the password, last
) STRICT, WITHOUT ROWID;

-- Browsers that showed the password. Not in a backup.
CREATE TABLE logins (
  id      TEXT PRIMARY KEY,
  digest  TEXT    NOT NULL UNIQUE, -- SHA-256 of the token in the browser's cookie
  account TEXT    NOT NULL,
  address TEXT    NOT NULL,
  agent   TEXT    NOT NULL,
  created INTEGER NOT NULL,
  seen    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who changed what. The oldest rows go.
CREATE TABLE audit (
  id      INTEGER PRIMARY KEY,
  time    INTEGER NOT NULL,
  who     TEXT    NOT NULL, -- "": nobody that is known
  address TEXT    NOT NULL,
  action  TEXT    NOT NULL,
  subject TEXT    NOT NULL,
  done    INTEGER NOT NULL
) STRICT;

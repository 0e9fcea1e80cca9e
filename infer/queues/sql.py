"""The statements of the SQLite queue: one table, a row a job, whose ``state`` says where it is."""

from __future__ import annotations

VERSION = 7_001
"""Of the schema; SQLite keeps it as ``user_version``."""
SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'leased', 'done', 'dead')),
  payload TEXT,                         -- of what is not done
  tokens INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  deaths INTEGER NOT NULL DEFAULT 0,    -- of workers that held it, since it last failed
  entered REAL NOT NULL,
  ready REAL NOT NULL DEFAULT 0,        -- not lent before
  lease TEXT, lease_end REAL, lease_begin REAL,
  error TEXT,                           -- of the last attempt
  result TEXT, ended REAL               -- of what is done or dead
);
CREATE INDEX IF NOT EXISTS waiting ON jobs (seq) WHERE state = 'pending' AND deaths = 0;
CREATE INDEX IF NOT EXISTS suspects ON jobs (deaths, seq) WHERE state = 'pending' AND deaths > 0;
CREATE INDEX IF NOT EXISTS leased ON jobs (lease_end) WHERE state = 'leased';
CREATE INDEX IF NOT EXISTS done ON jobs (ended, seq) WHERE state = 'done';
CREATE INDEX IF NOT EXISTS dead ON jobs (ended, seq) WHERE state = 'dead';
PRAGMA user_version = {VERSION};
COMMIT;
"""

PUT = "INSERT INTO jobs (id, payload, tokens, entered) VALUES (?, ?, ?, ?)"

_LATE = "state = 'leased' AND (lease_end < ?1 OR lease_begin > ?2)"
"""Leases that have run out by ``?1``, or that begin after ``?2``, which is in the future."""

# Named, as SQLite would rather read through all that is done.
_WAITING = "FROM jobs INDEXED BY waiting WHERE state = 'pending' AND deaths = 0"
_SUSPECTS = "FROM jobs INDEXED BY suspects WHERE state = 'pending' AND deaths > 0"
_DONE = "FROM jobs INDEXED BY done WHERE state = 'done'"
_DEAD = "FROM jobs INDEXED BY dead WHERE state = 'dead'"

ANY = f"""
SELECT EXISTS (SELECT 1 {_WAITING} AND ready <= ?1) OR EXISTS (SELECT 1 {_SUSPECTS} AND ready <= ?1)
    OR EXISTS (SELECT 1 FROM jobs WHERE {_LATE})
"""
# Numbers whatever somebody wrote there, as SQLite holds nobody to a column's type.
_COLUMNS = "SELECT seq, id, payload, CAST(tokens AS INTEGER) AS tokens, CAST(attempts AS INTEGER) AS attempts"
SUSPECT = f"{_COLUMNS} {_SUSPECTS} AND ready <= ? ORDER BY deaths, seq LIMIT 1"
WAITING = f"{_COLUMNS} {_WAITING} AND ready <= ? ORDER BY seq LIMIT ?"
LEND = """
UPDATE jobs SET state = 'leased', lease = ?, lease_end = ?, lease_begin = ?, attempts = attempts + 1
WHERE seq = ?
"""
SOON = "UPDATE jobs SET ready = ? WHERE state = 'pending' AND ready > ?"
TAKE_BACK = f"""
UPDATE jobs SET state = 'pending', ready = 0, lease = NULL, attempts = attempts - 1, deaths = deaths + 1
WHERE {_LATE}
"""
BURY_DEADLY = """
UPDATE jobs SET state = 'dead', error = ?, ended = ?
WHERE state = 'pending' AND deaths >= ?
"""

_HELD = "WHERE id = ? AND lease = ? AND state = 'leased'"

EXTEND = f"UPDATE jobs SET lease_end = ?, lease_begin = ? {_HELD}"
FINISH = f"""
UPDATE jobs SET state = 'done', result = ?, ended = ?, payload = NULL, lease = NULL, error = NULL {_HELD}
"""
AGAIN = f"UPDATE jobs SET state = 'pending', error = ?, ready = ?, deaths = 0, lease = NULL {_HELD}"
BURY = f"UPDATE jobs SET state = 'dead', error = ?, ended = ?, lease = NULL {_HELD}"
RELEASE = f"UPDATE jobs SET state = 'pending', attempts = attempts - 1, lease = NULL {_HELD}"

COUNTS = f"""
SELECT (SELECT count(*) {_WAITING}) + (SELECT count(*) {_SUSPECTS}),
    (SELECT count(*) FROM jobs INDEXED BY leased WHERE state = 'leased'),
    (SELECT count(*) {_DONE}), (SELECT count(*) {_DEAD})
"""
OLDEST = f"""
SELECT min(entered) FROM (
  SELECT * FROM (SELECT entered {_WAITING} ORDER BY seq LIMIT 1)
  UNION ALL SELECT * FROM (SELECT entered {_SUSPECTS} ORDER BY deaths, seq LIMIT 1)
)
"""

_PAGE = "AND (ended, seq) > (?, ?) ORDER BY ended, seq LIMIT 500"
RESULTS = f"SELECT seq, id, ended, result {_DONE} AND result IS NOT NULL {_PAGE}"
DEAD = f"SELECT seq, id, ended, error, attempts, payload {_DEAD} {_PAGE}"

_REVIVED = "SET state = 'pending', attempts = 0, deaths = 0, ready = 0, ended = NULL"
RETRY = f"UPDATE jobs {_REVIVED} WHERE state = 'dead' AND id = ? RETURNING id"
RETRY_ALL = f"UPDATE jobs {_REVIVED} WHERE state = 'dead' RETURNING id"

EXPIRE = "DELETE FROM jobs WHERE state = 'done' AND ended < ?"

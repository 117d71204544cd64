-- A run, as it ended. Its id is a ULID, which begins with the time that it was asked for.
CREATE TABLE run (
    id TEXT PRIMARY KEY,
    cause TEXT NOT NULL,
    mode TEXT NOT NULL,
    person TEXT,
    verdict TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT NOT NULL,
    finished INTEGER NOT NULL, -- seconds since 1970, as the host's clock had it
    elapsed_seconds REAL NOT NULL,
    requests TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX run_finished ON run (finished);

-- One target's pass. What it did, withheld and found is a list, and passes that came to the same share one.
CREATE TABLE pass (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    target TEXT NOT NULL,
    mode TEXT NOT NULL,
    verdict TEXT NOT NULL,
    error TEXT,
    is_whole INTEGER NOT NULL,
    estimate_seconds REAL,
    members INTEGER,
    blocked INTEGER,
    connect_users INTEGER,
    owned INTEGER,
    served INTEGER,
    approval TEXT,
    requests TEXT NOT NULL,
    changed INTEGER NOT NULL,
    list INTEGER NOT NULL REFERENCES list (id)
) STRICT;
CREATE INDEX pass_run ON pass (run);
CREATE INDEX pass_target ON pass (target, id);
CREATE INDEX pass_list ON pass (list);

CREATE TABLE list (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE
) STRICT;

CREATE TABLE list_entry (
    list INTEGER NOT NULL REFERENCES list (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    entry INTEGER NOT NULL REFERENCES entry (id),
    is_new INTEGER NOT NULL,
    PRIMARY KEY (list, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX list_entry_entry ON list_entry (entry);

-- An action, something withheld, or a finding, once for all passes that have it.
CREATE TABLE entry (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    target TEXT NOT NULL,
    sort TEXT NOT NULL CHECK (sort IN ('action', 'withheld', 'finding')),
    name TEXT NOT NULL, -- the kind of an action, the code of a finding
    result TEXT,
    principal TEXT,
    login TEXT COLLATE NOCASE,
    email TEXT COLLATE NOCASE,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX entry_principal ON entry (principal) WHERE principal IS NOT NULL;
CREATE INDEX entry_login ON entry (login) WHERE login IS NOT NULL;
CREATE INDEX entry_email ON entry (email) WHERE email IS NOT NULL;

-- Who let through what a code stood for.
CREATE TABLE approval (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    target TEXT,
    by TEXT,
    peer TEXT NOT NULL,
    at TEXT NOT NULL,
    given INTEGER NOT NULL, -- the same in seconds since 1970
    run TEXT
) STRICT;
CREATE INDEX approval_code ON approval (code);

-- For whoever reads this file with other tools.
CREATE VIEW happened AS
SELECT
    run.started_at, run.id AS run, run.cause, run.person, pass.target, pass.verdict, pass.approval,
    entry.sort, entry.name, entry.result, entry.login, entry.email, entry.principal, entry.body
FROM run
JOIN pass ON pass.run = run.id
JOIN list_entry ON list_entry.list = pass.list
JOIN entry ON entry.id = list_entry.entry
ORDER BY pass.id, list_entry.position;

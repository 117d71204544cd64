-- Runs that have begun to write and have not told their end: they work still, or were cut off. One that is over has its
-- report, and is not here.
CREATE TABLE unfinished (
    id TEXT PRIMARY KEY,
    cause TEXT NOT NULL,
    person TEXT,
    started_at TEXT NOT NULL,
    told INTEGER NOT NULL -- seconds since 1970, as the services had it when the first pass that wrote was read
) STRICT, WITHOUT ROWID;

-- What they have begun, and what came of it.
CREATE TABLE begun (
    run TEXT NOT NULL REFERENCES unfinished (id) ON DELETE CASCADE,
    target TEXT NOT NULL,
    position INTEGER NOT NULL,
    at TEXT NOT NULL, -- when it was last told of, as the host's clock had it
    name TEXT NOT NULL, -- the kind of the action
    result TEXT NOT NULL, -- `begun` while no end is known
    principal TEXT,
    login TEXT COLLATE NOCASE,
    email TEXT COLLATE NOCASE,
    body TEXT NOT NULL,
    PRIMARY KEY (run, target, position)
) STRICT, WITHOUT ROWID;

DROP VIEW IF EXISTS happened;
CREATE VIEW happened AS
SELECT * FROM (
    SELECT
        run.started_at, run.id AS run, run.cause, run.person, pass.target, pass.verdict, pass.approval,
        entry.sort, entry.name, entry.result, entry.login, entry.email, entry.principal, entry.body,
        list_entry.position, pass.varying
    FROM run
    JOIN pass ON pass.run = run.id
    JOIN list_entry ON list_entry.list = pass.list
    JOIN entry ON entry.id = list_entry.entry
    ORDER BY pass.id, list_entry.position
)
UNION ALL
SELECT
    unfinished.started_at, run, cause, person, target, NULL, NULL,
    'action', name, result, login, email, principal, body,
    position, NULL
FROM begun JOIN unfinished ON unfinished.id = begun.run;

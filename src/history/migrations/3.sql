-- What differs each time in actions that fail or wait again and again: the time of the pass in the marks that they would
-- set, and the ids of the requests that failed, by the action's position in the list. JSON; null where there is nothing.
ALTER TABLE pass ADD COLUMN varying TEXT;

DROP VIEW IF EXISTS happened;
CREATE VIEW happened AS
SELECT
    run.started_at, run.id AS run, run.cause, run.person, pass.target, pass.verdict, pass.approval,
    entry.sort, entry.name, entry.result, entry.login, entry.email, entry.principal, entry.body,
    list_entry.position, pass.varying
FROM run
JOIN pass ON pass.run = run.id
JOIN list_entry ON list_entry.list = pass.list
JOIN entry ON entry.id = list_entry.entry
ORDER BY pass.id, list_entry.position;

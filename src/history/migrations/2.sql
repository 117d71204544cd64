-- What lists of runs and the status page ask of every pass, so that they need not count its entries.
ALTER TABLE pass ADD COLUMN failed INTEGER NOT NULL DEFAULT 0; -- actions that failed or were skipped
ALTER TABLE pass ADD COLUMN withheld INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pass ADD COLUMN unable INTEGER; -- members who could not sign in after it; null where nobody can tell

UPDATE pass SET
    failed = (
        SELECT count(*) FROM list_entry JOIN entry ON entry.id = list_entry.entry
        WHERE list_entry.list = pass.list AND entry.sort = 'action' AND entry.result IN ('failed', 'skipped')
    ),
    withheld = (
        SELECT count(*) FROM list_entry JOIN entry ON entry.id = list_entry.entry
        WHERE list_entry.list = pass.list AND entry.sort = 'withheld'
    );

CREATE INDEX pass_all_able ON pass (target, run) WHERE is_whole AND unable = 0;

-- How far an import has come, so that one that was killed goes on where it was. One row per file that is
-- not through.
CREATE TABLE import_position (
    -- The file's first line and its length.
    fingerprint TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    line INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

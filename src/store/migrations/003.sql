-- Own messages whose file is on its way to a file server. Their outbox row comes when it has arrived.
CREATE TABLE upload (
    message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    size INTEGER NOT NULL,
    -- Where in the content the file's address belongs.
    url_key TEXT NOT NULL,
    -- 0 goes or waits for its turn, 1 paused by the host, 2 ended without success.
    state INTEGER NOT NULL DEFAULT 0,
    -- Bytes that the uploader has reported: a hint for the next attempt.
    sent INTEGER NOT NULL DEFAULT 0,
    -- The future outbox row.
    topic TEXT NOT NULL,
    target TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;

-- When a message of an upload came into the outbox: after this other one. NULL: with its own number.
ALTER TABLE outbox ADD COLUMN after INTEGER;

-- Files from a server: on their way (in path || '.part'), or done and kept in the cache.
CREATE TABLE download (
    path TEXT PRIMARY KEY,
    message INTEGER REFERENCES message (id) ON DELETE SET NULL,
    url TEXT NOT NULL,
    -- The server's name for the version that the bytes belong to.
    validator TEXT,
    total INTEGER,
    -- What the whole file's SHA-256 has to be.
    sha256 TEXT,
    -- Bytes that a power failure does not take.
    bytes INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    -- Whether it lies in the cache, which may be emptied.
    cached INTEGER NOT NULL,
    -- When it was last wanted, ms since 1970.
    used INTEGER NOT NULL
) STRICT;
CREATE INDEX download_by_use ON download (used) WHERE cached = 1;
CREATE INDEX download_by_message ON download (message) WHERE message IS NOT NULL;

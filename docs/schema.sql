CREATE TABLE conversation (
    id INTEGER PRIMARY KEY,
    type INTEGER NOT NULL,
    target TEXT NOT NULL,
    -- Time of the newest stored message; the list's order.
    sort_time INTEGER NOT NULL DEFAULT 0,
    -- Up to this server time everything is read. Unread is derived from it, never counted up or down.
    read_time INTEGER NOT NULL DEFAULT 0, top INTEGER NOT NULL DEFAULT 0, mute INTEGER NOT NULL DEFAULT 0, hidden INTEGER NOT NULL DEFAULT 0, draft TEXT NOT NULL DEFAULT '', draft_time INTEGER NOT NULL DEFAULT 0, peer_delivered_time INTEGER NOT NULL DEFAULT 0, peer_read_time INTEGER NOT NULL DEFAULT 0, server_read_time INTEGER NOT NULL DEFAULT 0, cleared_time INTEGER NOT NULL DEFAULT 0, list_time INTEGER NOT NULL GENERATED ALWAYS AS (max(sort_time, draft_time)) VIRTUAL,
    UNIQUE (type, target)
) STRICT;

CREATE INDEX conversation_by_tag ON conversation_tag (tag, conversation);

CREATE INDEX conversation_list ON conversation (top DESC, list_time DESC, id DESC) WHERE hidden = 0;

CREATE TABLE conversation_tag (
    tag TEXT NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
    conversation INTEGER NOT NULL REFERENCES conversation (id),
    PRIMARY KEY (conversation, tag)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursor (
    name TEXT PRIMARY KEY,
    time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE deleted_uid (
    uid TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

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

CREATE INDEX download_by_message ON download (message) WHERE message IS NOT NULL;

CREATE INDEX download_by_use ON download (used) WHERE cached = 1;

CREATE TABLE history_range (
    conversation INTEGER NOT NULL REFERENCES conversation (id),
    from_time INTEGER NOT NULL,
    to_time INTEGER NOT NULL,
    PRIMARY KEY (conversation, from_time)
) STRICT, WITHOUT ROWID;

CREATE TABLE import_position (
    -- The file's first line and its length.
    fingerprint TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    line INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE live_range (
    from_time INTEGER PRIMARY KEY,
    to_time INTEGER NOT NULL
) STRICT;

CREATE TABLE message (
    -- AUTOINCREMENT: a host may keep the number of a deleted message.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL REFERENCES conversation (id),
    -- The server's name. NULL until it is acknowledged. UNIQUE is what makes delivery exactly once.
    uid TEXT UNIQUE,
    -- The sender's own number, kept across every retry. NULL for messages of others.
    client_id INTEGER,
    direction INTEGER NOT NULL,
    sender TEXT NOT NULL,
    object_name TEXT NOT NULL,
    content TEXT NOT NULL,
    sent_time INTEGER NOT NULL,
    received_time INTEGER NOT NULL,
    sent_status INTEGER NOT NULL,
    error_code INTEGER NOT NULL DEFAULT 0,
    received_status INTEGER NOT NULL DEFAULT 0,
    counted INTEGER NOT NULL,
    mentioned INTEGER NOT NULL DEFAULT 0,
    offline INTEGER NOT NULL DEFAULT 0,
    extra TEXT NOT NULL DEFAULT ''
, silent INTEGER NOT NULL DEFAULT 0, expandable INTEGER NOT NULL DEFAULT 0, expansion TEXT, search_words TEXT, local_path TEXT, receipt_requested INTEGER NOT NULL DEFAULT 0, receipt_answered INTEGER NOT NULL DEFAULT 0, destruct_at INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE UNIQUE INDEX message_by_client_id ON message (client_id) WHERE client_id IS NOT NULL;

CREATE INDEX message_by_sent_time ON message (sent_time);

CREATE INDEX message_by_time ON message (conversation, sent_time, uid, id, counted, direction);

CREATE INDEX message_destruct ON message (destruct_at) WHERE destruct_at > 0;

CREATE INDEX message_mentions ON message (conversation, sent_time) WHERE mentioned = 1;

CREATE INDEX message_receipts ON message (conversation) WHERE receipt_requested = 1;

CREATE TABLE outbox (
    message INTEGER PRIMARY KEY REFERENCES message (id),
    topic TEXT NOT NULL,
    target TEXT NOT NULL,
    body BLOB NOT NULL
, after INTEGER, attempted INTEGER, attempted_after INTEGER) STRICT;

CREATE INDEX outbox_attempted ON outbox (attempted) WHERE attempted IS NOT NULL;

CREATE TABLE receipt (
    message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    user TEXT NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (message, user)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE search USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);

CREATE TABLE 'search_config'(k PRIMARY KEY, v) WITHOUT ROWID;

CREATE TABLE 'search_data'(id INTEGER PRIMARY KEY, block BLOB);

CREATE TABLE 'search_docsize'(id INTEGER PRIMARY KEY, sz BLOB, origin INTEGER);

CREATE TABLE 'search_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;

CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE signal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    -- A QUERY, or else a PUBLISH.
    query INTEGER NOT NULL,
    topic TEXT NOT NULL,
    type INTEGER NOT NULL,
    target TEXT NOT NULL,
    frame_target TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE tag (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE transient_uid (
    uid TEXT PRIMARY KEY,
    time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

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

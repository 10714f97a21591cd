-- Where the inbox stands: 'inbox' and 'outbox' with the server time (ms) up to which everything is stored.
CREATE TABLE cursor (
    name TEXT PRIMARY KEY,
    time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation (
    id INTEGER PRIMARY KEY,
    type INTEGER NOT NULL,
    target TEXT NOT NULL,
    -- Time of the newest stored message; the list's order.
    sort_time INTEGER NOT NULL DEFAULT 0,
    -- Up to this server time everything is read. Unread is derived from it, never counted up or down.
    read_time INTEGER NOT NULL DEFAULT 0,
    UNIQUE (type, target)
) STRICT;
CREATE INDEX conversation_by_time ON conversation (sort_time DESC, id DESC);

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
) STRICT;
-- One total order per conversation: server time, then uid.
CREATE INDEX message_by_time ON message (conversation, sent_time, uid);
CREATE INDEX message_unread ON message (conversation, sent_time) WHERE counted = 1 AND direction = 2;
CREATE UNIQUE INDEX message_by_client_id ON message (client_id) WHERE client_id IS NOT NULL;

-- Messages that wait to be sent, oldest first, exactly as they go on the wire.
CREATE TABLE outbox (
    message INTEGER PRIMARY KEY REFERENCES message (id),
    topic TEXT NOT NULL,
    target TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;

-- Uids of messages that are told to the host but not kept, until the cursor has passed them.
CREATE TABLE transient_uid (
    uid TEXT PRIMARY KEY,
    time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

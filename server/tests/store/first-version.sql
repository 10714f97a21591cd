-- A database as version 1 of the schema left it, with one message that waits for b.
CREATE TABLE meta (
    key TEXT PRIMARY KEY, value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- head: the greatest time ever shown to the user. inbox_last: the stamp of the newest inbox row.
CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL DEFAULT '',
    portrait TEXT NOT NULL DEFAULT '',
    blocked INTEGER NOT NULL DEFAULT 0,
    head INTEGER NOT NULL DEFAULT 0,
    inbox_last INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE groups (
    id TEXT PRIMARY KEY, name TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE members (
    group_id TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (group_id, user_id)
) STRICT, WITHOUT ROWID;

-- kind 1: a and b are the two users, sorted. kind 3: a is the group, b is empty.
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL, a TEXT NOT NULL, b TEXT NOT NULL,
    last_stamp INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, a, b)
) STRICT;

-- kept: in history. echoed: in the sender's outbox pull. kind, target: as the sender names it.
CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    conversation INTEGER NOT NULL REFERENCES conversations (id),
    sender TEXT NOT NULL,
    kind INTEGER NOT NULL,
    target TEXT NOT NULL,
    object_name TEXT NOT NULL,
    content BLOB NOT NULL,
    flags INTEGER NOT NULL,
    stamp INTEGER NOT NULL,
    client_id INTEGER,
    kept INTEGER NOT NULL,
    echoed INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX messages_by_client ON messages (sender, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX messages_by_time ON messages (conversation, stamp) WHERE kept = 1;
CREATE INDEX messages_outbox ON messages (sender, stamp) WHERE echoed = 1;
CREATE INDEX messages_passing ON messages (stamp) WHERE kept = 0;

CREATE TABLE inbox (
    user_id TEXT NOT NULL, stamp INTEGER NOT NULL,
    previous INTEGER NOT NULL, message INTEGER NOT NULL,
    PRIMARY KEY (user_id, stamp)
) STRICT, WITHOUT ROWID;

-- One user's side of a conversation.
CREATE TABLE views (
    user_id TEXT NOT NULL, kind INTEGER NOT NULL, target TEXT NOT NULL,
    last_message INTEGER, last_stamp INTEGER NOT NULL DEFAULT 0,
    hidden INTEGER NOT NULL DEFAULT 0,
    cleared_to INTEGER NOT NULL DEFAULT 0,
    read_to INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, kind, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX views_recent ON views (user_id, last_stamp);
CREATE TABLE deleted (
    user_id TEXT NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (user_id, message)
) STRICT, WITHOUT ROWID;

INSERT INTO users (id, head, inbox_last) VALUES ('a', 1000, 0), ('b', 1000, 1000);
INSERT INTO conversations (id, kind, a, b, last_stamp) VALUES (1, 1, 'a', 'b', 1000);
INSERT INTO messages (id, uid, conversation, sender, kind, target, object_name, content, flags, stamp, kept, echoed)
VALUES (1, 'OLD', 1, 'a', 1, 'b', 'RC:TxtMsg', x'6f6c64', 3, 1000, 1, 1);
INSERT INTO inbox (user_id, stamp, previous, message) VALUES ('b', 1000, 0, 1);
INSERT INTO views (user_id, kind, target, last_message, last_stamp, read_to) VALUES
('a', 1, 'b', 1, 1000, 0), ('b', 1, 'a', 1, 1000, 7);
PRAGMA user_version = 1;

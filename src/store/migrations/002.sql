-- What a chat screen needs beyond delivery.

ALTER TABLE message ADD COLUMN silent INTEGER NOT NULL DEFAULT 0;
-- Whether key-value pairs can be attached, and those that are: a JSON object of texts.
ALTER TABLE message ADD COLUMN expandable INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN expansion TEXT;
-- What the host wants found beside the content's own text.
ALTER TABLE message ADD COLUMN search_words TEXT;
-- Where the media file lies on this device.
ALTER TABLE message ADD COLUMN local_path TEXT;
-- Group receipts: 0 not asked for, 1 asked for; and whether this user has answered.
ALTER TABLE message ADD COLUMN receipt_requested INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN receipt_answered INTEGER NOT NULL DEFAULT 0;
-- When it destroys itself, ms since 1970; 0 never.
ALTER TABLE message ADD COLUMN destruct_at INTEGER NOT NULL DEFAULT 0;

-- The order of a conversation, and what its unread count needs, in one: every index more is a page more to
-- write for each message that arrives.
DROP INDEX message_unread;
DROP INDEX message_by_time;
CREATE INDEX message_by_time ON message (conversation, sent_time, uid, id, counted, direction);
CREATE INDEX message_mentions ON message (conversation, sent_time) WHERE mentioned = 1;
CREATE INDEX message_destruct ON message (destruct_at) WHERE destruct_at > 0;
CREATE INDEX message_receipts ON message (conversation) WHERE receipt_requested = 1;
-- Found by time alone: search hits and what a time range holds.
CREATE INDEX message_by_sent_time ON message (sent_time);

ALTER TABLE conversation ADD COLUMN top INTEGER NOT NULL DEFAULT 0;
-- A level of model::MuteLevel, 0 for none.
ALTER TABLE conversation ADD COLUMN mute INTEGER NOT NULL DEFAULT 0;
-- Out of the lists until a newer message comes.
ALTER TABLE conversation ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN draft TEXT NOT NULL DEFAULT '';
ALTER TABLE conversation ADD COLUMN draft_time INTEGER NOT NULL DEFAULT 0;
-- Private chats: up to when the peer's devices have stored, and the peer has read, what was sent.
ALTER TABLE conversation ADD COLUMN peer_delivered_time INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN peer_read_time INTEGER NOT NULL DEFAULT 0;
-- The newest read mark that the server has named or was told. A mark that the user moved back stays back
-- until the server names a newer one.
ALTER TABLE conversation ADD COLUMN server_read_time INTEGER NOT NULL DEFAULT 0;
-- Everything up to this server time was cleared here and does not come back with the history.
ALTER TABLE conversation ADD COLUMN cleared_time INTEGER NOT NULL DEFAULT 0;
-- The list's order within the top ones and the rest.
ALTER TABLE conversation ADD COLUMN list_time INTEGER NOT NULL GENERATED ALWAYS AS (max(sort_time, draft_time)) VIRTUAL;
DROP INDEX conversation_by_time;
CREATE INDEX conversation_list ON conversation (top DESC, list_time DESC, id DESC) WHERE hidden = 0;

CREATE TABLE tag (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE conversation_tag (
    tag TEXT NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
    conversation INTEGER NOT NULL REFERENCES conversation (id),
    PRIMARY KEY (conversation, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_by_tag ON conversation_tag (tag, conversation);

-- Who has read an own group message, and when (ms since 1970).
CREATE TABLE receipt (
    message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    user TEXT NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (message, user)
) STRICT, WITHOUT ROWID;

-- Uids of messages deleted here: a page of history does not bring them back.
CREATE TABLE deleted_uid (
    uid TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- From when to when (server time, ms, both included) everything is here: of all conversations, what the
-- inbox brought; of one, what its history brought. What lies between two ranges is a gap.
CREATE TABLE live_range (
    from_time INTEGER PRIMARY KEY,
    to_time INTEGER NOT NULL
) STRICT;
CREATE TABLE history_range (
    conversation INTEGER NOT NULL REFERENCES conversation (id),
    from_time INTEGER NOT NULL,
    to_time INTEGER NOT NULL,
    PRIMARY KEY (conversation, from_time)
) STRICT, WITHOUT ROWID;

-- What the server has to be told and may be told twice: read marks, receipts, states. A newer word under
-- the same name replaces an older one. Kept until the server has answered.
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

CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

//! The tables, as numbered migrations that are only ever appended to. Run by the writer when it opens the
//! file; nobody else may change the schema.

use rusqlite::Connection;

use crate::store::StoreError;

/// Each step runs in its own transaction together with the bump of `user_version`.
const MIGRATIONS: &[&str] = &[
    // 1: everything that two people and a group need.
    "
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
    ",
    // 2: recall, expansion, delivery, states and settings of users, group readers.
    "
    -- recall: the row of the command that took the message back. expansion: what is attached to it, JSON.
    ALTER TABLE messages ADD COLUMN recall INTEGER;
    ALTER TABLE messages ADD COLUMN expansion TEXT;

    -- delivered_to: the user's devices have the target's messages up to here. told_read_to: the user told
    -- the target to have read up to here.
    ALTER TABLE views ADD COLUMN delivered_to INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE views ADD COLUMN told_read_to INTEGER NOT NULL DEFAULT 0;

    -- offline_days: NULL is the server's default.
    ALTER TABLE users ADD COLUMN state_version INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE users ADD COLUMN setting_version INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE users ADD COLUMN offline_days INTEGER;

    CREATE TABLE states (
        user_id TEXT NOT NULL, kind INTEGER NOT NULL, target TEXT NOT NULL,
        silent TEXT, top TEXT, version INTEGER NOT NULL,
        PRIMARY KEY (user_id, kind, target)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX states_by_version ON states (user_id, version);
    CREATE TABLE settings (
        user_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL,
        PRIMARY KEY (user_id, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE readers (
        message INTEGER NOT NULL, user_id TEXT NOT NULL, time INTEGER NOT NULL,
        PRIMARY KEY (message, user_id)
    ) STRICT, WITHOUT ROWID;
    ",
];

/// Brings the file to the newest version.
pub(super) fn migrate(connection: &Connection) -> Result<(), StoreError> {
    let unusable = |e: rusqlite::Error| StoreError::Unusable(e.to_string());
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(unusable)?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Unusable(format!(
            "its version is {found}, this server knows versions up to {known}"
        )));
    }
    for (version, step) in (1i64..).zip(MIGRATIONS) {
        if version <= found {
            continue;
        }
        let batch = format!("BEGIN IMMEDIATE; {step}; PRAGMA user_version = {version}; COMMIT;");
        if let Err(error) = connection.execute_batch(&batch) {
            // The connection is about to be dropped; the error that counts is the first one.
            let _ = connection.execute_batch("ROLLBACK");
            return Err(unusable(error));
        }
    }
    Ok(())
}

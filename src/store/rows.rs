//! The life of a message row: whoever adds, changes or removes one says so here, so that what is kept
//! beside the row follows in the same transaction.

use rusqlite::{Connection, OptionalExtension, params};

use super::{StoreError, conversations, search};
use crate::session::Incoming;

/// A row is new.
pub(super) fn added(connection: &Connection, id: i64) -> Result<(), StoreError> {
    search::index(connection, id)
}

/// Many rows are new: what waits for this call is cheaper together. A row that is gone again is left out.
pub(super) fn all_added(connection: &Connection, ids: &[i64]) -> Result<(), StoreError> {
    search::index_all(connection, ids)
}

/// What is found of a row is about to change, its time included: to be told before the change.
pub(super) fn changing(connection: &Connection, id: i64) -> Result<(), StoreError> {
    search::forget(connection, id)
}

/// What is found of a row has changed: to be told after it.
pub(super) fn changed(connection: &Connection, id: i64) -> Result<(), StoreError> {
    added(connection, id)
}

/// Removes a row. With `for_good` a page of history does not bring it back; one that the server has not named
/// yet is remembered by the sender's number and its own, until a name comes.
pub(super) fn remove(connection: &Connection, id: i64, for_good: bool) -> Result<(), StoreError> {
    changing(connection, id)?;
    if for_good {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO deleted_uid (uid) SELECT uid FROM message WHERE id = ?1 AND uid IS NOT NULL
                 UNION ALL SELECT 'client:' || client_id FROM message WHERE id = ?1 AND uid IS NULL AND client_id IS NOT NULL
                 UNION ALL SELECT 'row:' || id FROM message WHERE id = ?1 AND uid IS NULL AND client_id IS NOT NULL",
            )?
            .execute([id])?;
    }
    connection.prepare_cached("DELETE FROM outbox WHERE message = ?1")?.execute([id])?;
    connection.prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Whether an own message that arrives was deleted here before the server had named it. Its name is noted
/// then.
pub(super) fn is_gone_unnamed(connection: &Connection, incoming: &Incoming) -> Result<bool, StoreError> {
    let Some(client_id) = incoming.client_unique_id else { return Ok(false) };
    note_name(connection, &format!("client:{client_id}"), incoming.uid.as_deref())
}

/// The server has named a message whose row is not there any more: if it was deleted, it stays so.
pub(super) fn named(connection: &Connection, id: i64, uid: &str) -> Result<(), StoreError> {
    note_name(connection, &format!("row:{id}"), Some(uid).filter(|uid| !uid.is_empty())).map(|_| ())
}

fn note_name(connection: &Connection, mark: &str, uid: Option<&str>) -> Result<bool, StoreError> {
    let gone = connection.prepare_cached("SELECT 1 FROM deleted_uid WHERE uid = ?1")?.exists([mark])?;
    if gone && uid.is_some() {
        connection.prepare_cached("INSERT OR IGNORE INTO deleted_uid (uid) VALUES (?1)")?.execute([uid])?;
    }
    Ok(gone)
}

/// Whether a message that arrives was deleted or cleared here before.
pub(super) fn is_gone(
    connection: &Connection,
    conversation: i64,
    uid: Option<&str>,
    time: i64,
) -> Result<bool, StoreError> {
    let cleared: Option<i64> = connection
        .prepare_cached("SELECT cleared_time FROM conversation WHERE id = ?1")?
        .query_row(params![conversation], |row| row.get(0))
        .optional()?;
    if cleared.is_some_and(|cleared| time <= cleared) {
        return Ok(true);
    }
    let Some(uid) = uid else { return Ok(false) };
    Ok(connection.prepare_cached("SELECT 1 FROM deleted_uid WHERE uid = ?1")?.exists([uid])?)
}

/// Where the rows of these messages stand, after some of them are gone.
pub(super) fn removed_from(connection: &Connection, conversation: i64) -> Result<(), StoreError> {
    conversations::settle_order(connection, conversation)
}

//! What the host changes on this device alone: messages put in, changed, marked, deleted, destroyed.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::messages::{existing, message};
use super::{StoreError, conversations, rows, signals};
use crate::model::{ConversationKey, ErrorCode, Message, MessageDirection, SentStatus};
use crate::wire::body;

/// Pairs that one message can carry, and their sizes in bytes (as the engine has them).
pub const MAX_EXPANSION: usize = 300;
/// Longest key of an expansion, bytes.
pub const MAX_EXPANSION_KEY: usize = 32;
/// Longest value of an expansion, bytes.
pub const MAX_EXPANSION_VALUE: usize = 4096;

/// A message that is put in here and sent nowhere.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalMessage {
    /// Where.
    pub conversation: ConversationKey,
    /// Who wrote it.
    pub sender: String,
    /// Whether the user wrote it.
    pub direction: MessageDirection,
    /// What kind of content.
    pub object_name: String,
    /// Its JSON text.
    pub content: String,
    /// When, ms since 1970.
    pub sent_time: i64,
    /// How far it has come.
    pub sent_status: SentStatus,
    /// What the user did with it; bits of `ReceivedStatus`.
    pub received_status: i32,
    /// Whether it counts as unread.
    pub counted: bool,
    /// The server's name for it, if it has one.
    pub uid: Option<String>,
    /// The host's own note.
    pub extra: String,
}

/// Puts a message in.
///
/// # Errors
/// 33003 if a message of this uid is here, or the database fails.
pub fn insert(connection: &Connection, new: &LocalMessage, now: i64) -> Result<Message, StoreError> {
    let conversation = conversations::row_id(connection, &new.conversation)?;
    let inserted = connection
        .prepare_cached(
            "INSERT OR IGNORE INTO message (conversation, uid, direction, sender, object_name, content, sent_time,
               received_time, sent_status, received_status, counted, extra)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            conversation,
            new.uid,
            new.direction.number(),
            new.sender,
            new.object_name,
            new.content,
            new.sent_time,
            now,
            new.sent_status.number(),
            new.received_status,
            new.counted,
            new.extra,
        ])?;
    if inserted == 0 {
        return Err(invalid("a message of this uid is here"));
    }
    let id = connection.last_insert_rowid();
    rows::added(connection, id)?;
    conversations::touch(connection, conversation, new.sent_time)?;
    existing(connection, id)
}

fn invalid(detail: &str) -> StoreError {
    StoreError::new(ErrorCode::BIZ_ERROR_INVALID_PARAMETER, detail)
}

/// What of a message a host may change here.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Its content's JSON text.
    Content(String),
    /// The host's own note.
    Extra(String),
    /// What is found beside the content's own text; `None` for nothing more.
    SearchWords(Option<String>),
    /// What the user did with it; bits of `ReceivedStatus`.
    ReceivedStatus(i32),
    /// How far an own message has come. One that waits in the outbox keeps its own.
    SentStatus(SentStatus),
}

/// Changes one thing of a message.
///
/// # Errors
/// 61001 if there is no such message, 33003 for a status that it cannot have, or the database fails.
pub fn edit(connection: &Connection, id: i64, edit: &Edit) -> Result<Message, StoreError> {
    let before = existing(connection, id)?;
    let searched = matches!(edit, Edit::Content(_) | Edit::SearchWords(_));
    if searched {
        rows::changing(connection, id)?;
    }
    let set = |column: &str, value: &dyn rusqlite::ToSql| -> Result<(), StoreError> {
        connection
            .prepare_cached(&format!("UPDATE message SET {column} = ?2 WHERE id = ?1"))?
            .execute(params![id, value])?;
        Ok(())
    };
    match edit {
        Edit::Content(_) | Edit::SentStatus(_) if before.sent_status == SentStatus::Sending => {
            return Err(invalid("the message is on its way"));
        }
        Edit::Content(content) => set("content", content)?,
        Edit::Extra(extra) => set("extra", extra)?,
        Edit::SearchWords(words) => set("search_words", words)?,
        Edit::ReceivedStatus(bits) => set("received_status", bits)?,
        Edit::SentStatus(SentStatus::Sending) => return Err(invalid("only sending makes it so")),
        Edit::SentStatus(status) => set("sent_status", &status.number())?,
    }
    if searched {
        rows::changed(connection, id)?;
    }
    existing(connection, id)
}

/// Where the media file of a message lies on this device.
///
/// # Errors
/// The database fails.
pub fn set_local_path(connection: &Connection, id: i64, path: Option<&str>) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE message SET local_path = ?2 WHERE id = ?1")?
        .execute(params![id, path])?;
    Ok(())
}

/// Messages that are gone, by conversation.
pub type Gone = Vec<(ConversationKey, Vec<i64>)>;

/// Deletes messages here; unknown ids are left out. With `everywhere` the server is told as well, so that
/// the user's other devices do not find them in the history.
///
/// # Errors
/// The database fails.
pub fn delete(connection: &Connection, ids: &[i64], everywhere: bool) -> Result<Gone, StoreError> {
    let mut gone: Gone = Vec::new();
    let mut told: Vec<(ConversationKey, body::DeleteMessageItem)> = Vec::new();
    for id in ids {
        let Some(found) = message(connection, *id)? else { continue };
        if everywhere && let Some(uid) = &found.uid {
            let item = body::DeleteMessageItem {
                message_uid: Some(uid.clone()),
                message_time: Some(found.sent_time),
                // 0 for own messages, as the web clients have it.
                direction: Some(i32::from(found.direction == MessageDirection::Receive)),
            };
            told.push((found.conversation.clone(), item));
        }
        rows::remove(connection, *id, true)?;
        match gone.iter_mut().find(|(key, _)| *key == found.conversation) {
            Some((_, list)) => list.push(*id),
            None => gone.push((found.conversation, vec![*id])),
        }
    }
    for (key, _) in &gone {
        if let Some(id) = conversations::known_id(connection, key)? {
            rows::removed_from(connection, id)?;
        }
        let of_key = told.iter().filter(|(other, _)| other == key).map(|(_, item)| item.clone());
        let items: Vec<_> = of_key.collect();
        for items in items.chunks(MAX_DELETED) {
            signals::deleted(connection, key, items.to_vec())?;
        }
    }
    Ok(gone)
}

/// Messages that one request may name (flows §9.2).
const MAX_DELETED: usize = 100;

/// Deletes everything of a conversation up to `until` (server time, ms; 0 for all). What waits to be sent
/// stays. What the server has of that time does not come back with the history. Returns the time up to which it is gone, `None` if nothing was there.
///
/// # Errors
/// The database fails.
pub fn clear(connection: &Connection, key: &ConversationKey, until: i64) -> Result<Option<i64>, StoreError> {
    let Some(id) = conversations::known_id(connection, key)? else { return Ok(None) };
    // Only what the server has named has its time: an estimate or a host's own may lie ahead, and what
    // arrives up to the cleared time is dropped.
    let (newest, newest_named): (Option<i64>, Option<i64>) = connection
        .prepare_cached(
            "SELECT max(sent_time), max(iif(uid IS NULL OR sent_status = ?3, NULL, sent_time))
             FROM message WHERE conversation = ?1 AND sent_status <> ?2",
        )?
        .query_row(params![id, SentStatus::Sending.number(), SentStatus::Failed.number()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let Some(newest) = newest else { return Ok(None) };
    let until = if until <= 0 { newest } else { until.min(newest) };
    let mut statement = connection.prepare_cached(
        "SELECT id FROM message WHERE conversation = ?1 AND sent_time <= ?2 AND sent_status <> ?3",
    )?;
    let ids = statement
        .query_map(params![id, until, SentStatus::Sending.number()], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    for message in &ids {
        rows::remove(connection, *message, false)?;
    }
    connection
        .prepare_cached("UPDATE conversation SET cleared_time = max(cleared_time, ?2) WHERE id = ?1")?
        .execute(params![id, newest_named.map_or(0, |named| named.min(until))])?;
    rows::removed_from(connection, id)?;
    Ok((!ids.is_empty()).then_some(until))
}

/// Changes the pairs attached to a message: `put` sets, `del` removes. Returns its new form, `None` if
/// there is no such message or it cannot carry any.
///
/// # Errors
/// The database fails.
pub fn expand(
    connection: &Connection,
    uid: &str,
    put: &HashMap<String, String>,
    del: &[String],
) -> Result<Option<Message>, StoreError> {
    let Some(found) = super::message_by_uid(connection, uid)? else { return Ok(None) };
    if !found.expandable {
        return Ok(None);
    }
    let mut pairs = found.expansion;
    pairs.extend(put.iter().map(|(key, value)| (key.clone(), value.clone())));
    pairs.retain(|key, _| !del.contains(key));
    let json = serde_json::to_string(&pairs)
        .map_err(|error| StoreError::new(ErrorCode::INTERNAL, error.to_string()))?;
    connection
        .prepare_cached("UPDATE message SET expansion = ?2 WHERE id = ?1")?
        .execute(params![found.id, json])?;
    message(connection, found.id)
}

/// Starts the countdown of a message that destroys itself: `burnDuration` seconds of its content. One that
/// runs already is left alone.
///
/// # Errors
/// 61001 if there is no such message, 33003 if it does not destroy itself, or the database fails.
pub fn begin_destruct(connection: &Connection, id: i64, now: i64) -> Result<Message, StoreError> {
    let found = existing(connection, id)?;
    let seconds = burn_duration(&found.content).filter(|seconds| *seconds > 0);
    let Some(seconds) = seconds else { return Err(invalid("the message does not destroy itself")) };
    connection
        .prepare_cached("UPDATE message SET destruct_at = ?2 WHERE id = ?1 AND destruct_at = 0")?
        .execute(params![id, now + seconds.min(MAX_BURN) * 1000])?;
    existing(connection, id)
}

/// A year: longer countdowns are cut.
const MAX_BURN: i64 = 366 * 86_400;

fn burn_duration(content: &str) -> Option<i64> {
    serde_json::from_str::<serde_json::Value>(content).ok()?.get("burnDuration")?.as_i64()
}

/// Stops a countdown.
///
/// # Errors
/// 61001 if there is no such message, or the database fails.
pub fn stop_destruct(connection: &Connection, id: i64) -> Result<Message, StoreError> {
    connection.prepare_cached("UPDATE message SET destruct_at = 0 WHERE id = ?1")?.execute([id])?;
    existing(connection, id)
}

/// When the next message destroys itself, ms since 1970.
///
/// # Errors
/// The database fails.
pub fn next_destruct(connection: &Connection) -> Result<Option<i64>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT min(destruct_at) FROM message WHERE destruct_at > 0")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Destroys what is due, here and in the history at the server.
///
/// # Errors
/// The database fails.
pub fn destruct(connection: &Connection, now: i64) -> Result<Gone, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT id FROM message WHERE destruct_at > 0 AND destruct_at <= ?1 ORDER BY id")?;
    let due = statement.query_map([now], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    delete(connection, &due, true)
}

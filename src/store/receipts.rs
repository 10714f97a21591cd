//! Receipts on their way out: what is asked of members and what is answered, each a signal.

use rusqlite::{Connection, params};

use super::messages::existing;
use super::{StoreError, conversations, signals};
use crate::model::{ConversationKey, ConversationType, ErrorCode, Message, MessageDirection};

/// Somebody who has read a message.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Reader {
    /// Who.
    pub user_id: String,
    /// When, ms since 1970.
    pub time: i64,
}

/// Tells the peer of a private chat that everything up to its newest message here, or to `until` if that is
/// earlier, is read. Returns the time, `None` if the peer has written nothing.
///
/// # Errors
/// The database fails.
pub fn send_read(
    connection: &Connection,
    key: &ConversationKey,
    until: Option<i64>,
    user: &str,
) -> Result<Option<i64>, StoreError> {
    let Some(id) = conversations::known_id(connection, key)? else { return Ok(None) };
    let mut statement = connection.prepare_cached(
        "SELECT uid, sent_time FROM message WHERE conversation = ?1 AND direction = 2 AND uid IS NOT NULL
         AND sent_time <= ?2 ORDER BY sent_time DESC LIMIT 1",
    )?;
    let mut rows = statement.query(params![id, until.unwrap_or(i64::MAX)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (uid, time): (String, i64) = (row.get(0)?, row.get(1)?);
    signals::read_receipt(connection, key, &uid, time)?;
    conversations::clear_unread(connection, key, Some(time), user)?;
    Ok(Some(time))
}

/// Asks the members of a group who reads an own message.
///
/// # Errors
/// 61001 if there is no such message, 33003 if it is not an own, sent one of a group, or the database fails.
pub fn request(connection: &Connection, id: i64) -> Result<Message, StoreError> {
    let message = existing(connection, id)?;
    let uid = message.uid.as_deref().filter(|_| {
        message.direction == MessageDirection::Send
            && matches!(
                message.conversation.conversation_type,
                ConversationType::Group | ConversationType::Discussion
            )
    });
    let Some(uid) = uid else {
        let detail = "receipts are asked for own messages that a group has";
        return Err(StoreError::new(ErrorCode::BIZ_ERROR_INVALID_PARAMETER, detail));
    };
    connection.prepare_cached("UPDATE message SET receipt_requested = 1 WHERE id = ?1")?.execute([id])?;
    signals::receipt_request(connection, &message.conversation, uid)?;
    existing(connection, id)
}

/// Answers the receipt requests of a group for these messages, or for all that are not answered yet if none
/// are named. Returns how many were answered.
///
/// # Errors
/// The database fails.
pub fn respond(connection: &Connection, key: &ConversationKey, ids: &[i64]) -> Result<u32, StoreError> {
    let Some(conversation) = conversations::known_id(connection, key)? else { return Ok(0) };
    let mut statement = connection.prepare_cached(
        "SELECT id, uid, sender FROM message WHERE conversation = ?1 AND receipt_requested = 1
         AND receipt_answered = 0 AND direction = 2 AND uid IS NOT NULL ORDER BY sender, id",
    )?;
    let asked = statement
        .query_map([conversation], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<Vec<(i64, String, String)>, _>>()?;
    let wanted: Vec<_> = asked.into_iter().filter(|(id, ..)| ids.is_empty() || ids.contains(id)).collect();
    for group in wanted.chunk_by(|(.., a), (.., b)| a == b) {
        let Some((.., author)) = group.first() else { continue };
        for chunk in group.chunks(MAX_ANSWERED) {
            let uids: Vec<String> = chunk.iter().map(|(_, uid, _)| uid.clone()).collect();
            signals::receipt_answer(connection, key, author, &uids)?;
        }
    }
    for (id, ..) in &wanted {
        connection.prepare_cached("UPDATE message SET receipt_answered = 1 WHERE id = ?1")?.execute([id])?;
    }
    Ok(u32::try_from(wanted.len()).unwrap_or(u32::MAX))
}

/// Messages that one answer names at most.
const MAX_ANSWERED: usize = 100;

/// Who has read a message, the first reader first.
///
/// # Errors
/// The database fails.
pub fn readers(connection: &Connection, id: i64) -> Result<Vec<Reader>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT user, time FROM receipt WHERE message = ?1 ORDER BY time, user")?;
    let rows = statement.query_map([id], |row| Ok(Reader { user_id: row.get(0)?, time: row.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Somebody has read a message. Returns whether that is news.
///
/// # Errors
/// The database fails.
pub fn add_reader(connection: &Connection, id: i64, user: &str, time: i64) -> Result<bool, StoreError> {
    let added = connection
        .prepare_cached("INSERT OR IGNORE INTO receipt (message, user, time) VALUES (?1, ?2, ?3)")?
        .execute(params![id, user, time])?;
    Ok(added > 0)
}

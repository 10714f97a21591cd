//! Own messages whose file has to arrive at a file server first: durable from the start, in the outbox
//! only once the content names the file's address.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{NewMessage, StoreError, edits, messages, outbox, rows};
use crate::model::{ErrorCode, Message, SentStatus};
use crate::session::{Outgoing, Tried};
use crate::wire::{Bytes, Topic};

/// How an upload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadState {
    /// It goes, or waits for its turn.
    Wanted,
    /// The host paused it.
    Paused,
    /// It ended without success; the message is FAILED.
    Ended,
}

impl UploadState {
    fn from_number(number: i64) -> Self {
        match number {
            0 => Self::Wanted,
            1 => Self::Paused,
            _ => Self::Ended,
        }
    }

    const fn number(self) -> i64 {
        match self {
            Self::Wanted => 0,
            Self::Paused => 1,
            Self::Ended => 2,
        }
    }
}

/// A message that waits for its upload.
#[derive(Debug, Clone)]
pub struct UploadRow {
    /// The message.
    pub message: i64,
    /// The file.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Where in the content its address belongs.
    pub url_key: String,
    /// How it stands.
    pub state: UploadState,
    /// Bytes reported so far.
    pub sent: u64,
    /// What kind of content.
    pub object_name: String,
    /// The encoded `UpstreamMessage`, still without the address.
    pub body: Bytes,
}

/// Writes a message that waits for its upload.
///
/// # Errors
/// The database fails.
pub fn enqueue_upload(
    connection: &Connection,
    new: &NewMessage,
    path: &str,
    size: u64,
    url_key: &str,
) -> Result<Message, StoreError> {
    let (message, outgoing) = outbox::enqueue(connection, new)?;
    connection
        .prepare_cached(
            "INSERT INTO upload (message, path, size, url_key, topic, target, body)
             SELECT message, ?2, ?3, ?4, topic, target, body FROM outbox WHERE message = ?1",
        )?
        .execute(params![outgoing.message, path, size as i64, url_key])?;
    connection.prepare_cached("DELETE FROM outbox WHERE message = ?1")?.execute([outgoing.message])?;
    edits::set_local_path(connection, message.id, Some(path))?;
    messages::existing(connection, message.id)
}

const COLUMNS: &str = "u.message, u.path, u.size, u.url_key, u.state, u.sent, m.object_name, u.body FROM upload u \
     JOIN message m ON m.id = u.message";

fn read(row: &Row<'_>) -> rusqlite::Result<UploadRow> {
    let number = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
    Ok(UploadRow {
        message: row.get(0)?,
        path: row.get(1)?,
        size: number(2)?,
        url_key: row.get(3)?,
        state: UploadState::from_number(row.get(4)?),
        sent: number(5)?,
        object_name: row.get(6)?,
        body: row.get::<_, Vec<u8>>(7)?.into(),
    })
}

/// The upload of a message, if it has one that is not finished.
///
/// # Errors
/// The database fails.
pub fn upload(connection: &Connection, message: i64) -> Result<Option<UploadRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} WHERE u.message = ?1"))?;
    Ok(statement.query_row([message], read).optional()?)
}

/// The uploads that should go, oldest first.
///
/// # Errors
/// The database fails.
pub fn wanted_uploads(connection: &Connection) -> Result<Vec<UploadRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} WHERE u.state = 0 AND m.sent_status = ?1 ORDER BY u.message"
    ))?;
    let rows = statement.query_map([SentStatus::Sending.number()], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many bytes of an upload have been reported.
///
/// # Errors
/// The database fails.
pub fn note_upload(connection: &Connection, message: i64, sent: u64) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE upload SET sent = ?2 WHERE message = ?1")?
        .execute(params![message, sent as i64])?;
    Ok(())
}

/// Changes how an upload stands. Returns whether there is one.
///
/// # Errors
/// The database fails.
pub fn set_upload(connection: &Connection, message: i64, state: UploadState) -> Result<bool, StoreError> {
    let changed = connection
        .prepare_cached("UPDATE upload SET state = ?2 WHERE message = ?1")?
        .execute(params![message, state.number()])?;
    Ok(changed > 0)
}

/// Puts a paused or ended upload back to go, its message SENDING.
///
/// # Errors
/// The database fails.
pub fn resume_upload(connection: &Connection, message: i64) -> Result<Message, StoreError> {
    set_upload(connection, message, UploadState::Wanted)?;
    connection
        .prepare_cached("UPDATE message SET sent_status = ?2, error_code = 0 WHERE id = ?1")?
        .execute(params![message, SentStatus::Sending.number()])?;
    messages::existing(connection, message)
}

/// The file has arrived: the message gets its final content and goes into the outbox.
///
/// # Errors
/// The database fails.
pub fn finish_upload(
    connection: &Connection,
    message: i64,
    content: &str,
    body: &Bytes,
) -> Result<(Message, Outgoing), StoreError> {
    rows::changing(connection, message)?;
    connection
        .prepare_cached("UPDATE message SET content = ?2 WHERE id = ?1")?
        .execute(params![message, content])?;
    rows::changed(connection, message)?;
    connection
        .prepare_cached(
            "INSERT INTO outbox (message, topic, target, body, after)
             SELECT message, topic, target, ?2, (SELECT max(id) FROM message) FROM upload WHERE message = ?1",
        )?
        .execute(params![message, &body[..]])?;
    let (topic, target): (String, String) = connection
        .prepare_cached("DELETE FROM upload WHERE message = ?1 RETURNING topic, target")?
        .query_row([message], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let topic = Topic::parse(&topic)
        .ok_or_else(|| StoreError::new(ErrorCode::BIZ_ERROR_DATABASE_ERROR, "an unknown topic"))?;
    let found = messages::existing(connection, message)?;
    let conversation = found.conversation.clone();
    let outgoing = Outgoing { message, conversation, topic, target, body: body.clone(), tried: Tried::Never };
    Ok((found, outgoing))
}

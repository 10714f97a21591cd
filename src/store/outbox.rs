//! Sending, durably: a message is a row before it is on the wire, and its client id never changes.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::{StoreError, conversations, messages, rows};
use crate::kill::{self, Point};
use crate::model::{ConversationKey, ErrorCode, Message, MessageDirection, MessageFlags, SentStatus};
use crate::session::{Incoming, Outgoing, SendOutcome, Tried};
use crate::wire::{Bytes, Topic};

/// A message that the host wants sent.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// Where to.
    pub conversation: ConversationKey,
    /// Who writes.
    pub sender: String,
    /// What kind of content.
    pub object_name: String,
    /// Its JSON text.
    pub content: String,
    /// What it asks of the server and receivers.
    pub flags: MessageFlags,
    /// The sender's own number for it.
    pub client_id: i64,
    /// Estimated server time, ms since 1970.
    pub time: i64,
    /// Under which topic it goes.
    pub topic: Topic,
    /// The encoded `UpstreamMessage`.
    pub body: Bytes,
    /// Pairs attached to it from the start, as JSON.
    pub expansion: Option<String>,
    /// What is found beside the content's own text.
    pub search_words: Option<String>,
}

impl NewMessage {
    /// The message as its sender sees it when it is kept nowhere.
    pub fn passing(self, now: i64) -> Message {
        Message {
            id: 0,
            uid: None,
            conversation: self.conversation,
            direction: MessageDirection::Send,
            sender_user_id: self.sender,
            object_name: self.object_name,
            content: self.content,
            sent_time: self.time,
            received_time: now,
            sent_status: SentStatus::Sent,
            error_code: 0,
            received_status: 0,
            counted: false,
            mentioned: false,
            offline: false,
            extra: String::new(),
            silent: self.flags.contains(MessageFlags::SILENT),
            expandable: false,
            expansion: HashMap::new(),
            local_path: None,
            receipt_requested: false,
            read_count: 0,
            destruct_at: 0,
        }
    }
}

/// Writes a message into the outbox. Durable once the transaction is.
///
/// # Errors
/// The database fails.
pub fn enqueue(connection: &Connection, new: &NewMessage) -> Result<(Message, Outgoing), StoreError> {
    let conversation = conversations::row_id(connection, &new.conversation)?;
    connection
        .prepare_cached(
            "INSERT INTO message (conversation, client_id, direction, sender, object_name, content, sent_time,
               received_time, sent_status, counted, silent, expandable, expansion, search_words)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            conversation,
            new.client_id,
            MessageDirection::Send.number(),
            new.sender,
            new.object_name,
            new.content,
            new.time,
            SentStatus::Sending.number(),
            new.flags.contains(MessageFlags::COUNTED),
            new.flags.contains(MessageFlags::SILENT),
            new.flags.contains(MessageFlags::EXPANDABLE),
            new.expansion,
            new.search_words,
        ])?;
    let id = connection.last_insert_rowid();
    rows::added(connection, id)?;
    conversations::touch(connection, conversation, new.time)?;
    connection
        .prepare_cached("INSERT INTO outbox (message, topic, target, body) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, new.topic.as_str(), new.conversation.target_id, &new.body[..]])?;
    let outgoing = Outgoing {
        message: id,
        conversation: new.conversation.clone(),
        topic: new.topic,
        target: new.conversation.target_id.clone(),
        body: new.body.clone(),
        tried: Tried::Never,
    };
    kill::reach(Point::Enqueued);
    Ok((messages::existing(connection, id)?, outgoing))
}

/// Everything that waits to be sent, oldest first.
///
/// # Errors
/// The database fails.
pub fn pending(connection: &Connection) -> Result<Vec<Outgoing>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT o.message, c.type, c.target, o.topic, o.target, o.body, o.attempted IS NOT NULL FROM outbox o
         JOIN message m ON m.id = o.message JOIN conversation c ON c.id = m.conversation
         WHERE m.sent_status = ?1 ORDER BY coalesce(o.after, o.message), o.after IS NOT NULL, o.message",
    )?;
    let rows = statement.query_map([SentStatus::Sending.number()], |row| {
        let topic: String = row.get(3)?;
        let body: Vec<u8> = row.get(5)?;
        Ok((
            Topic::parse(&topic),
            row.get(0)?,
            ConversationKey {
                conversation_type: messages::conversation_type(row, 1)?,
                target_id: row.get(2)?,
            },
            row.get(4)?,
            body,
            row.get(6)?,
        ))
    })?;
    let mut outbox = Vec::new();
    for row in rows {
        let (topic, message, conversation, target, body, attempted): (_, _, _, _, _, bool) = row?;
        let tried = if attempted { Tried::Unanswered } else { Tried::Never };
        if let Some(topic) = topic {
            outbox.push(Outgoing { message, conversation, topic, target, body: body.into(), tried });
        }
    }
    Ok(outbox)
}

/// Writes down that a message is about to be sent for the first time, to a server that cannot tell it from a new
/// one when it comes again: from server time `since` on it may be stored there.
///
/// # Errors
/// The database fails.
pub fn note_attempt(connection: &Connection, message: i64, since: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE outbox SET attempted = ?2, attempted_after = (SELECT max(id) FROM message)
             WHERE message = ?1 AND attempted IS NULL",
        )?
        .execute(params![message, since])?;
    Ok(())
}

/// Attempts that are written down, of one conversation and one kind of content, the first one first.
pub(super) const ATTEMPTS: &str =
    "SELECT m.id, m.content FROM outbox o CROSS JOIN message m ON m.id = o.message
    WHERE o.attempted IS NOT NULL AND o.attempted <= ?1 AND m.uid IS NULL AND m.object_name = ?2
      AND m.conversation = (SELECT id FROM conversation WHERE type = ?3 AND target = ?4)
      AND NOT EXISTS (SELECT 1 FROM deleted_uid WHERE uid = ?5)
      AND NOT EXISTS (SELECT 1 FROM message known WHERE known.uid = ?5
                      AND (known.client_id IS NOT NULL OR known.id <= o.attempted_after))
    ORDER BY o.attempted, o.message";

/// The own message whose unanswered attempt this is, as a server without client ids gives it back: in the same
/// conversation the same kind with the same content, not older than the attempt and not known before it.
pub(super) fn attempted(connection: &Connection, incoming: &Incoming) -> Result<Option<i64>, StoreError> {
    let mut statement = connection.prepare_cached(ATTEMPTS)?;
    let mut rows = statement.query(params![
        incoming.sent_time,
        incoming.object_name,
        incoming.conversation.conversation_type.number(),
        incoming.conversation.target_id,
        incoming.uid,
    ])?;
    while let Some(row) = rows.next()? {
        if same_content(&row.get::<_, String>(1)?, &incoming.content) {
            return Ok(Some(row.get(0)?));
        }
    }
    Ok(None)
}

/// Servers may write the same JSON in another way.
fn same_content(ours: &str, theirs: &str) -> bool {
    let read = |text| serde_json::from_str::<serde_json::Value>(text);
    ours == theirs || matches!((read(ours), read(theirs)), (Ok(ours), Ok(theirs)) if ours == theirs)
}

/// Whether [`settle`] would change anything. The inbox may have brought a message before its
/// acknowledgement: then that is no news, and a refusal of a later attempt takes nothing back.
///
/// # Errors
/// The database fails.
pub fn is_news(connection: &Connection, id: i64, outcome: &SendOutcome) -> Result<bool, StoreError> {
    let status = messages::message(connection, id)?.map(|message| message.sent_status);
    Ok(match outcome {
        SendOutcome::Sent { .. } => matches!(status, Some(SentStatus::Sending | SentStatus::Failed)),
        SendOutcome::Refused { .. } => status == Some(SentStatus::Sending),
    })
}

/// Writes down what became of a message, if it is news. `None` if there is no such message any more.
///
/// # Errors
/// The database fails.
pub fn settle(
    connection: &Connection,
    id: i64,
    outcome: &SendOutcome,
) -> Result<Option<Message>, StoreError> {
    if !is_news(connection, id, outcome)? {
        let found = messages::message(connection, id)?;
        if found.is_none()
            && let SendOutcome::Sent { uid, .. } = outcome
        {
            rows::named(connection, id, uid)?;
        }
        return Ok(found);
    }
    match outcome {
        SendOutcome::Sent { uid, time } => mark_sent(connection, id, uid, *time)?,
        // The row stays in the outbox, so that it can be sent again with the same client id.
        // A name and a time that the server gave all the same are kept: a pull may bring the message.
        SendOutcome::Refused { code, uid, time } => {
            rows::changing(connection, id)?;
            let conversation = connection
                .prepare_cached(
                    "UPDATE message SET sent_status = ?2, error_code = ?3,
                       uid = iif(EXISTS (SELECT 1 FROM message WHERE uid = ?4), uid, coalesce(?4, uid)),
                       sent_time = iif(?5 > 0, ?5, sent_time) WHERE id = ?1 RETURNING conversation",
                )?
                .query_row(params![id, SentStatus::Failed.number(), code.0, uid, time], |row| row.get(0))?;
            rows::changed(connection, id)?;
            if *code != ErrorCode::REQUEST_CANCELLED {
                // The server has answered: nothing is in doubt.
                connection
                    .prepare_cached("UPDATE outbox SET attempted = NULL WHERE message = ?1")?
                    .execute([id])?;
            }
            if *time > 0 {
                conversations::settle_order(connection, conversation)?;
            }
        }
    }
    kill::reach(Point::Settling);
    messages::message(connection, id)
}

/// The server has the message under this name.
pub(super) fn mark_sent(connection: &Connection, id: i64, uid: &str, time: i64) -> Result<(), StoreError> {
    // A pull may have brought the message as a stranger before its acknowledgement: one of them stays.
    let double: Option<i64> = connection
        .prepare_cached("SELECT id FROM message WHERE uid = ?1 AND id <> ?2")?
        .query_row(params![uid, id], |row| row.get(0))
        .optional()?;
    if let Some(double) = double {
        rows::remove(connection, double, false)?;
    }
    rows::changing(connection, id)?;
    let conversation: Option<i64> = connection
        .prepare_cached(
            "UPDATE message SET uid = ?2, sent_time = ?3, sent_status = ?4, error_code = 0 WHERE id = ?1
             RETURNING conversation",
        )?
        .query_row(
            params![id, Some(uid).filter(|uid| !uid.is_empty()), time, SentStatus::Sent.number()],
            |row| row.get(0),
        )
        .optional()?;
    connection.prepare_cached("DELETE FROM outbox WHERE message = ?1")?.execute([id])?;
    if let Some(conversation) = conversation {
        rows::changed(connection, id)?;
        conversations::touch(connection, conversation, time)?;
        // The estimate may have been ahead of the server's time.
        conversations::settle_order(connection, conversation)?;
    }
    Ok(())
}

/// Puts a failed message back to be sent, with the same client id.
///
/// # Errors
/// [`ErrorCode::GET_MESSAGE_BY_ID_ERROR`] if there is no such message, [`ErrorCode::BIZ_ERROR_INVALID_PARAMETER`]
/// if it has not failed.
pub fn resend(connection: &Connection, id: i64) -> Result<(Message, Outgoing), StoreError> {
    let message = messages::existing(connection, id)?;
    if message.sent_status != SentStatus::Failed {
        return Err(StoreError::new(
            ErrorCode::BIZ_ERROR_INVALID_PARAMETER,
            "only a failed message is sent again",
        ));
    }
    connection
        .prepare_cached("UPDATE message SET sent_status = ?2, error_code = 0 WHERE id = ?1")?
        .execute(params![id, SentStatus::Sending.number()])?;
    let outgoing = pending(connection)?.into_iter().find(|outgoing| outgoing.message == id);
    let outgoing = outgoing
        .ok_or_else(|| StoreError::new(ErrorCode::GET_MESSAGE_BY_ID_ERROR, "nothing is left to send"))?;
    Ok((messages::existing(connection, id)?, outgoing))
}

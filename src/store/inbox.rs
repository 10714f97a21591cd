//! What arrives: one transaction for messages, conversation rows and the cursor that covers them. The
//! unique uid decides what is really new.

use rusqlite::{Connection, OptionalExtension, params};

use super::{StoreError, commands, conversations, history, messages, outbox, rows};
use crate::kill::{self, Point};
use crate::model::{ConversationKey, ErrorCode, Message, MessageChange, Receipt, SentStatus, TypingUser};
use crate::session::{Batch, Cursors, Incoming};

/// What a batch brought.
#[derive(Debug, Default)]
pub struct Stored {
    /// Messages that were not known before, in the order they came.
    pub new: Vec<Message>,
    /// Own messages of the outbox that turned out to be sent: the server had them already.
    pub sent: Vec<Message>,
    /// Messages that are not what they were.
    pub changes: Vec<MessageChange>,
    /// Receipts of others.
    pub receipts: Vec<Receipt>,
    /// Who types where.
    pub typing: Vec<(ConversationKey, TypingUser)>,
    /// Conversations that changed without a new message.
    pub conversations: Vec<ConversationKey>,
}

impl Stored {
    /// A conversation changed.
    pub(super) fn touch(&mut self, key: &ConversationKey) {
        if !self.conversations.contains(key) {
            self.conversations.push(key.clone());
        }
    }

    /// A message changed.
    pub(super) fn changed(&mut self, change: MessageChange) {
        self.touch(&change.conversation);
        self.changes.push(change);
    }
}

/// Up to where the inbox is stored.
///
/// # Errors
/// The database fails.
pub fn cursors(connection: &Connection) -> Result<Cursors, StoreError> {
    let mut statement = connection.prepare_cached("SELECT time FROM cursor WHERE name = ?1")?;
    let mut read = |name| statement.query_row([name], |row| row.get(0)).optional();
    Ok(Cursors { inbox: read("inbox")?.unwrap_or(0), outbox: read("outbox")?.unwrap_or(0) })
}

/// Stores a batch. `now` is the local wall clock, ms since 1970.
///
/// # Errors
/// The database fails, or the batch would move the cursor over something that is not stored.
pub fn store_batch(
    connection: &Connection,
    batch: Batch,
    user: &str,
    now: i64,
) -> Result<Stored, StoreError> {
    Ok(store_batches(connection, vec![(batch, now)], user)?.pop().unwrap_or_default())
}

/// Stores batches, each with its `now`, and writes what is found of them in one go.
pub(super) fn store_batches(
    connection: &Connection,
    batches: Vec<(Batch, i64)>,
    user: &str,
) -> Result<Vec<Stored>, StoreError> {
    let mut added = Vec::new();
    let stored = batches.into_iter().map(|(batch, now)| store_rows(connection, batch, user, now, &mut added));
    let stored = stored.collect::<Result<Vec<_>, _>>()?;
    rows::all_added(connection, &added)?;
    kill::reach(Point::PageStored);
    Ok(stored)
}

/// `added` gets the ids of the new rows.
fn store_rows(
    connection: &Connection,
    batch: Batch,
    user: &str,
    now: i64,
    added: &mut Vec<i64>,
) -> Result<Stored, StoreError> {
    if let Some((from, _)) = batch.moves {
        let committed = cursors(connection)?;
        if committed.inbox < from.inbox || committed.outbox < from.outbox {
            return Err(StoreError::new(
                ErrorCode::BIZ_ERROR_DATABASE_ERROR,
                "the page before was not stored",
            ));
        }
    }
    let mut stored = Stored::default();
    for incoming in batch.messages {
        store_one(connection, incoming, user, now, &mut stored)?;
        kill::reach(Point::PageMessage);
    }
    added.extend(stored.new.iter().map(|message| message.id).filter(|id| *id != 0));
    kill::reach(Point::PageMessages);
    if let Some((from, to)) = batch.moves {
        move_cursors(connection, to)?;
        history::pulled(connection, from.inbox, to.inbox.max(to.outbox), batch.connack_time)?;
    }
    Ok(stored)
}

/// The mistake that a simulation must find: something other than a page moves the cursor.
#[cfg(feature = "sim")]
pub(crate) fn wrong_move(connection: &Connection, time: i64) -> Result<(), StoreError> {
    move_cursors(connection, Cursors { inbox: time, outbox: 0 })
}

fn move_cursors(connection: &Connection, to: Cursors) -> Result<(), StoreError> {
    for (name, time) in [("inbox", to.inbox), ("outbox", to.outbox)] {
        connection
            .prepare_cached(
                "INSERT INTO cursor (name, time) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET time = max(time, excluded.time)",
            )?
            .execute(params![name, time])?;
    }
    // What the cursor has passed does not come again.
    connection.prepare_cached("DELETE FROM transient_uid WHERE time <= ?1")?.execute([to.inbox])?;
    Ok(())
}

fn store_one(
    connection: &Connection,
    mut incoming: Incoming,
    user: &str,
    now: i64,
    stored: &mut Stored,
) -> Result<(), StoreError> {
    if incoming.sent_time <= 0 {
        incoming.sent_time = now;
    }
    if commands::apply(connection, &incoming, user, now, stored)? {
        return Ok(());
    }
    if let (None, Some(uid)) = (incoming.client_unique_id, incoming.uid.as_deref())
        && (incoming.is_own() || incoming.sender == user)
        && let Some(id) = outbox::attempted(connection, &incoming)?
    {
        outbox::mark_sent(connection, id, uid, incoming.sent_time)?;
        stored.sent.extend(messages::message(connection, id)?);
        return Ok(());
    }
    if !incoming.persisted {
        if is_new_transient(connection, &incoming)? {
            stored.new.push(told(0, incoming, user, now));
        }
        return Ok(());
    }
    if let (Some(client_id), Some(uid)) = (incoming.client_unique_id, incoming.uid.as_deref())
        && let Some(id) = waiting(connection, client_id)?
    {
        outbox::mark_sent(connection, id, uid, incoming.sent_time)?;
        stored.sent.extend(messages::message(connection, id)?);
        return Ok(());
    }
    match insert(connection, &incoming, now)? {
        // How far an own one has come is the peer's receipts' to say.
        Some(id) if incoming.is_own() => stored.new.extend(messages::message(connection, id)?),
        Some(id) => stored.new.push(told(id, incoming, user, now)),
        None => {}
    }
    Ok(())
}

/// The own message of this client id that still waits for its acknowledgement.
fn waiting(connection: &Connection, client_id: i64) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id FROM message WHERE client_id = ?1 AND uid IS NULL")?
        .query_row([client_id], |row| row.get(0))
        .optional()?)
}

/// Stores a message, unless it is here or was deleted here. Returns its local id if it is new: whoever calls
/// tells [`rows::all_added`] of all such ids before the transaction ends.
pub(super) fn insert(
    connection: &Connection,
    incoming: &Incoming,
    now: i64,
) -> Result<Option<i64>, StoreError> {
    let conversation = conversations::row_id(connection, &incoming.conversation)?;
    if rows::is_gone(connection, conversation, incoming.uid.as_deref(), incoming.sent_time)?
        || rows::is_gone_unnamed(connection, incoming)?
    {
        return Ok(None);
    }
    let inserted = connection
        .prepare_cached(
            "INSERT OR IGNORE INTO message (conversation, uid, direction, sender, object_name, content, sent_time,
               received_time, sent_status, counted, mentioned, offline, silent, expandable, expansion,
               search_words)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(params![
            conversation,
            incoming.uid,
            incoming.direction.number(),
            incoming.sender,
            incoming.object_name,
            incoming.content,
            incoming.sent_time,
            now,
            SentStatus::Sent.number(),
            incoming.counted,
            incoming.mentioned,
            incoming.offline,
            incoming.silent,
            incoming.expandable,
            incoming.expansion,
            incoming.search_words,
        ])?;
    if inserted == 0 {
        return Ok(None);
    }
    let id = connection.last_insert_rowid();
    conversations::arrived(connection, conversation, incoming.sent_time)?;
    Ok(Some(id))
}

/// Without a uid a double cannot be told: it is shown rather than lost.
fn is_new_transient(connection: &Connection, incoming: &Incoming) -> Result<bool, StoreError> {
    let Some(uid) = &incoming.uid else { return Ok(true) };
    let inserted = connection
        .prepare_cached("INSERT OR IGNORE INTO transient_uid (uid, time) VALUES (?1, ?2)")?
        .execute(params![uid, incoming.sent_time])?;
    Ok(inserted > 0)
}

/// The message as its row says it, without reading the row again: most of what a catch-up brings comes this
/// way.
fn told(id: i64, incoming: Incoming, user: &str, now: i64) -> Message {
    let expansion = incoming.expansion.as_deref().and_then(|json| serde_json::from_str(json).ok());
    Message {
        id,
        uid: incoming.uid,
        conversation: incoming.conversation,
        direction: incoming.direction,
        sender_user_id: if incoming.sender.is_empty() { user.to_owned() } else { incoming.sender },
        object_name: incoming.object_name,
        content: incoming.content,
        sent_time: incoming.sent_time,
        received_time: now,
        sent_status: SentStatus::Sent,
        error_code: 0,
        received_status: 0,
        counted: incoming.counted,
        mentioned: incoming.mentioned,
        offline: incoming.offline,
        extra: String::new(),
        silent: incoming.silent,
        expandable: incoming.expandable,
        expansion: expansion.unwrap_or_default(),
        local_path: None,
        receipt_requested: false,
        read_count: 0,
        destruct_at: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConversationType, MessageDirection};
    use crate::store::{Location, open};

    #[test]
    fn what_is_told_is_what_the_row_says() {
        let connection = open(&Location::Memory).unwrap();
        let incoming = Incoming {
            uid: Some("u".into()),
            conversation: ConversationKey::new(ConversationType::Group, "g"),
            direction: MessageDirection::Receive,
            sender: "bob".into(),
            object_name: "RC:TxtMsg".into(),
            content: r#"{"content":"x"}"#.into(),
            sent_time: 5,
            persisted: true,
            counted: true,
            mentioned: true,
            offline: true,
            client_unique_id: None,
            silent: true,
            expandable: true,
            expansion: Some(r#"{"a":"b"}"#.into()),
            search_words: Some("found".into()),
        };
        let batch = Batch { ticket: 1, messages: vec![incoming], moves: None, connack_time: 10 };
        let stored = store_batch(&connection, batch, "me", 7).unwrap();
        let row = messages::message(&connection, stored.new[0].id).unwrap().unwrap();
        assert_eq!(stored.new, [row]);
    }
}

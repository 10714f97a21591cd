//! What the modules of the store promise together, on a database in memory.

mod attempts;
mod gone;
mod order;
mod ranges;

use rusqlite::Connection;

use super::*;
use crate::model::{ConversationKey, Message, MessageDirection, MessageFlags};
use crate::session::{Batch, Incoming, SendOutcome};
use crate::wire::{Bytes, Topic};

fn memory() -> Connection {
    open(&Location::Memory).unwrap()
}

fn peer() -> ConversationKey {
    ConversationKey::private("peer")
}

/// A message of the peer.
fn incoming(time: i64) -> Incoming {
    Incoming {
        uid: Some(format!("uid-{time}")),
        conversation: peer(),
        direction: MessageDirection::Receive,
        sender: "peer".into(),
        object_name: "RC:TxtMsg".into(),
        content: format!(r#"{{"content":"{time}"}}"#),
        sent_time: time,
        persisted: true,
        counted: true,
        mentioned: false,
        offline: false,
        client_unique_id: None,
        silent: false,
        expandable: false,
        expansion: None,
        search_words: None,
    }
}

/// An own message as the server gives it back.
fn own(time: i64, client_id: i64) -> Incoming {
    Incoming {
        direction: MessageDirection::Send,
        sender: "me".into(),
        counted: false,
        client_unique_id: Some(client_id),
        ..incoming(time)
    }
}

/// Brings messages as a push that moves no cursor.
fn arrive(connection: &Connection, messages: &[Incoming]) -> Stored {
    let batch = Batch { ticket: 1, messages: messages.to_vec(), moves: None, connack_time: 0 };
    store_batch(connection, batch, "me", 1).unwrap()
}

/// Writes a message into the outbox; `time` is the estimate.
fn send(connection: &Connection, client_id: i64, time: i64) -> Message {
    let new = NewMessage {
        conversation: peer(),
        sender: "me".into(),
        object_name: "RC:TxtMsg".into(),
        content: r#"{"content":"mine"}"#.into(),
        flags: MessageFlags::PERSISTED,
        client_id,
        time,
        topic: Topic::PrivateMessage,
        body: Bytes::from_static(b"body"),
        expansion: None,
        search_words: None,
    };
    enqueue(connection, &new).unwrap().0
}

fn sent(uid: &str, time: i64) -> SendOutcome {
    SendOutcome::Sent { uid: uid.into(), time }
}

/// Server times of what is in the conversation, oldest first.
fn times(connection: &Connection) -> Vec<i64> {
    let query = HistoryQuery { count: 100, ..HistoryQuery::default() };
    page(connection, &peer(), &query).unwrap().iter().map(|message| message.sent_time).collect()
}

fn row(connection: &Connection) -> crate::model::Conversation {
    conversation(connection, &peer()).unwrap().unwrap()
}

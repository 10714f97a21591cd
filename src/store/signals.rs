//! What the server has to be told and may be told twice: read marks, receipts, states of conversations. A
//! signal is durable with the change that it tells of and stays until the server has answered; a newer one
//! of the same name replaces it. Messages never go this way: they are the outbox's.

use rusqlite::{Connection, params};
use serde_json::json;

use super::{StoreError, messages::conversation_type};
use crate::kill::{self, Point};
use crate::model::{ConversationKey, ConversationType, MuteLevel};
use crate::session::{Outgoing, Tried};
use crate::wire::{Body, Bytes, Topic, body};

/// A question that waits for its answer.
#[derive(Debug, Clone)]
pub struct Question {
    /// Which signal it is.
    pub signal: i64,
    /// What is asked.
    pub topic: Topic,
    /// The target in the frame.
    pub target: String,
    /// The encoded request.
    pub body: Bytes,
}

/// Everything that waits to be told, oldest first. A signal that is a PUBLISH goes through the sender of
/// messages under a negative number, in order with the messages of its conversation.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    /// PUBLISHes.
    pub outgoing: Vec<Outgoing>,
    /// QUERYs.
    pub questions: Vec<Question>,
}

struct New<'a> {
    name: String,
    topic: Topic,
    key: &'a ConversationKey,
    frame_target: &'a str,
    body: Bytes,
}

fn put(connection: &Connection, query: bool, new: New<'_>) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO signal (name, query, topic, type, target, frame_target, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            new.name,
            query,
            new.topic.as_str(),
            new.key.conversation_type.number(),
            new.key.target_id,
            new.frame_target,
            &new.body[..]
        ])?;
    Ok(())
}

fn name(what: &str, key: &ConversationKey) -> String {
    format!("{what}:{}:{}", key.conversation_type.number(), key.target_id)
}

/// The name of a conversation's mute state.
pub(super) fn mute_name(key: &ConversationKey) -> String {
    name("mute", key)
}

/// The name of a conversation's place on top.
pub(super) fn top_name(key: &ConversationKey) -> String {
    name("top", key)
}

/// The name of a conversation's removal.
pub(super) fn removed_name(key: &ConversationKey) -> String {
    name("remove", key)
}

/// Whether a signal of this name waits. Trouble with the database shows elsewhere.
pub(super) fn waits(connection: &Connection, name: &str) -> bool {
    let exists = |mut statement: rusqlite::CachedStatement<'_>| statement.exists([name]);
    connection.prepare_cached("SELECT 1 FROM signal WHERE name = ?1").and_then(exists).unwrap_or(false)
}

/// A message that is no message: told to devices, kept by nobody.
fn notice(object_name: &str, content: &serde_json::Value, to: &[&str]) -> Bytes {
    let body = body::UpstreamMessage {
        flags: Some(0),
        object_name: Some(object_name.into()),
        content: Some(content.to_string().into()),
        to_user_ids: to.iter().map(|user| (*user).to_owned()).collect(),
        config_flag: Some(0),
        ..Default::default()
    };
    body.to_bytes()
}

/// Where such notices can go: conversations with a topic that people send to.
fn topic_of(key: &ConversationKey) -> Option<Topic> {
    match key.conversation_type {
        ConversationType::Private | ConversationType::Group | ConversationType::Discussion => {
            Topic::for_message(key.conversation_type, false)
        }
        _ => None,
    }
}

/// Tells the user's other devices how far a conversation is read (flows §8.4).
pub(super) fn read_mark(
    connection: &Connection,
    key: &ConversationKey,
    mark: i64,
    user: &str,
) -> Result<(), StoreError> {
    let Some(topic) = topic_of(key) else { return Ok(()) };
    let body = notice("RC:SRSMsg", &json!({ "lastMessageSendTime": mark }), &[user]);
    put(connection, false, New { name: name("read", key), topic, key, frame_target: &key.target_id, body })
}

/// Tells the peer of a private chat how far it is read (flows §9.5).
pub(super) fn read_receipt(
    connection: &Connection,
    key: &ConversationKey,
    uid: &str,
    time: i64,
) -> Result<(), StoreError> {
    let content = json!({ "messageUId": uid, "lastMessageSendTime": time, "type": 1 });
    let body = notice("RC:ReadNtf", &content, &[]);
    let topic = Topic::PrivateMessage;
    put(connection, false, New { name: name("receipt", key), topic, key, frame_target: &key.target_id, body })
}

/// Asks the members of a group who reads a message (flows §9.5).
pub(super) fn receipt_request(
    connection: &Connection,
    key: &ConversationKey,
    uid: &str,
) -> Result<(), StoreError> {
    let Some(topic) = topic_of(key) else { return Ok(()) };
    let body = notice("RC:RRReqMsg", &json!({ "messageUId": uid }), &[]);
    let name = format!("ask:{uid}");
    put(connection, false, New { name, topic, key, frame_target: &key.target_id, body })
}

/// Tells the author of group messages that they are read (flows §9.5).
pub(super) fn receipt_answer(
    connection: &Connection,
    key: &ConversationKey,
    author: &str,
    uids: &[String],
) -> Result<(), StoreError> {
    let Some(topic) = topic_of(key) else { return Ok(()) };
    let body = notice("RC:RRRspMsg", &json!({ "receiptMessageDic": { author: uids } }), &[author]);
    let name = format!("answer:{author}:{}", uids.join(","));
    put(connection, false, New { name, topic, key, frame_target: &key.target_id, body })
}

fn state(
    connection: &Connection,
    key: &ConversationKey,
    name: String,
    kind: body::ConversationStateKind,
    value: &str,
    now: i64,
) -> Result<(), StoreError> {
    let item = body::ConversationStateItem {
        kind: Some(kind as i32),
        value: Some(value.to_owned()),
        ..Default::default()
    };
    let state = body::ConversationState {
        r#type: Some(key.conversation_type.number()),
        target_id: Some(key.target_id.clone()),
        time: Some(now),
        items: vec![item],
    };
    let request = body::ConversationStates { version: Some(now), state: vec![state] };
    let topic = Topic::SetConversationState;
    put(connection, true, New { name, topic, key, frame_target: "", body: request.to_bytes() })
}

/// Sets a conversation's place for all devices. [4.x]
pub(super) fn top(
    connection: &Connection,
    key: &ConversationKey,
    top: bool,
    now: i64,
) -> Result<(), StoreError> {
    let value = if top { "1" } else { "0" };
    state(connection, key, top_name(key), body::ConversationStateKind::StateTop, value, now)
}

/// Mutes a conversation for all devices. [4.x]
pub(super) fn mute(
    connection: &Connection,
    key: &ConversationKey,
    level: MuteLevel,
    now: i64,
) -> Result<(), StoreError> {
    let value = level.number().to_string();
    state(connection, key, mute_name(key), body::ConversationStateKind::StateSilent, &value, now)
}

/// Mutes a conversation at a server without such states (flows §8.5): all or nothing, private chats and
/// groups only.
pub(super) fn mute_by_name(
    connection: &Connection,
    key: &ConversationKey,
    muted: bool,
) -> Result<(), StoreError> {
    let topic = match (key.conversation_type, muted) {
        (ConversationType::Private, true) => Topic::MutePrivate,
        (ConversationType::Private, false) => Topic::UnmutePrivate,
        (ConversationType::Group, true) => Topic::MuteGroup,
        (ConversationType::Group, false) => Topic::UnmuteGroup,
        _ => return Ok(()),
    };
    let request = body::BlockPushRequest { target_id: Some(key.target_id.clone()) };
    let name = name("block", key);
    put(connection, true, New { name, topic, key, frame_target: "", body: request.to_bytes() })
}

/// Takes a conversation out of the server's list (flows §8.5).
pub(super) fn removed(connection: &Connection, key: &ConversationKey) -> Result<(), StoreError> {
    let request =
        body::ConversationsQuery { r#type: Some(key.conversation_type.number()), ..Default::default() };
    let topic = Topic::RemoveConversation;
    let body = request.to_bytes();
    put(connection, true, New { name: removed_name(key), topic, key, frame_target: &key.target_id, body })
}

/// Takes messages out of this user's history at the server (flows §9.2).
pub(super) fn deleted(
    connection: &Connection,
    key: &ConversationKey,
    messages: Vec<body::DeleteMessageItem>,
) -> Result<(), StoreError> {
    let uids: Vec<&str> = messages.iter().filter_map(|item| item.message_uid.as_deref()).collect();
    let name = format!("delete:{}", uids.join(","));
    let request = body::DeleteMessagesRequest {
        r#type: Some(key.conversation_type.number()),
        conversation_id: Some(key.target_id.clone()),
        messages,
    };
    let topic = Topic::DeleteMessages;
    let body = request.to_bytes();
    put(connection, true, New { name, topic, key, frame_target: &key.target_id, body })
}

/// Everything that waits, oldest first. `user` is the target of questions about the account.
///
/// # Errors
/// The database fails.
pub fn waiting(connection: &Connection, user: &str) -> Result<Signals, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, query, topic, type, target, frame_target, body FROM signal ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    let mut signals = Signals::default();
    while let Some(row) = rows.next()? {
        let (signal, topic): (i64, String) = (row.get(0)?, row.get(2)?);
        let Some(topic) = Topic::parse(&topic) else { continue };
        let frame_target: String = row.get(5)?;
        let target = if frame_target.is_empty() { user.to_owned() } else { frame_target };
        let body = Bytes::from(row.get::<_, Vec<u8>>(6)?);
        if row.get(1)? {
            signals.questions.push(Question { signal, topic, target, body });
        } else {
            let conversation =
                ConversationKey { conversation_type: conversation_type(row, 3)?, target_id: row.get(4)? };
            signals.outgoing.push(Outgoing {
                message: -signal,
                conversation,
                topic,
                target,
                body,
                tried: Tried::Never,
            });
        }
    }
    Ok(signals)
}

/// The server has answered a signal. One that it refuses is not told again; muting is tried the older way.
///
/// # Errors
/// The database fails.
pub fn answered(connection: &Connection, signal: i64, accepted: bool) -> Result<(), StoreError> {
    if !accepted && let Some((key, topic)) = about(connection, signal)? {
        log::info!("the server does not take {topic}");
        if topic == Topic::SetConversationState.as_str() && waits(connection, &mute_name(&key)) {
            let muted = connection
                .prepare_cached("SELECT mute <> 0 FROM conversation WHERE type = ?1 AND target = ?2")?
                .query_row(params![key.conversation_type.number(), key.target_id], |row| row.get(0))?;
            mute_by_name(connection, &key, muted)?;
        }
    }
    connection.prepare_cached("DELETE FROM signal WHERE id = ?1")?.execute([signal])?;
    kill::reach(Point::SignalRemoved);
    Ok(())
}

fn about(connection: &Connection, signal: i64) -> Result<Option<(ConversationKey, String)>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT type, target, topic FROM signal WHERE id = ?1")?;
    let mut rows = statement.query([signal])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let key = ConversationKey { conversation_type: conversation_type(row, 0)?, target_id: row.get(1)? };
    Ok(Some((key, row.get(2)?)))
}

//! Messages that are about other messages or about the conversation: applied in the transaction that moves
//! the cursor over them, and kept only as what they changed. Each may come twice and then changes nothing.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use serde::Deserialize;

use super::inbox::Stored;
use super::{StoreError, conversations, edits, existing, message, message_by_uid, receipts, rows};
use crate::kill::{self, Point};
use crate::model::content::{Content, ReadReceiptResponse, RecallCommand};
use crate::model::{
    ConversationType, Message, MessageChange, MessageChangeKind, MessageDirection, Receipt, ReceiptKind,
    SentStatus, TypingUser,
};
use crate::session::Incoming;

/// The kind of what a recall leaves behind.
pub const RECALLED: &str = "RC:RcCmd";

/// Kinds that are commands. Most messages are not, and are not even parsed.
const COMMANDS: &[&str] = &[
    RECALLED,
    "RC:ReadNtf",
    "RC:RRReqMsg",
    "RC:RRRspMsg",
    "RC:TypSts",
    "RC:SRSMsg",
    "RC:MsgExMsg",
    "RC:RRMsg",
    DELIVERED,
];

/// How far a peer's devices have stored what the user sent: Anser's own.
const DELIVERED: &str = "AN:DlvNtf";
/// Names of notices that Anser's server alone sends; they are no messages.
const SERVER_NOTICE: &str = "AN:";

/// Carries out a command. Returns whether it was one; a broken one is not.
pub(super) fn apply(
    connection: &Connection,
    incoming: &Incoming,
    user: &str,
    now: i64,
    stored: &mut Stored,
) -> Result<bool, StoreError> {
    if !COMMANDS.contains(&incoming.object_name.as_str()) {
        // One of a newer server says nothing to this client.
        return Ok(incoming.object_name.starts_with(SERVER_NOTICE));
    }
    let key = &incoming.conversation;
    match (incoming.object_name.as_str(), Content::read(&incoming.object_name, &incoming.content)) {
        (_, Content::Recall(recall)) => recalled(connection, incoming, &recall, now, stored)?,
        (_, Content::ReadReceipt(receipt)) => {
            read(connection, incoming, receipt.last_message_send_time, stored)?;
        }
        (_, Content::ReadReceiptRequest(request)) => {
            let uid = request.message_uid.unwrap_or_default();
            asked(connection, incoming, uid, stored)?;
        }
        (_, Content::ReadReceiptResponse(response)) => {
            answered(connection, incoming, &response, user, stored)?
        }
        (_, Content::TypingStatus(typing)) => {
            if !incoming.is_own() {
                let object_name = typing.typing_content_type;
                stored
                    .typing
                    .push((key.clone(), TypingUser { user_id: incoming.sender.clone(), object_name }));
            }
        }
        ("RC:SRSMsg", _) => {
            if incoming.is_own()
                && let Some(time) = last_time(&incoming.content)
                && conversations::merge_read_mark(connection, key, time)?
            {
                stored.touch(key);
            }
        }
        (DELIVERED, _) => {
            if let Some(time) = last_time(&incoming.content)
                && conversations::peer_marks(connection, key, time, 0)?
            {
                stored.receipts.push(receipt(ReceiptKind::Delivered, incoming, Vec::new(), time));
            }
        }
        ("RC:RRMsg", _) => counted(connection, incoming, stored)?,
        ("RC:MsgExMsg", _) => expanded(connection, incoming, stored)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// `lastMessageSendTime`, a number or a text.
fn last_time(content: &str) -> Option<i64> {
    let json: serde_json::Value = serde_json::from_str(content).ok()?;
    let time = json.get("lastMessageSendTime")?;
    time.as_i64().or_else(|| time.as_str()?.parse().ok()).filter(|time| *time > 0)
}

fn receipt(kind: ReceiptKind, incoming: &Incoming, message_uids: Vec<String>, time: i64) -> Receipt {
    let conversation = incoming.conversation.clone();
    Receipt { kind, conversation, user_id: incoming.sender.clone(), message_uids, time }
}

/// Puts the command into the place of the message that it takes back.
fn recalled(
    connection: &Connection,
    incoming: &Incoming,
    recall: &RecallCommand,
    now: i64,
    stored: &mut Stored,
) -> Result<(), StoreError> {
    kill::reach(Point::RecallArrived);
    match message_by_uid(connection, &recall.message_uid)? {
        Some(found) if found.object_name == RECALLED => {}
        Some(found) => {
            let left = take_back(connection, found.id, &incoming.content)?;
            stored.changed(MessageChange::of(MessageChangeKind::Recalled, left));
        }
        None => leave_mark(connection, incoming, recall, now, stored)?,
    }
    Ok(())
}

/// Puts the content of a recall into the place of a message. Returns what is left.
///
/// # Errors
/// 61001 if there is no such message, or the database fails.
pub fn take_back(connection: &Connection, id: i64, content: &str) -> Result<Message, StoreError> {
    rows::changing(connection, id)?;
    connection
        .prepare_cached(
            "UPDATE message SET object_name = ?2, content = ?3, counted = 0, mentioned = 0, silent = 0,
               expandable = 0, expansion = NULL, search_words = NULL, local_path = NULL, receipt_requested = 0,
               destruct_at = 0 WHERE id = ?1",
        )?
        .execute(params![id, RECALLED, content])?;
    rows::changed(connection, id)?;
    existing(connection, id)
}

/// The message is not here: its place is taken, so that nothing brings its text later.
fn leave_mark(
    connection: &Connection,
    incoming: &Incoming,
    recall: &RecallCommand,
    now: i64,
    stored: &mut Stored,
) -> Result<(), StoreError> {
    // The peer names the conversation from its own side; the delivery names it from ours.
    let key = &incoming.conversation;
    let time = recall.sent_time.filter(|time| *time > 0).unwrap_or(incoming.sent_time);
    let conversation = conversations::row_id(connection, key)?;
    if recall.message_uid.is_empty()
        || rows::is_gone(connection, conversation, Some(&recall.message_uid), time)?
    {
        return Ok(());
    }
    let inserted = connection
        .prepare_cached(
            "INSERT OR IGNORE INTO message (conversation, uid, direction, sender, object_name, content, sent_time,
               received_time, sent_status, counted) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)",
        )?
        .execute(params![
            conversation,
            recall.message_uid,
            incoming.direction.number(),
            incoming.sender,
            RECALLED,
            incoming.content,
            time,
            now,
            SentStatus::Sent.number()
        ])?;
    if inserted > 0 {
        rows::added(connection, connection.last_insert_rowid())?;
        conversations::arrived(connection, conversation, time)?;
        stored.touch(key);
    }
    Ok(())
}

fn read(
    connection: &Connection,
    incoming: &Incoming,
    time: i64,
    stored: &mut Stored,
) -> Result<(), StoreError> {
    let key = &incoming.conversation;
    if incoming.is_own() {
        // Another device of this user has told the peer.
        if conversations::merge_read_mark(connection, key, time)? {
            stored.touch(key);
        }
    } else if key.conversation_type == ConversationType::Private
        && conversations::peer_marks(connection, key, 0, time)?
    {
        stored.receipts.push(receipt(ReceiptKind::Read, incoming, Vec::new(), time));
    }
    Ok(())
}

fn asked(
    connection: &Connection,
    incoming: &Incoming,
    uid: String,
    stored: &mut Stored,
) -> Result<(), StoreError> {
    let asked = connection
        .prepare_cached(
            "UPDATE message SET receipt_requested = 1 WHERE uid = ?1 AND sender = ?2 AND receipt_requested = 0
             RETURNING id",
        )?
        .query_row(params![uid, incoming.sender], |row| row.get(0))
        .optional()?;
    let Some(id) = asked else { return Ok(()) };
    if let Some(message) = message(connection, id)? {
        stored.changed(MessageChange::of(MessageChangeKind::Updated, message));
    }
    if !incoming.is_own() {
        let request = receipt(ReceiptKind::GroupRequest, incoming, vec![uid], incoming.sent_time);
        stored.receipts.push(request);
    }
    Ok(())
}

fn answered(
    connection: &Connection,
    incoming: &Incoming,
    response: &ReadReceiptResponse,
    user: &str,
    stored: &mut Stored,
) -> Result<(), StoreError> {
    let mut read = Vec::new();
    for (author, uids) in response.receipt_message_dic.iter().flatten() {
        for uid in uids.as_array().into_iter().flatten().filter_map(serde_json::Value::as_str) {
            let Some(found) = message_by_uid(connection, uid)? else { continue };
            if incoming.is_own() {
                connection
                    .prepare_cached("UPDATE message SET receipt_answered = 1 WHERE id = ?1")?
                    .execute([found.id])?;
            } else if author == user
                && found.direction == MessageDirection::Send
                && receipts::add_reader(connection, found.id, &incoming.sender, incoming.sent_time)?
            {
                read.push(uid.to_owned());
                if let Some(message) = message(connection, found.id)? {
                    stored.changed(MessageChange::of(MessageChangeKind::Updated, message));
                }
            }
        }
    }
    if !read.is_empty() {
        stored.receipts.push(receipt(ReceiptKind::GroupRead, incoming, read, incoming.sent_time));
    }
    Ok(())
}

/// RC:RRMsg. [4.x]
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupRead {
    #[serde(rename = "messageUIds")]
    message_uids: Vec<String>,
    #[serde(default)]
    read_time: i64,
}

/// A server that counts the readers itself names one.
fn counted(connection: &Connection, incoming: &Incoming, stored: &mut Stored) -> Result<(), StoreError> {
    let Ok(GroupRead { message_uids, read_time }) = serde_json::from_str(&incoming.content) else {
        return Ok(());
    };
    let time = if read_time > 0 { read_time } else { incoming.sent_time };
    let mut read = Vec::new();
    for uid in message_uids {
        let Some(found) = message_by_uid(connection, &uid)? else { continue };
        if found.direction == MessageDirection::Send
            && receipts::add_reader(connection, found.id, &incoming.sender, time)?
        {
            read.push(uid);
            stored.changed(MessageChange::of(MessageChangeKind::Updated, existing(connection, found.id)?));
        }
    }
    if !read.is_empty() {
        stored.receipts.push(receipt(ReceiptKind::GroupRead, incoming, read, time));
    }
    Ok(())
}

/// RC:MsgExMsg. [4.x]
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Expansion {
    mid: String,
    #[serde(default)]
    put: HashMap<String, String>,
    #[serde(default)]
    del: Vec<String>,
    /// 1 for everything.
    #[serde(default)]
    remove_all: i32,
}

fn expanded(connection: &Connection, incoming: &Incoming, stored: &mut Stored) -> Result<(), StoreError> {
    let Ok(mut change) = serde_json::from_str::<Expansion>(&incoming.content) else { return Ok(()) };
    if change.remove_all != 0
        && let Some(found) = message_by_uid(connection, &change.mid)?
    {
        change.del.extend(found.expansion.into_keys());
    }
    let Some(message) = edits::expand(connection, &change.mid, &change.put, &change.del)? else {
        return Ok(());
    };
    if !change.put.is_empty() {
        let keys = change.put.into_keys().collect();
        let change = MessageChange::of(MessageChangeKind::ExpansionSet, message.clone());
        stored.changed(change.with_keys(keys));
    }
    if !change.del.is_empty() {
        let removed = MessageChange::of(MessageChangeKind::ExpansionRemoved, message);
        stored.changed(removed.with_keys(change.del));
    }
    Ok(())
}

//! What a message does to others: looked at before it is stored, done in the same transaction after. Called
//! by `append` only.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::append::key;
use super::expansion;
use crate::store::{Draft, Effect};

/// The sender's flag bit of a message to which something may be attached.
const EXPANDABLE: i32 = 64;
/// The flag bits of what people see: kept or counted.
const SHOWN: i32 = 3;
/// The object name of a recall.
const RECALL: &str = "RC:RcCmd";
/// The flags of a message that was taken back: kept, not counted.
const RECALLED_FLAGS: i32 = 1;

/// What was found out about an effect.
pub(super) enum Checked {
    Nothing,
    /// Not allowed, or there is nothing to work on.
    Refused,
    /// It was done already, by this message.
    Done {
        uid: Arc<str>,
        stamp: i64,
    },
    Recall {
        message: Found,
    },
    Expand {
        message: i64,
        expansion: Option<String>,
    },
    GroupRead {
        messages: Vec<i64>,
    },
}

/// The message that an effect names.
pub(super) struct Found {
    id: i64,
    sender: Arc<str>,
    stamp: i64,
    flags: i32,
    recall: Option<i64>,
    expansion: Option<String>,
    object_name: String,
}

pub(super) fn check(connection: &Connection, draft: &Draft) -> rusqlite::Result<Checked> {
    match &draft.effect {
        Effect::Nothing => Ok(Checked::Nothing),
        Effect::Recall { uid, not_before } => {
            // What only passes by, and a recall itself, is no message: taken back it would leave its effect behind.
            let is_message = |m: &Found| m.flags & SHOWN != 0 && m.object_name != RECALL;
            let own = |m: &Found| m.sender == draft.sender && (m.recall.is_some() || is_message(m));
            let Some(message) = find(connection, draft, uid)?.filter(own) else {
                return Ok(Checked::Refused);
            };
            if let Some(command) = message.recall {
                return done(connection, command, draft);
            }
            Ok(if message.stamp < *not_before { Checked::Refused } else { Checked::Recall { message } })
        }
        Effect::Expand { uid, change } => {
            let found = find(connection, draft, uid)?;
            let Some(message) = found.filter(|m| m.flags & EXPANDABLE != 0 && m.recall.is_none()) else {
                return Ok(Checked::Refused);
            };
            Ok(match expansion::changed(message.expansion.as_deref(), change) {
                Some(expansion) => Checked::Expand { message: message.id, expansion },
                None => Checked::Refused,
            })
        }
        Effect::GroupRead { uids } => {
            let mut messages = Vec::new();
            for uid in uids {
                let Some(message) = find(connection, draft, uid)? else { continue };
                let known = connection
                    .prepare_cached("SELECT 1 FROM readers WHERE message = ?1 AND user_id = ?2")?
                    .exists(params![message.id, &*draft.sender])?;
                if !known && message.sender != draft.sender {
                    messages.push(message.id);
                }
            }
            Ok(if messages.is_empty() { Checked::Refused } else { Checked::GroupRead { messages } })
        }
    }
}

/// The message of this uid, if it lies in the draft's conversation.
fn find(connection: &Connection, draft: &Draft, uid: &str) -> rusqlite::Result<Option<Found>> {
    let (kind, a, b) = key(&draft.sender, &draft.target);
    connection
        .prepare_cached(
            "SELECT m.id, m.sender, m.stamp, m.flags, m.recall, m.expansion, m.object_name FROM messages m \
             JOIN conversations c ON c.id = m.conversation \
             WHERE m.uid = ?1 AND c.kind = ?2 AND c.a = ?3 AND c.b = ?4",
        )?
        .query_row(params![uid, kind, a, b], |row| {
            Ok(Found {
                id: row.get(0)?,
                sender: row.get(1)?,
                stamp: row.get(2)?,
                flags: row.get(3)?,
                recall: row.get(4)?,
                expansion: row.get(5)?,
                object_name: row.get(6)?,
            })
        })
        .optional()
}

/// The command that took the message back before, unless it was pruned meanwhile.
fn done(connection: &Connection, command: i64, draft: &Draft) -> rusqlite::Result<Checked> {
    let found = connection
        .prepare_cached("SELECT uid, stamp FROM messages WHERE id = ?1 AND sender = ?2 AND object_name = ?3")?
        .query_row(params![command, &*draft.sender, &*draft.object_name], |row| {
            Ok(Checked::Done { uid: row.get(0)?, stamp: row.get(1)? })
        })
        .optional()?;
    Ok(found.unwrap_or(Checked::Refused))
}

/// A command goes only to those who got what it takes back: a directed message was not for everybody.
pub(super) fn keep_receivers(
    connection: &Connection,
    message: &Found,
    receivers: &mut Vec<Arc<str>>,
) -> rusqlite::Result<()> {
    let kept: bool = connection
        .prepare_cached("SELECT kept FROM messages WHERE id = ?1")?
        .query_row([message.id], |row| row.get(0))?;
    if kept {
        return Ok(());
    }
    let mut had = Vec::with_capacity(receivers.len());
    for user in receivers.drain(..) {
        let found = connection
            .prepare_cached("SELECT 1 FROM inbox WHERE user_id = ?1 AND stamp = ?2")?
            .exists(params![&*user, message.stamp])?;
        if found {
            had.push(user);
        }
    }
    *receivers = had;
    Ok(())
}

/// Does it; `row` is the message that was just stored.
pub(super) fn apply(
    connection: &Connection,
    checked: &Checked,
    row: i64,
    draft: &Draft,
    now: i64,
) -> rusqlite::Result<()> {
    match checked {
        Checked::Nothing | Checked::Refused | Checked::Done { .. } => {}
        Checked::Recall { message } => {
            connection
                .prepare_cached(
                    "UPDATE messages SET object_name = ?2, content = ?3, flags = ?4, recall = ?5, \
                     expansion = NULL WHERE id = ?1",
                )?
                .execute(params![message.id, &*draft.object_name, &*draft.content, RECALLED_FLAGS, row])?;
        }
        Checked::Expand { message, expansion } => {
            connection
                .prepare_cached("UPDATE messages SET expansion = ?2 WHERE id = ?1")?
                .execute(params![message, expansion])?;
        }
        Checked::GroupRead { messages } => {
            for message in messages {
                connection
                    .prepare_cached(
                        "INSERT OR IGNORE INTO readers (message, user_id, time) VALUES (?1, ?2, ?3)",
                    )?
                    .execute(params![message, &*draft.sender, now])?;
            }
        }
    }
    Ok(())
}

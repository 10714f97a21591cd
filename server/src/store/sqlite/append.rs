//! Stamping and storing one message, inside the writer's transaction. The stamp rule lives here and nowhere
//! else: `max(now, 1 + max(heads of sender and every inbox owner, last stamp of the conversation))`.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::{Connection, OptionalExtension, params};

use super::effect::{self, Checked};
use super::marks::{mark_told_read, raise_read};
use super::read::members;
use super::writer::Context;
use crate::store::{Appended, Committed, Draft, InboxEntry, Message, Target, message_uid};

/// Kinds as the protocol numbers them.
pub(super) const PRIVATE: i64 = 1;
pub(super) const GROUP: i64 = 3;

/// The sender's flag bit of a message that counts as unread.
pub(super) const COUNTED: i32 = 2;

/// The row that tells what a target is.
pub(super) fn kind_of(target: &Target) -> i64 {
    match target {
        Target::User(_) => PRIVATE,
        Target::Group(_) => GROUP,
    }
}

pub(super) fn append(
    context: &Context,
    #[cfg_attr(not(feature = "sim"), expect(unused_mut, reason = "a simulation's mistake"))] mut draft: Draft,
) -> rusqlite::Result<(Appended, Option<Committed>)> {
    let connection = &context.connection;
    #[cfg(feature = "sim")]
    if !context.dedupe {
        draft.client_id = None;
    }
    if let Some(client_id) = draft.client_id
        && let Some((uid, stamp)) = first_answer(connection, &draft.sender, client_id)?
    {
        return Ok((Appended::Duplicate { uid, stamp }, None));
    }
    let Some(mut receivers) = receivers(connection, &draft)? else {
        return Ok((Appended::NotInGroup, None));
    };
    let effect = effect::check(connection, &draft)?;
    match &effect {
        Checked::Nothing | Checked::Expand { .. } | Checked::GroupRead { .. } => {}
        Checked::Recall { message } => effect::keep_receivers(connection, message, &mut receivers)?,
        Checked::Refused => return Ok((Appended::Refused, None)),
        Checked::Done { uid, stamp } => {
            return Ok((Appended::Duplicate { uid: uid.clone(), stamp: *stamp }, None));
        }
    }

    let (conversation, last_stamp) = conversation(connection, &draft)?;
    let mut floor = last_stamp.max(user_row(connection, &draft.sender)?.head);
    let mut inboxes = Vec::with_capacity(receivers.len());
    for user in receivers {
        let row = user_row(connection, &user)?;
        floor = floor.max(row.head);
        inboxes.push(InboxEntry { user, previous: row.inbox_last });
    }
    let now = context.clock.now_ms();
    let stamp = now.max(floor.saturating_add(1));
    context.gauges.lead_latest.store(stamp - now, Ordering::Relaxed);
    context.gauges.lead_greatest.fetch_max(stamp - now, Ordering::Relaxed);

    // A note to oneself lies in the own inbox, so it must not come back through the outbox as well.
    let echoed = draft.echo && draft.target != Target::User(draft.sender.clone());
    let uid: Arc<str> = message_uid(&context.random, stamp)
        .ok_or_else(|| rusqlite::Error::ToSqlConversionFailure("the system has no randomness".into()))?
        .into();
    let kind = kind_of(&draft.target);
    connection
        .prepare_cached(
            "INSERT INTO messages (uid, conversation, sender, kind, target, object_name, content, flags, \
             stamp, client_id, kept, echoed, expansion) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            &*uid,
            conversation,
            &*draft.sender,
            kind,
            &**draft.target.id(),
            &*draft.object_name,
            &*draft.content,
            draft.flags,
            stamp,
            draft.client_id,
            draft.kept,
            echoed,
            draft.expansion.as_deref()
        ])?;
    let message_row = connection.last_insert_rowid();
    raise_head(connection, &draft.sender, stamp)?;
    for entry in &inboxes {
        connection
            .prepare_cached("INSERT INTO inbox (user_id, stamp, previous, message) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![&*entry.user, stamp, entry.previous, message_row])?;
        connection
            .prepare_cached("UPDATE users SET head = ?2, inbox_last = ?2 WHERE id = ?1")?
            .execute(params![&*entry.user, stamp])?;
    }
    connection
        .prepare_cached("UPDATE conversations SET last_stamp = ?2 WHERE id = ?1")?
        .execute(params![conversation, stamp])?;
    if draft.kept {
        touch_view(connection, &draft.sender, kind, draft.target.id(), message_row, stamp)?;
        for entry in inboxes.iter().filter(|e| e.user != draft.sender) {
            let target = match &draft.target {
                Target::User(_) => &draft.sender,
                Target::Group(group) => group,
            };
            touch_view(connection, &entry.user, kind, target, message_row, stamp)?;
        }
    }
    effect::apply(connection, &effect, message_row, &draft, now)?;
    if draft.answers && draft.kept && draft.flags & COUNTED != 0 {
        raise_read(connection, &draft.sender, &draft.target, stamp)?;
    }
    if let Some(time) = draft.read_to {
        mark_told_read(connection, &draft.sender, &draft.target, time.min(stamp))?;
    }

    let appended = Appended::Stored { uid: uid.clone(), stamp };
    let message = Message {
        uid,
        sender: draft.sender,
        target: draft.target,
        object_name: draft.object_name,
        content: draft.content,
        flags: draft.flags,
        stamp,
        client_id: draft.client_id,
        expansion: draft.expansion,
    };
    let committed =
        Committed { message: Arc::new(message), inboxes: inboxes.into(), echoed, origin: draft.origin };
    Ok((appended, Some(committed)))
}

fn first_answer(
    connection: &Connection,
    sender: &str,
    client_id: i64,
) -> rusqlite::Result<Option<(Arc<str>, i64)>> {
    connection
        .prepare_cached("SELECT uid, stamp FROM messages WHERE sender = ?1 AND client_id = ?2")?
        .query_row(params![sender, client_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Whose inbox the message enters; `None` when the sender is not a member of the group.
fn receivers(connection: &Connection, draft: &Draft) -> rusqlite::Result<Option<Vec<Arc<str>>>> {
    let group = match &draft.target {
        Target::User(user) => return Ok(Some(vec![user.clone()])),
        Target::Group(group) => group,
    };
    let mut members = members(connection, group)?;
    if !members.contains(&draft.sender) {
        return Ok(None);
    }
    members.retain(|m| *m != draft.sender && (draft.only.is_empty() || draft.only.contains(m)));
    Ok(Some(members))
}

fn conversation(connection: &Connection, draft: &Draft) -> rusqlite::Result<(i64, i64)> {
    let (kind, a, b) = key(&draft.sender, &draft.target);
    let found = connection
        .prepare_cached("SELECT id, last_stamp FROM conversations WHERE kind = ?1 AND a = ?2 AND b = ?3")?
        .query_row(params![kind, a, b], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some(found) = found {
        return Ok(found);
    }
    connection
        .prepare_cached("INSERT INTO conversations (kind, a, b) VALUES (?1, ?2, ?3)")?
        .execute(params![kind, a, b])?;
    Ok((connection.last_insert_rowid(), 0))
}

/// The one name of a conversation, whoever of its members asks.
pub(super) fn key<'a>(user: &'a str, target: &'a Target) -> (i64, &'a str, &'a str) {
    match target {
        Target::User(peer) if user <= &**peer => (PRIVATE, user, peer),
        Target::User(peer) => (PRIVATE, peer, user),
        Target::Group(group) => (GROUP, group, ""),
    }
}

pub(super) struct UserRow {
    pub(super) head: i64,
    pub(super) inbox_last: i64,
}

/// The user's row, created on first mention.
fn user_row(connection: &Connection, user: &str) -> rusqlite::Result<UserRow> {
    let found = connection
        .prepare_cached("SELECT head, inbox_last FROM users WHERE id = ?1")?
        .query_row([user], |row| Ok(UserRow { head: row.get(0)?, inbox_last: row.get(1)? }))
        .optional()?;
    if let Some(found) = found {
        return Ok(found);
    }
    connection.prepare_cached("INSERT INTO users (id) VALUES (?1)")?.execute([user])?;
    Ok(UserRow { head: 0, inbox_last: 0 })
}

pub(super) fn raise_head(connection: &Connection, user: &str, time: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO users (id, head) VALUES (?1, ?2) \
             ON CONFLICT (id) DO UPDATE SET head = max(head, excluded.head)",
        )?
        .execute(params![user, time])?;
    Ok(())
}

fn touch_view(
    connection: &Connection,
    user: &str,
    kind: i64,
    target: &str,
    message: i64,
    stamp: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO views (user_id, kind, target, last_message, last_stamp) \
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (user_id, kind, target) DO UPDATE SET \
             last_message = excluded.last_message, last_stamp = excluded.last_stamp, hidden = 0",
        )?
        .execute(params![user, kind, target, message, stamp])?;
    Ok(())
}

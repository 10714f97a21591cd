//! The reads. Each runs in one snapshot of committed rows and changes nothing.

use std::sync::Arc;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::append::{GROUP, key, kind_of};
use crate::store::{
    ConversationRow, HistoryPage, HistoryRequest, Message, PullPage, PullRequest, PullRow, Target,
};

/// The columns that [`message`] reads, in its order.
macro_rules! message_columns {
    () => {
        "m.uid, m.sender, m.kind, m.target, m.object_name, m.content, m.flags, m.stamp, m.client_id, \
         m.expansion"
    };
}

/// The part that both directions share.
macro_rules! history_query {
    () => {
        concat!(
            "SELECT ",
            message_columns!(),
            " FROM messages m WHERE m.conversation = ?1 AND m.kept = 1 AND m.stamp > ?2 AND m.stamp < ?3 \
             AND m.id NOT IN (SELECT d.message FROM deleted d WHERE d.user_id = ?4)"
        )
    };
}
fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        uid: row.get(0)?,
        sender: row.get(1)?,
        target: target(row.get(2)?, row.get(3)?),
        object_name: row.get(4)?,
        content: Bytes::from(row.get::<_, Vec<u8>>(5)?),
        flags: row.get(6)?,
        stamp: row.get(7)?,
        client_id: row.get(8)?,
        expansion: row.get(9)?,
    })
}

fn target(kind: i64, id: Arc<str>) -> Target {
    if kind == GROUP { Target::Group(id) } else { Target::User(id) }
}

pub(super) fn pull(connection: &Connection, request: &PullRequest) -> rusqlite::Result<PullPage> {
    let user: &str = &request.user;
    let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
    let fetch = i64::from(request.limit) + 1;
    let (head, inbox_last, days): (i64, i64, Option<u32>) = connection
        .prepare_cached("SELECT head, inbox_last, offline_days FROM users WHERE id = ?1")?
        .query_row([user], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?
        .unwrap_or_default();
    let cutoff = request.window.cutoff(days);
    // What was taken back is offered to nobody any more; the command that did it follows behind.
    let inbox = connection
        .prepare_cached(concat!(
            "SELECT ",
            message_columns!(),
            " FROM inbox i JOIN messages m ON m.id = i.message \
             WHERE i.user_id = ?1 AND i.stamp > ?2 AND m.recall IS NULL ORDER BY i.stamp LIMIT ?3"
        ))?
        .query_map(params![user, request.inbox_after.max(cutoff), fetch], message)?
        .map(|m| m.map(|message| PullRow { message, own: false }))
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let outbox = connection
        .prepare_cached(concat!(
            "SELECT ",
            message_columns!(),
            " FROM messages m WHERE m.sender = ?1 AND m.echoed = 1 AND m.stamp > ?2 AND m.recall IS NULL \
             ORDER BY m.stamp LIMIT ?3"
        ))?
        .query_map(params![user, request.outbox_after.max(cutoff), fetch], message)?
        .map(|m| m.map(|message| PullRow { message, own: true }))
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut rows = inbox;
    rows.extend(outbox);
    rows.sort_by_key(|row| row.message.stamp);
    let finished = rows.len() <= limit;
    rows.truncate(limit);
    Ok(PullPage { rows, finished, head, inbox_last })
}

pub(super) fn history(
    connection: &Connection,
    request: &HistoryRequest,
) -> rusqlite::Result<Option<HistoryPage>> {
    let user: &str = &request.user;
    if let Target::Group(group) = &request.target
        && !members(connection, group)?.contains(&request.user)
    {
        return Ok(None);
    }
    let (kind, a, b) = key(user, &request.target);
    let conversation: Option<i64> = connection
        .prepare_cached("SELECT id FROM conversations WHERE kind = ?1 AND a = ?2 AND b = ?3")?
        .query_row(params![kind, a, b], |row| row.get(0))
        .optional()?;
    let Some(conversation) = conversation else {
        return Ok(Some(HistoryPage::default()));
    };
    let cleared_to: i64 = connection
        .prepare_cached("SELECT cleared_to FROM views WHERE user_id = ?1 AND kind = ?2 AND target = ?3")?
        .query_row(params![user, kind_of(&request.target), &**request.target.id()], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    let cleared_to = cleared_to.max(request.kept_after);
    let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
    let fetch = i64::from(request.limit) + 1;
    let (after, before, sql) = if request.ascending {
        (cleared_to.max(request.time), i64::MAX, concat!(history_query!(), " ORDER BY m.stamp ASC LIMIT ?5"))
    } else {
        let before = if request.time <= 0 { i64::MAX } else { request.time };
        (cleared_to, before, concat!(history_query!(), " ORDER BY m.stamp DESC LIMIT ?5"))
    };
    let mut messages = connection
        .prepare_cached(sql)?
        .query_map(params![conversation, after, before, user, fetch], message)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let more = messages.len() > limit;
    messages.truncate(limit);
    if request.ascending {
        messages.reverse();
    }
    Ok(Some(HistoryPage { messages, more }))
}

pub(super) fn conversations(
    connection: &Connection,
    user: &str,
    limit: u32,
    kept_after: i64,
) -> rusqlite::Result<Vec<ConversationRow>> {
    let limit = if limit == 0 { -1 } else { i64::from(limit) };
    connection
        .prepare_cached(concat!(
            "SELECT ",
            message_columns!(),
            ", v.kind, v.target, v.read_to, coalesce(p.delivered_to, 0), coalesce(p.told_read_to, 0) \
             FROM views v JOIN messages m ON m.id = v.last_message \
             LEFT JOIN views p ON v.kind = 1 AND p.user_id = v.target AND p.kind = 1 AND p.target = ?1 \
             WHERE v.user_id = ?1 AND v.hidden = 0 AND v.last_stamp > v.cleared_to AND m.stamp > ?3 \
             ORDER BY v.last_stamp DESC LIMIT ?2"
        ))?
        .query_map(params![user, limit, kept_after], |row| {
            Ok(ConversationRow {
                last: message(row)?,
                target: target(row.get(10)?, row.get(11)?),
                read_to: row.get(12)?,
                peer_delivered_to: row.get(13)?,
                peer_read_to: row.get(14)?,
            })
        })?
        .collect()
}

/// The members of a group, sorted.
pub(super) fn members(connection: &Connection, group: &str) -> rusqlite::Result<Vec<Arc<str>>> {
    connection
        .prepare_cached("SELECT user_id FROM members WHERE group_id = ?1 ORDER BY user_id")?
        .query_map([group], |row| row.get(0))?
        .collect()
}

pub(super) fn meta(connection: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()
}

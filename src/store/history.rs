//! Pages of messages, and which stretches of a conversation are here without a gap. What the inbox brought is
//! without gaps since some login (`live_range`); what the history brought is without gaps from page to page
//! (`history_range`). Between two stretches lies what this device has never seen.

use rusqlite::{Connection, OptionalExtension, params, params_from_iter, types::Value};

use super::inbox::{Stored, insert};
use super::messages::{COLUMNS, from_row};
use super::{StoreError, commands, conversations, rows, settings};
use crate::model::{ConversationKey, ErrorCode, Message};
use crate::session::Incoming;

const DAY: i64 = 86_400_000;

/// Which messages of a conversation a page shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct HistoryQuery {
    /// Messages beyond this one, by local id; 0 to start from `time`. If it is gone, `time` stands in for it.
    #[uniffi(default = 0)]
    pub message_id: i64,
    /// Messages beyond this server time, ms; 0 for the newest, or with `newer` for the oldest.
    #[uniffi(default = 0)]
    pub time: i64,
    /// Towards newer messages instead of older ones.
    #[uniffi(default = false)]
    pub newer: bool,
    /// At most so many, 1 to 1000.
    pub count: u32,
    /// Only these kinds; empty for all.
    #[uniffi(default = [])]
    pub object_names: Vec<String>,
    /// Only from these users; empty for all.
    #[uniffi(default = [])]
    pub senders: Vec<String>,
}

/// A place in a conversation's order.
struct Place {
    time: i64,
    uid: String,
    id: i64,
}

/// A page of messages, oldest first.
///
/// # Errors
/// 61001 if the message that it begins at is gone and no time says where that stood, or the database fails.
pub fn page(
    connection: &Connection,
    key: &ConversationKey,
    query: &HistoryQuery,
) -> Result<Vec<Message>, StoreError> {
    let Some(conversation) = conversations::known_id(connection, key)? else { return Ok(Vec::new()) };
    let place = place(connection, query)?;
    let mut values: Vec<Value> =
        vec![conversation.into(), place.time.into(), place.uid.into(), place.id.into(), query.count.into()];
    let mut wanted = String::new();
    for (column, list) in [("m.object_name", &query.object_names), ("m.sender", &query.senders)] {
        if !list.is_empty() {
            let first = values.len() + 1;
            let marks: Vec<String> = (first..first + list.len()).map(|number| format!("?{number}")).collect();
            let marks = marks.join(", ");
            wanted.push_str(&format!(" AND {column} IN ({marks})"));
            values.extend(list.iter().cloned().map(Value::from));
        }
    }
    let mut statement = connection.prepare_cached(&page_sql(query.newer, &wanted))?;
    let mut messages =
        statement.query_map(params_from_iter(values), from_row)?.collect::<Result<Vec<_>, _>>()?;
    if !query.newer {
        messages.reverse();
    }
    Ok(messages)
}

/// The index gives the order; the second comparison parts messages of the same millisecond.
pub(super) fn page_sql(newer: bool, wanted: &str) -> String {
    let (than, order) = if newer { (">", "ASC") } else { ("<", "DESC") };
    format!(
        "SELECT {COLUMNS} FROM message m JOIN conversation c ON c.id = m.conversation
         WHERE m.conversation = ?1 AND m.sent_time {than}= ?2
           AND (m.sent_time {than} ?2 OR (coalesce(m.uid, ''), m.id) {than} (?3, ?4)){wanted}
         ORDER BY m.sent_time {order}, m.uid {order}, m.id {order} LIMIT ?5"
    )
}

fn place(connection: &Connection, query: &HistoryQuery) -> Result<Place, StoreError> {
    if query.message_id != 0 {
        let found = connection
            .prepare_cached("SELECT sent_time, coalesce(uid, ''), id FROM message WHERE id = ?1")?
            .query_row([query.message_id], |row| {
                Ok(Place { time: row.get(0)?, uid: row.get(1)?, id: row.get(2)? })
            })
            .optional()?;
        if let Some(place) = found {
            return Ok(place);
        }
        if query.time <= 0 {
            // Beginning anew would show what was shown already.
            let words = format!("message {} does not exist", query.message_id);
            return Err(StoreError::new(ErrorCode::GET_MESSAGE_BY_ID_ERROR, words));
        }
    }
    let time = if query.time <= 0 && !query.newer { i64::MAX } else { query.time };
    // Beyond a time excludes all of its millisecond, in both directions.
    let (uid, id) = if query.newer { ("\u{10ffff}".into(), i64::MAX) } else { (String::new(), i64::MIN) };
    Ok(Place { time, uid, id })
}

/// The oldest unread message of a conversation.
///
/// # Errors
/// The database fails.
pub fn first_unread(connection: &Connection, key: &ConversationKey) -> Result<Option<Message>, StoreError> {
    of_unread(connection, key, "m.counted = 1 AND m.direction = 2", 1).map(|found| found.into_iter().next())
}

/// Up to `count` unread messages that mention the user, oldest first.
///
/// # Errors
/// The database fails.
pub fn unread_mentions(
    connection: &Connection,
    key: &ConversationKey,
    count: u32,
) -> Result<Vec<Message>, StoreError> {
    of_unread(connection, key, "m.mentioned = 1", count)
}

fn of_unread(
    connection: &Connection,
    key: &ConversationKey,
    which: &str,
    count: u32,
) -> Result<Vec<Message>, StoreError> {
    let Some(conversation) = conversations::known_id(connection, key)? else { return Ok(Vec::new()) };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM message m JOIN conversation c ON c.id = m.conversation
         WHERE m.conversation = ?1 AND {which} AND m.sent_time > c.read_time
         ORDER BY m.sent_time, m.uid, m.id LIMIT ?2"
    ))?;
    Ok(statement.query_map(params![conversation, count], from_row)?.collect::<Result<_, _>>()?)
}

/// A page of the inbox was stored: everything from `from` to `to` is here, as far as the server still had it
/// at the login of `connack_time`.
pub(super) fn pulled(
    connection: &Connection,
    from: i64,
    to: i64,
    connack_time: i64,
) -> Result<(), StoreError> {
    // At least a day is kept by every server; the account may say more.
    let days = settings::number(connection, settings::OFFLINE_DAYS)?.clamp(1, 7);
    let kept_since = connack_time.saturating_sub(days * DAY);
    let start = from.max(kept_since);
    let since: Option<i64> = connection
        .prepare_cached("SELECT max(from_time) FROM live_range WHERE from_time <= ?1 AND to_time >= ?1 - 1")?
        .query_row([start], |row| row.get(0))?;
    connection
        .prepare_cached(
            "INSERT INTO live_range (from_time, to_time) VALUES (?1, ?2)
             ON CONFLICT (from_time) DO UPDATE SET to_time = max(to_time, excluded.to_time)",
        )?
        .execute(params![since.unwrap_or(start), to.max(start)])?;
    Ok(())
}

/// The inbox is here up to its end, as the server saw it at the login of `connack_time`.
///
/// # Errors
/// The database fails.
pub fn caught_up(connection: &Connection, connack_time: i64) -> Result<(), StoreError> {
    let from = super::cursors(connection)?.inbox;
    pulled(connection, from.min(connack_time), connack_time, connack_time)
}

/// From when on everything up to `time` (exclusive) is here without a gap; `time` itself if what lies
/// before it is unknown, 0 if nothing older exists.
///
/// # Errors
/// The database fails.
pub fn known_since(connection: &Connection, key: &ConversationKey, time: i64) -> Result<i64, StoreError> {
    let conversation = conversations::known_id(connection, key)?.unwrap_or(0);
    // Beyond the newest range lies only what has not been pulled yet. With nothing pulled so far that is the
    // newest page of the history: without it, asking for the newest page would never end.
    let newest: Option<i64> = connection
        .prepare_cached(
            "SELECT max(to_time) FROM (
               SELECT max(to_time) AS to_time FROM live_range UNION ALL
               SELECT max(to_time) FROM history_range WHERE conversation = ?1)",
        )?
        .query_row([conversation], |row| row.get(0))?;
    let mut since = match newest {
        Some(newest) if time > newest => newest,
        _ => time,
    };
    let mut statement = connection.prepare_cached(
        "SELECT min(from_time) FROM (
           SELECT from_time FROM live_range WHERE from_time < ?2 AND to_time >= ?2 - 1
           UNION ALL
           SELECT from_time FROM history_range WHERE conversation = ?1 AND from_time < ?2 AND to_time >= ?2 - 1)",
    )?;
    while since > 0 {
        let earlier: Option<i64> = statement.query_row(params![conversation, since], |row| row.get(0))?;
        match earlier {
            Some(earlier) => since = earlier,
            None => break,
        }
    }
    Ok(since)
}

/// Stretches of a conversation that are unknown, oldest first: from when to when, server time, ms.
///
/// # Errors
/// The database fails.
pub fn gaps(connection: &Connection, key: &ConversationKey) -> Result<Vec<(i64, i64)>, StoreError> {
    let mut gaps = Vec::new();
    let mut time = i64::MAX;
    loop {
        let since = known_since(connection, key, time)?;
        if since <= 0 {
            break;
        }
        let before: Option<i64> = connection
            .prepare_cached(
                "SELECT max(to_time) FROM (
                   SELECT to_time FROM live_range WHERE to_time < ?2 - 1 UNION ALL
                   SELECT h.to_time FROM history_range h JOIN conversation c ON c.id = h.conversation
                   WHERE c.type = ?3 AND c.target = ?1 AND h.to_time < ?2 - 1)",
            )?
            .query_row(params![key.target_id, since, key.conversation_type.number()], |row| row.get(0))?;
        gaps.push((before.unwrap_or(0), since));
        match before {
            Some(before) => time = before + 1,
            None => break,
        }
    }
    gaps.reverse();
    Ok(gaps)
}

/// A page that the server's history answered.
#[derive(Debug, Clone)]
pub struct RemotePage {
    /// Which conversation.
    pub conversation: ConversationKey,
    /// The time that was asked for: messages before it, or with `newer` after it. 0 for the newest.
    pub time: i64,
    /// Towards newer messages.
    pub newer: bool,
    /// The messages.
    pub messages: Vec<Incoming>,
    /// Whether the server has more in that direction.
    pub has_more: bool,
    /// Server time when it was asked, ms.
    pub now: i64,
}

/// Stores a page of the server's history beside what is here. Nothing of it counts as new for the host: it
/// is history. Returns the messages as they are here now, oldest first, and what the page changed here.
///
/// # Errors
/// The database fails.
pub fn store_page(
    connection: &Connection,
    page: RemotePage,
    user: &str,
    now: i64,
) -> Result<(Vec<Message>, Stored), StoreError> {
    let RemotePage { conversation: key, time, newer, mut messages, has_more, now: server_now } = page;
    // What was not asked for proves nothing about what lies between.
    messages.retain(|message| {
        message.sent_time > 0
            && if newer { message.sent_time > time } else { time <= 0 || message.sent_time < time }
    });
    let times = messages.iter().map(|message| message.sent_time);
    let (oldest, newest) = (times.clone().min(), times.max());
    let (mut shown, mut added, mut stored) = (Vec::new(), Vec::new(), Stored::default());
    let before_it = connection.total_changes();
    for mut incoming in messages {
        // The server names a conversation in several ways; it was asked for this one.
        incoming.conversation = key.clone();
        incoming.persisted = true;
        let uid = incoming.uid.clone();
        if incoming.object_name != commands::RECALLED
            || !commands::apply(connection, &incoming, user, now, &mut stored)?
        {
            added.extend(insert(connection, &incoming, now)?);
        }
        if let Some(uid) = uid
            && let Some(found) = super::message_by_uid(connection, &uid)?
        {
            shown.push(found);
        }
    }
    rows::all_added(connection, &added)?;
    if connection.total_changes() > before_it {
        stored.touch(&key);
    }
    let before = if time <= 0 { server_now } else { time };
    let (from, to) = match (newer, has_more) {
        (false, true) => (oldest.unwrap_or(before), before),
        (false, false) => (0, before),
        (true, true) => (time, newest.unwrap_or(time)),
        (true, false) => (time, server_now),
    };
    add_range(connection, &key, from, to)?;
    shown.sort_by(|a, b| (a.sent_time, &a.uid, a.id).cmp(&(b.sent_time, &b.uid, b.id)));
    Ok((shown, stored))
}

/// Everything of a conversation from `from` to `to` is here; ranges that touch become one.
fn add_range(connection: &Connection, key: &ConversationKey, from: i64, to: i64) -> Result<(), StoreError> {
    let id = conversations::row_id(connection, key)?;
    let (from, to): (i64, i64) = connection
        .prepare_cached(
            "SELECT min(?2, coalesce(min(from_time), ?2)), max(?3, coalesce(max(to_time), ?3))
             FROM history_range WHERE conversation = ?1 AND from_time <= ?3 + 1 AND to_time >= ?2 - 1",
        )?
        .query_row(params![id, from, to], |row| Ok((row.get(0)?, row.get(1)?)))?;
    connection
        .prepare_cached(
            "DELETE FROM history_range WHERE conversation = ?1 AND from_time >= ?2 AND to_time <= ?3",
        )?
        .execute(params![id, from, to])?;
    connection
        .prepare_cached("INSERT INTO history_range (conversation, from_time, to_time) VALUES (?1, ?2, ?3)")?
        .execute(params![id, from, to])?;
    Ok(())
}

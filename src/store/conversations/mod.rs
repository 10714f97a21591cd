//! The conversation list: rows, their order, what is shown of each. What moves a row's parts lies beside:
//! read marks in `unread`, states in `state`, tags in `tags`.

mod state;
mod tags;
mod unread;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::StoreError;
use super::messages::{COLUMNS, conversation_type, from_row, number};
use crate::model::{Conversation, ConversationKey, ConversationType, MuteLevel};

pub use state::{
    States, create, draft, hide, peer_marks, remove, save_draft, set_mute, set_top, show, states,
};
pub use tags::{Tag, add_tag, remove_tag, tag_conversations, tags, untag_conversations};
pub use unread::{
    clear_all_unread, clear_unread, merge_read_mark, set_unread, total_unread, unread, unread_by_types,
    unread_of,
};

/// Unread messages of conversation `c`, from the index alone.
const UNREAD: &str = "(SELECT count(*) FROM message u WHERE u.conversation = c.id AND u.counted = 1 \
     AND u.direction = 2 AND u.sent_time > c.read_time)";
/// Unread messages of conversation `c` that mention the user.
const MENTIONS: &str = "(SELECT count(*) FROM message u WHERE u.conversation = c.id AND u.mentioned = 1 \
     AND u.sent_time > c.read_time)";
const TAGS: &str =
    "(SELECT group_concat(t.tag, char(31)) FROM conversation_tag t WHERE t.conversation = c.id)";

/// Which conversations a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct ConversationFilter {
    /// Only these kinds; empty for all.
    #[uniffi(default = [])]
    pub types: Vec<ConversationType>,
    /// Only those with this tag.
    #[uniffi(default = None)]
    pub tag: Option<String>,
    /// Only the top ones, or only the others.
    #[uniffi(default = None)]
    pub top: Option<bool>,
    /// Only muted ones, or only the others.
    #[uniffi(default = None)]
    pub muted: Option<bool>,
    /// Only those with unread messages.
    #[uniffi(default = false)]
    pub unread: bool,
    /// Those that are hidden instead of those that are shown.
    #[uniffi(default = false)]
    pub hidden: bool,
}

/// The row of a conversation, made if it does not exist; out of the lists until something shows it.
pub(super) fn row_id(connection: &Connection, key: &ConversationKey) -> Result<i64, StoreError> {
    if let Some(id) = known_id(connection, key)? {
        return Ok(id);
    }
    connection
        .prepare_cached("INSERT INTO conversation (type, target, hidden) VALUES (?1, ?2, 1)")?
        .execute(params![key.conversation_type.number(), key.target_id])?;
    Ok(connection.last_insert_rowid())
}

/// The row of a conversation, if there is one.
pub(super) fn known_id(connection: &Connection, key: &ConversationKey) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id FROM conversation WHERE type = ?1 AND target = ?2")?
        .query_row(params![key.conversation_type.number(), key.target_id], |row| row.get(0))
        .optional()?)
}

/// A message of this time is in the conversation now: a newer one than it had shows it again. Returns whether
/// anything changed.
pub(super) fn touch(connection: &Connection, id: i64, time: i64) -> Result<bool, StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE conversation SET sort_time = ?2, hidden = 0 WHERE id = ?1 AND sort_time < ?2",
        )?
        .execute(params![id, time])?;
    Ok(changed > 0)
}

/// A message of this time has just come into the conversation. One that the server has not taken yet has an
/// estimated time: a conversation that stands there for it alone is shown again all the same.
pub(super) fn arrived(connection: &Connection, id: i64, time: i64) -> Result<(), StoreError> {
    if !touch(connection, id, time)? {
        connection
            .prepare_cached(
                "UPDATE conversation SET hidden = 0 WHERE id = ?1 AND hidden = 1
                 AND EXISTS (SELECT 1 FROM message WHERE conversation = ?1 AND sent_time >= ?2
                             AND sent_status IN (10, 20))
                 AND NOT EXISTS (SELECT 1 FROM message WHERE conversation = ?1 AND sent_time > ?2
                                 AND sent_status NOT IN (10, 20))",
            )?
            .execute(params![id, time])?;
    }
    Ok(())
}

/// Messages of the conversation are gone: it stands where its newest one is, or where it stood if none is
/// left.
pub(super) fn settle_order(connection: &Connection, id: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE conversation SET sort_time = coalesce(
               (SELECT max(sent_time) FROM message WHERE conversation = ?1), sort_time) WHERE id = ?1",
        )?
        .execute([id])?;
    Ok(())
}

fn columns() -> String {
    format!(
        "c.id, c.type, c.target, c.list_time, c.read_time, {UNREAD}, c.top, c.mute, c.hidden, c.draft, {MENTIONS}, \
         {TAGS}, c.peer_delivered_time, c.peer_read_time"
    )
}

/// Up to `count` conversations in the list's order: the top ones, then the others, each newest first.
/// `after` is the last row already shown, if any.
///
/// # Errors
/// The database fails.
pub fn conversations(
    connection: &Connection,
    filter: &ConversationFilter,
    after: Option<&ConversationKey>,
    count: u32,
) -> Result<Vec<Conversation>, StoreError> {
    let place = after.map(|key| position(connection, key)).transpose()?.flatten();
    let (top, time, id) = place.unwrap_or((i64::MAX, i64::MAX, i64::MAX));
    let mut statement = connection.prepare_cached(&list_sql(filter))?;
    let tag = filter.tag.as_deref().unwrap_or_default();
    let rows =
        statement.query_map(params![top, time, id, count, tag], read)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(|(id, row)| with_latest(connection, id, row)).collect()
}

pub(super) fn list_sql(filter: &ConversationFilter) -> String {
    let mut wanted = vec![format!("c.hidden = {}", i32::from(filter.hidden)), type_filter(&filter.types)];
    if let Some(top) = filter.top {
        wanted.push(format!("c.top = {}", i32::from(top)));
    }
    if let Some(muted) = filter.muted {
        wanted.push(format!("c.mute {} 0", if muted { "<>" } else { "=" }));
    }
    if filter.unread {
        wanted.push(format!("{UNREAD} > 0"));
    }
    // Bound in every form, so that the parameters stay the same.
    wanted.push(match filter.tag {
        Some(_) => {
            "EXISTS (SELECT 1 FROM conversation_tag t WHERE t.conversation = c.id AND t.tag = ?5)".into()
        }
        None => "?5 = ''".into(),
    });
    format!(
        "SELECT {} FROM conversation c WHERE (c.top, c.list_time, c.id) < (?1, ?2, ?3) AND {}
         ORDER BY c.top DESC, c.list_time DESC, c.id DESC LIMIT ?4",
        columns(),
        wanted.join(" AND ")
    )
}

fn position(connection: &Connection, key: &ConversationKey) -> Result<Option<(i64, i64, i64)>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT top, list_time, id FROM conversation WHERE type = ?1 AND target = ?2")?
        .query_row(params![key.conversation_type.number(), key.target_id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?)
}

/// The numbers come from the enum, so they may stand in the text; the statement cache stays small.
fn type_filter(types: &[ConversationType]) -> String {
    if types.is_empty() {
        return "TRUE".into();
    }
    let numbers: Vec<String> = types.iter().map(|kind| kind.number().to_string()).collect();
    // Unary plus: the index of the order is the one to use, whatever the kinds.
    format!("+c.type IN ({})", numbers.join(", "))
}

fn read(row: &Row<'_>) -> rusqlite::Result<(i64, Conversation)> {
    let tags: Option<String> = row.get(11)?;
    let conversation = Conversation {
        key: ConversationKey { conversation_type: conversation_type(row, 1)?, target_id: row.get(2)? },
        latest_message: None,
        sort_time: row.get(3)?,
        read_time: row.get(4)?,
        unread_count: row.get(5)?,
        top: row.get(6)?,
        mute: number(row, 7, MuteLevel::from_number)?,
        hidden: row.get(8)?,
        draft: row.get(9)?,
        mention_count: row.get(10)?,
        tags: tags.map(|tags| tags.split('\u{1f}').map(str::to_owned).collect()).unwrap_or_default(),
        peer_delivered_time: row.get(12)?,
        peer_read_time: row.get(13)?,
    };
    Ok((row.get(0)?, conversation))
}

fn with_latest(connection: &Connection, id: i64, row: Conversation) -> Result<Conversation, StoreError> {
    let latest_message = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM message m JOIN conversation c ON c.id = m.conversation
             WHERE m.conversation = ?1 ORDER BY m.sent_time DESC, m.uid DESC, m.id DESC LIMIT 1"
        ))?
        .query_row([id], from_row)
        .optional()?;
    Ok(Conversation { latest_message, ..row })
}

/// One conversation, if anything is known of it.
///
/// # Errors
/// The database fails.
pub fn conversation(
    connection: &Connection,
    key: &ConversationKey,
) -> Result<Option<Conversation>, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT {} FROM conversation c WHERE c.type = ?1 AND c.target = ?2",
            columns()
        ))?
        .query_row(params![key.conversation_type.number(), key.target_id], read)
        .optional()?;
    found.map(|(id, row)| with_latest(connection, id, row)).transpose()
}

/// Those of these conversations that are in the lists, in the order asked for.
///
/// # Errors
/// The database fails.
pub fn rows(connection: &Connection, keys: &[ConversationKey]) -> Result<Vec<Conversation>, StoreError> {
    let found = keys.iter().map(|key| conversation(connection, key));
    let found = found.collect::<Result<Vec<_>, _>>()?;
    Ok(found.into_iter().flatten().filter(|row| !row.hidden).collect())
}

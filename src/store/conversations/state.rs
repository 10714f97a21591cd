//! What the user does to a conversation as a whole: shown, hidden, removed, top, muted, begun text. Top and
//! mute are the account's: changes made here become signals, changes made elsewhere come with a version.

use rusqlite::{Connection, OptionalExtension, params};

use super::{ConversationKey, StoreError, known_id, row_id};
use crate::model::MuteLevel;
use crate::store::{settings, signals};

/// States that another device has set.
#[derive(Debug, Clone, Default)]
pub struct States {
    /// Up to which version these are all, ms.
    pub version: i64,
    /// Conversation, muted, top; `None` where nothing is said.
    pub changed: Vec<(ConversationKey, Option<MuteLevel>, Option<bool>)>,
}

/// Puts a conversation into the lists, with the present time if it has none. Returns whether it was not
/// there before.
///
/// # Errors
/// The database fails.
pub fn create(connection: &Connection, key: &ConversationKey, now: i64) -> Result<bool, StoreError> {
    let id = row_id(connection, key)?;
    let now = above_all(connection, now)?;
    let shown = connection
        .prepare_cached(
            "UPDATE conversation SET hidden = 0, sort_time = iif(sort_time = 0, ?2, sort_time)
             WHERE id = ?1 AND hidden = 1",
        )?
        .execute(params![id, now])?;
    Ok(shown > 0)
}

/// Takes a conversation out of the lists until a newer message comes. Returns whether it was there.
///
/// # Errors
/// The database fails.
pub fn hide(connection: &Connection, key: &ConversationKey) -> Result<bool, StoreError> {
    let hidden = connection
        .prepare_cached("UPDATE conversation SET hidden = 1 WHERE type = ?1 AND target = ?2 AND hidden = 0")?
        .execute(params![key.conversation_type.number(), key.target_id])?;
    Ok(hidden > 0)
}

/// Puts a hidden conversation back where it stood.
///
/// # Errors
/// The database fails.
pub fn show(connection: &Connection, key: &ConversationKey) -> Result<bool, StoreError> {
    let shown = connection
        .prepare_cached("UPDATE conversation SET hidden = 0 WHERE type = ?1 AND target = ?2 AND hidden = 1")?
        .execute(params![key.conversation_type.number(), key.target_id])?;
    Ok(shown > 0)
}

/// Takes a conversation out of the lists here and at the server, with its draft and its place on top;
/// what was unread in it is read. Its messages stay.
///
/// # Errors
/// The database fails.
pub fn remove(
    connection: &Connection,
    key: &ConversationKey,
    user: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let Some(id) = known_id(connection, key)? else { return Ok(false) };
    super::clear_unread(connection, key, None, user)?;
    // The server takes a conversation out of its list and leaves its place on top, which would come back.
    let on_top = connection
        .prepare_cached("SELECT top FROM conversation WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    if on_top {
        signals::top(connection, key, false, now)?;
    }
    connection
        .prepare_cached(
            "UPDATE conversation SET hidden = 1, top = 0, draft = '', draft_time = 0 WHERE id = ?1",
        )?
        .execute([id])?;
    signals::removed(connection, key)?;
    Ok(true)
}

/// Puts a conversation above the others, or back among them.
///
/// # Errors
/// The database fails.
pub fn set_top(
    connection: &Connection,
    key: &ConversationKey,
    top: bool,
    now: i64,
) -> Result<bool, StoreError> {
    if top {
        create(connection, key, now)?;
    }
    let changed = connection
        .prepare_cached("UPDATE conversation SET top = ?3 WHERE type = ?1 AND target = ?2 AND top <> ?3")?
        .execute(params![key.conversation_type.number(), key.target_id, top])?;
    if changed > 0 {
        signals::top(connection, key, top, now)?;
    }
    Ok(changed > 0)
}

/// Sets what of a conversation may disturb the user.
///
/// # Errors
/// The database fails.
pub fn set_mute(
    connection: &Connection,
    key: &ConversationKey,
    level: MuteLevel,
    now: i64,
) -> Result<bool, StoreError> {
    let id = row_id(connection, key)?;
    let changed = connection
        .prepare_cached("UPDATE conversation SET mute = ?2 WHERE id = ?1 AND mute <> ?2")?
        .execute(params![id, level.number()])?;
    if changed > 0 {
        signals::mute(connection, key, level, now)?;
    }
    Ok(changed > 0)
}

/// The present time, or just after what stands first: stamps of servers may run some ms ahead of the clock, and
/// what the user does now goes above what came before.
fn above_all(connection: &Connection, now: i64) -> Result<i64, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT max(list_time) FROM conversation WHERE hidden = 0 AND top = ?1")?;
    let mut first = |top: bool| statement.query_row([top], |row| row.get::<_, Option<i64>>(0));
    let first = first(false)?.max(first(true)?);
    // A wild time of some message moves nothing far.
    Ok(first.filter(|first| first.saturating_sub(now) < MAX_AHEAD).map_or(now, |first| now.max(first + 1)))
}

/// How far a stamp may be ahead and still count, ms.
const MAX_AHEAD: i64 = 60_000;

/// Keeps begun text, empty to forget it. It moves the conversation up to `now`.
///
/// # Errors
/// The database fails.
pub fn save_draft(
    connection: &Connection,
    key: &ConversationKey,
    text: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let id = row_id(connection, key)?;
    let time = if text.is_empty() { 0 } else { above_all(connection, now)? };
    let changed = connection
        .prepare_cached(
            "UPDATE conversation SET draft = ?2, draft_time = ?3, hidden = iif(?2 = '', hidden, 0)
             WHERE id = ?1 AND draft <> ?2",
        )?
        .execute(params![id, text, time])?;
    Ok(changed > 0)
}

/// The begun text of a conversation; empty for none.
///
/// # Errors
/// The database fails.
pub fn draft(connection: &Connection, key: &ConversationKey) -> Result<String, StoreError> {
    let text = connection
        .prepare_cached("SELECT draft FROM conversation WHERE type = ?1 AND target = ?2")?
        .query_row(params![key.conversation_type.number(), key.target_id], |row| row.get(0))
        .optional()?;
    Ok(text.unwrap_or_default())
}

/// Takes over what other devices have set. What this device has set and not told yet stays. Returns the
/// conversations that changed.
///
/// # Errors
/// The database fails.
pub fn states(connection: &Connection, states: &States) -> Result<Vec<ConversationKey>, StoreError> {
    let mut changed = Vec::new();
    for (key, mute, top) in &states.changed {
        let id = row_id(connection, key)?;
        let mute = mute.filter(|_| !signals::waits(connection, &signals::mute_name(key)));
        let top = top.filter(|_| !signals::waits(connection, &signals::top_name(key)));
        let rows = connection
            .prepare_cached(
                "UPDATE conversation SET mute = coalesce(?2, mute), top = coalesce(?3, top)
                 WHERE id = ?1 AND (mute <> coalesce(?2, mute) OR top <> coalesce(?3, top))",
            )?
            .execute(params![id, mute.map(MuteLevel::number), top])?;
        if rows > 0 {
            changed.push(key.clone());
        }
    }
    settings::raise(connection, settings::STATES_VERSION, states.version)?;
    Ok(changed)
}

/// The peer's devices have stored, or the peer has read, up to these server times; an older word changes
/// nothing. Returns whether anything changed.
///
/// # Errors
/// The database fails.
pub fn peer_marks(
    connection: &Connection,
    key: &ConversationKey,
    delivered: i64,
    read: i64,
) -> Result<bool, StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE conversation SET peer_delivered_time = max(peer_delivered_time, ?3, ?4),
               peer_read_time = max(peer_read_time, ?4)
             WHERE type = ?1 AND target = ?2
               AND (peer_delivered_time < max(?3, ?4) OR peer_read_time < ?4)",
        )?
        .execute(params![key.conversation_type.number(), key.target_id, delivered, read])?;
    Ok(changed > 0)
}

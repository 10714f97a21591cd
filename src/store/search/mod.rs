//! Search: which messages hold these words, by whom, where and when.
//!
//! ```text
//! message ─▶ text_of (what is read) ─▶ fold ─▶ tokens ─▶ FTS5, rowid = place in time
//! query ─▶ words (terms) ─▶ tokens ─▶ FTS5, newest first ─▶ candidates ─▶ the text itself decides ─▶ hits
//! ```
//!
//! The index only narrows down: a hit is what the message's own text confirms. Whoever writes, changes or
//! deletes a message row calls [`index`] or [`forget`] in the same transaction; nobody else writes the index.

mod find;
mod fold;
mod text;
mod tokens;
mod types;
mod words;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::StoreError;
use super::messages::conversation_type;
use crate::model::ConversationType;
use tokens::Tokens;

pub use find::{conversations, count, messages};
pub use types::{ConversationHits, HitRange, SearchCount, SearchHit, SearchPage, SearchQuery};

/// [`key`] of message `m` in SQL.
const KEY: &str = "(min(max(m.sent_time, 0), 4398046511103) << 21 | (m.id & 2097151))";
const ID_BITS: u32 = 21;
const MAX_TIME: i64 = (1 << 42) - 1;
/// Messages that [`reindex`] holds in memory at once.
const CHUNK: u32 = 1000;

/// A message's place in the index: time, then id, of which 21 bits tell those of one millisecond apart.
fn key(sent_time: i64, id: i64) -> i64 {
    sent_time.clamp(0, MAX_TIME) << ID_BITS | id & ((1 << ID_BITS) - 1)
}

/// What the index keeps of a message.
#[derive(Debug)]
pub struct Entry {
    /// Its row: the message's place in time.
    pub key: i64,
    /// Its tokens, joined by spaces.
    pub tokens: String,
}

impl Entry {
    #[expect(clippy::too_many_arguments, reason = "the columns of a row, read in one place each")]
    /// Cuts a message into its tokens: `conversation` is the row of its conversation.
    pub fn new(
        id: i64,
        sent_time: i64,
        conversation: i64,
        kind: ConversationType,
        sender: &str,
        object_name: &str,
        content: &str,
        search_words: Option<&str>,
    ) -> Self {
        let text = text::text_of(object_name, content, search_words);
        let mut tokens = Tokens(String::with_capacity(96 + 4 * text.len()));
        tokens.conversation(conversation);
        tokens.kind(kind);
        tokens.sender(sender);
        tokens.object_name(object_name);
        tokens.text(&fold::chars(&text));
        Self { key: key(sent_time, id), tokens: tokens.0 }
    }
}

fn write(connection: &Connection, mut entries: Vec<Entry>) -> Result<(), StoreError> {
    entries.sort_unstable_by_key(|entry| entry.key);
    let mut insert =
        connection.prepare_cached("INSERT OR REPLACE INTO search (rowid, tokens) VALUES (?1, ?2)")?;
    for entry in entries {
        insert.execute(params![entry.key, entry.tokens])?;
    }
    Ok(())
}

/// Indexes a message as its row is now. Before a change of its time, [`forget`] it as it was; any other
/// change needs only this. Does nothing for a message that does not exist.
///
/// # Errors
/// The database fails.
pub fn index(connection: &Connection, id: i64) -> Result<(), StoreError> {
    index_all(connection, &[id])
}

/// As [`index`], for many. In one go and in the order of time, else FTS5 writes each to disk on its own.
///
/// # Errors
/// The database fails.
pub fn index_all(connection: &Connection, ids: &[i64]) -> Result<(), StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT m.id, m.sent_time, m.conversation, c.type, m.sender, m.object_name, m.content, m.search_words
         FROM message m JOIN conversation c ON c.id = m.conversation WHERE m.id = ?1",
    )?;
    let mut entries = Vec::with_capacity(ids.len());
    for id in ids {
        entries.extend(select.query_row([id], entry).optional()?);
    }
    write(connection, entries)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let words: Option<String> = row.get(7)?;
    Ok(Entry::new(
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        conversation_type(row, 3)?,
        row.get_ref(4)?.as_str()?,
        row.get_ref(5)?.as_str()?,
        row.get_ref(6)?.as_str()?,
        words.as_deref(),
    ))
}

/// Takes a message out of the index, by its row as it still is: before that is deleted or its time changes.
///
/// # Errors
/// The database fails.
pub fn forget(connection: &Connection, id: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(&format!(
            "DELETE FROM search WHERE rowid = (SELECT {KEY} FROM message m WHERE m.id = ?1)"
        ))?
        .execute([id])?;
    Ok(())
}

/// Makes the index anew from the messages. Returns how many there are. Run it in a transaction.
///
/// # Errors
/// The database fails.
pub fn reindex(connection: &Connection) -> Result<u64, StoreError> {
    connection.execute("INSERT INTO search (search) VALUES ('delete-all')", [])?;
    let mut select = connection.prepare_cached(
        "SELECT m.id, m.sent_time, m.conversation, c.type, m.sender, m.object_name, m.content, m.search_words
         FROM message m CROSS JOIN conversation c ON c.id = m.conversation
         WHERE (m.sent_time, m.id) > (?1, ?2) ORDER BY m.sent_time, m.id LIMIT ?3",
    )?;
    let (mut last, mut total) = ((i64::MIN, i64::MIN), 0);
    loop {
        let place = |row: &Row<'_>| Ok(((row.get(1)?, row.get(0)?), entry(row)?));
        let rows = select.query_map(params![last.0, last.1, CHUNK], place)?;
        let (places, entries): (Vec<_>, Vec<_>) = rows.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        let Some(end) = places.last() else { return Ok(total) };
        last = *end;
        total += entries.len() as u64;
        write(connection, entries)?;
    }
}

#[cfg(test)]
mod tests;

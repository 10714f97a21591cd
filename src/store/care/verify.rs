//! Checking a database and mending what is derived: in steps, so that the store's other jobs go on between
//! them. What only SQLite can check runs on a connection of its own, beside the store.

use std::path::Path;

use rusqlite::{Connection, params};

use super::super::messages::conversation_type;
use super::super::{Key, StoreError, open as opening, rows};
use super::mend;
use crate::model::{ConversationKey, ErrorCode};

/// Problems that are named at most; one is enough to salvage.
const MAX_PROBLEMS: u32 = 20;
/// Rows that one step looks at.
const STEP: i64 = 2000;

/// What a check found and mended.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct VerifyReport {
    /// Messages looked at.
    pub messages: u64,
    /// Conversations looked at.
    pub conversations: u64,
    /// Rows removed or settled because what they refer to is gone.
    pub orphans: u64,
    /// Conversations whose place in the list was wrong.
    pub sort_times: u64,
    /// Messages removed because another has the same name.
    pub doubles: u64,
    /// Messages whose search words were made anew.
    pub reindexed: u64,
    /// Gaps in the histories: stretches of time that this device has never seen, the time before the oldest
    /// known message included.
    pub gaps: u64,
    /// What SQLite says is wrong with the file. If it is not empty, the database was salvaged.
    pub problems: Vec<String>,
}

/// What SQLite says is wrong; empty if nothing is.
pub type Problems = Vec<String>;

/// Lets SQLite check the whole file on a connection of its own: the store goes on meanwhile.
///
/// # Errors
/// The file cannot be opened or read at all.
pub fn check(path: &Path, key: Option<&Key>) -> Result<Problems, StoreError> {
    problems(&opening::open_reader(path, key)?)
}

/// As [`check`], on a connection that is open: for databases in memory.
///
/// # Errors
/// The database cannot be read at all.
pub fn problems(connection: &Connection) -> Result<Problems, StoreError> {
    let read = || -> Result<Problems, rusqlite::Error> {
        let mut statement = connection.prepare(&format!("PRAGMA integrity_check({MAX_PROBLEMS})"))?;
        let words = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        Ok(words.into_iter().filter(|word| word != "ok").collect())
    };
    read().map_err(StoreError::from).or_else(|error| match error.code {
        ErrorCode::DATABASE_DAMAGED => Ok(vec![error.detail]),
        _ => Err(error),
    })
}

/// How far a check has come.
#[derive(Debug, Clone, Default)]
pub struct VerifyState {
    /// What it found so far.
    pub report: VerifyReport,
    /// Rows done, for a progress bar.
    pub done: u64,
    /// Rows in all.
    pub total: u64,
    message: i64,
    conversation: i64,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Orphans,
    Messages,
    Conversations,
    Done,
}

impl VerifyState {
    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    /// Does the next step.
    ///
    /// # Errors
    /// The database fails.
    pub fn step(mut self, connection: &Connection) -> Result<Self, StoreError> {
        self.phase = match self.phase {
            Phase::Orphans => {
                self.total = connection.query_row(
                    "SELECT (SELECT count(*) FROM message) + (SELECT count(*) FROM conversation)",
                    [],
                    |row| super::count(row, 0),
                )?;
                self.orphans(connection)?;
                Phase::Messages
            }
            Phase::Messages => {
                if self.messages(connection)? {
                    Phase::Messages
                } else {
                    Phase::Conversations
                }
            }
            Phase::Conversations => {
                if self.conversations(connection)? {
                    Phase::Conversations
                } else {
                    Phase::Done
                }
            }
            Phase::Done => Phase::Done,
        };
        self.done = self.report.messages + self.report.conversations;
        Ok(self)
    }

    fn orphans(&mut self, connection: &Connection) -> Result<(), StoreError> {
        self.report.orphans += connection.execute(mend::SETTLED, [])? as u64;
        self.report.orphans +=
            connection.execute(mend::STRANDED, [ErrorCode::BIZ_ERROR_DATABASE_ERROR.0])? as u64;
        self.report.orphans += mend::remove_orphans(connection)?;
        Ok(())
    }

    /// Looks at the next messages. Returns whether there are more.
    fn messages(&mut self, connection: &Connection) -> Result<bool, StoreError> {
        let (last, count): (Option<i64>, u64) = connection
            .prepare_cached(
                "SELECT max(id), count(*) FROM (SELECT id FROM message WHERE id > ?1 ORDER BY id LIMIT ?2)",
            )?
            .query_row(params![self.message, STEP], |row| Ok((row.get(0)?, super::count(row, 1)?)))?;
        let Some(last) = last else { return Ok(false) };
        let ids = |text: &str| -> Result<Vec<i64>, StoreError> {
            let mut statement = connection.prepare_cached(text)?;
            let found = statement.query_map(params![self.message, last], |row| row.get(0))?;
            Ok(found.collect::<Result<_, _>>()?)
        };
        // The unique index forbids doubles; one that was damaged once may have let some in.
        let doubles = ids("SELECT id FROM message WHERE id > ?1 AND id <= ?2 AND uid IS NOT NULL
             AND id NOT IN (SELECT message FROM outbox)
             AND EXISTS (SELECT 1 FROM message other WHERE other.uid = message.uid AND other.id < message.id)")?;
        let unfound = ids("SELECT id FROM message WHERE id > ?1 AND id <= ?2 AND NOT EXISTS (
             SELECT 1 FROM search_docsize WHERE id =
               (min(max(message.sent_time, 0), 4398046511103) << 21 | (message.id & 2097151)))")?;
        rows::all_added(connection, &unfound)?;
        for id in &doubles {
            rows::remove(connection, *id, false)?;
        }
        self.report.doubles += doubles.len() as u64;
        self.report.reindexed += unfound.len() as u64;
        self.report.messages += count;
        self.message = last;
        Ok(true)
    }

    fn conversations(&mut self, connection: &Connection) -> Result<bool, StoreError> {
        let (last, count): (Option<i64>, u64) = connection
            .prepare_cached(
                "SELECT max(id), count(*) FROM (SELECT id FROM conversation WHERE id > ?1 ORDER BY id LIMIT ?2)",
            )?
            .query_row(params![self.conversation, STEP / 10], |row| Ok((row.get(0)?, super::count(row, 1)?)))?;
        let Some(last) = last else { return Ok(false) };
        self.report.sort_times += connection
            .prepare_cached(
                "UPDATE conversation SET sort_time = newest.time
                 FROM (SELECT c.id, max(m.sent_time) AS time FROM conversation c
                       JOIN message m ON m.conversation = c.id WHERE c.id > ?1 AND c.id <= ?2 GROUP BY c.id) newest
                 WHERE conversation.id = newest.id AND conversation.sort_time < newest.time",
            )?
            .execute(params![self.conversation, last])? as u64;
        let keys = connection
            .prepare_cached("SELECT type, target FROM conversation WHERE id > ?1 AND id <= ?2")?
            .query_map(params![self.conversation, last], |row| {
                Ok(ConversationKey { conversation_type: conversation_type(row, 0)?, target_id: row.get(1)? })
            })?
            .collect::<Result<Vec<_>, _>>()?;
        for key in keys {
            self.report.gaps += super::super::gaps(connection, &key)?.len() as u64;
        }
        self.report.conversations += count;
        self.conversation = last;
        Ok(true)
    }
}

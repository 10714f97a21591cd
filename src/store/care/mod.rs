//! Care of a user's database: opening it whatever state it is in, checking and mending it, copying it out
//! and in, saying how large it is.
//!
//! [`open`] is how clients open: what is damaged is set aside and salvaged into a new file. Nothing here
//! ever deletes a damaged file, opens one that another process has, or touches one of a newer version.

mod copy;
mod export;
mod files;
mod format;
mod import;
mod mend;

mod pages;
mod record;
mod salvage;
mod scan;
mod size;
mod tables;
mod verify;
mod wal;

use rusqlite::Connection;

pub use export::{ExportReport, ExportState};
pub use files::remove_data;
pub use import::{ImportReport, ImportState};
pub use salvage::salvage;
pub use size::{SizeReport, TableRows, count_rows, files_size, tables as table_names};
pub use verify::{Problems, VerifyReport, VerifyState, check, problems};
pub(crate) use wal::log_of;

use super::{Location, StoreError};
use crate::model::ErrorCode;

/// What happened to the database file itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum DatabaseEvent {
    /// It was damaged: set aside, and what could be read is in a new file. The rest is pulled again as far
    /// as the server still has it.
    Salvaged,
    /// It is damaged and could not be salvaged; the detail says why. The file is where it was.
    Failed,
}

/// What became of a damaged database.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DatabaseReport {
    /// What happened.
    pub kind: DatabaseEvent,
    /// Where the damaged file is now, byte for byte as it was found.
    pub set_aside: Option<String>,
    /// Conversations in the new file.
    pub conversations: u64,
    /// Messages in the new file.
    pub messages: u64,
    /// Messages among them that wait to be sent or have failed to be.
    pub unsent: u64,
    /// Whether every table could be read without an error. If not, the inbox is pulled again from the start.
    pub complete: bool,
    /// For people: what was wrong.
    pub detail: String,
}

impl DatabaseReport {
    /// A salvage that failed.
    pub fn failed(detail: String) -> Self {
        Self {
            kind: DatabaseEvent::Failed,
            set_aside: None,
            conversations: 0,
            messages: 0,
            unsent: 0,
            complete: false,
            detail,
        }
    }
}

/// Opens the database at `location`; a damaged one is salvaged first, and the report says what of it.
///
/// # Errors
/// It cannot be opened or written, its key is wrong, it was written by a newer version, or it is damaged
/// and there is no way to write a new one.
pub fn open(location: &Location) -> Result<(Connection, Option<DatabaseReport>), StoreError> {
    if let Location::File { path, key, .. } = location {
        files::finish(path)?;
        if key.is_some() {
            files::mark_encrypted(path)?;
        }
    }
    let damage = match probe(location) {
        Ok(connection) => return Ok((connection, None)),
        Err(error) if error.code == ErrorCode::DATABASE_DAMAGED => {
            if lacks_key(location) {
                return Err(StoreError::new(ErrorCode::DATABASE_KEY_WRONG, "the database is encrypted"));
            }
            error
        }
        Err(error) => return Err(error),
    };
    let report = salvage(location, &damage.detail)?;
    let connection = super::open(location)?;
    Ok((connection, Some(report)))
}

/// Opens it and reads what no client can do without.
fn probe(location: &Location) -> Result<Connection, StoreError> {
    if let Location::File { path, key, .. } = location
        && key.is_none()
    {
        wal::check(path)?;
    }
    let connection = super::open(location)?;
    super::cursors(&connection)?;
    super::pending(&connection)?;
    Ok(connection)
}

/// Without its key an encrypted database looks like garbage. It is whole, and stays where it is.
fn lacks_key(location: &Location) -> bool {
    match location {
        Location::File { path, key: None, .. } => {
            files::encrypted(path).exists() && !super::open::is_plain(path)
        }
        _ => false,
    }
}

/// A count, which SQLite has as a signed number.
fn count(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.unsigned_abs())
}

/// Messages that wait to be sent, their uploads included.
///
/// # Errors
/// The database fails.
pub fn sending(connection: &Connection) -> Result<Vec<i64>, StoreError> {
    let text = "SELECT id FROM message WHERE sent_status = 10 AND
                (id IN (SELECT message FROM outbox) OR id IN (SELECT message FROM upload)) ORDER BY id";
    let mut statement = connection.prepare(text)?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<_>, _>>()?)
}

/// The last number that a message got.
///
/// # Errors
/// The database fails.
pub fn last_number(connection: &Connection) -> Result<i64, StoreError> {
    let text = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'message'";
    Ok(connection.query_row(text, [], |row| row.get(0))?)
}

/// Goes on numbering messages behind `number`, in a database that has none yet.
///
/// # Errors
/// The database fails.
pub fn start_numbers(connection: &Connection, number: i64) -> Result<(), StoreError> {
    let text = "INSERT INTO sqlite_sequence (name, seq) SELECT 'message', ?1
                WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'message')";
    connection.execute(text, [number])?;
    Ok(())
}

/// Encrypts an encrypted database anew.
///
/// # Errors
/// The database fails.
pub fn rekey(connection: &Connection, key: &super::Key) -> Result<(), StoreError> {
    Ok(connection.pragma_update(None, "rekey", key.literal())?)
}

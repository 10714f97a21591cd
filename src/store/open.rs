//! Opening a database: key, pragmas, migrations. A damaged file is reported and left as it is; `care` knows
//! what to do about it.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{Key, Location, StoreError, schema};
use crate::model::ErrorCode;

/// Pages of the write-ahead log before SQLite folds it into the database: 16 MiB. Folding syncs twice, so a
/// catch-up of many messages wants it rarely.
const WAL_PAGES: u32 = 4000;
/// Page cache, KiB: the inner pages of a million messages' indexes.
const CACHE: i32 = 8 * 1024;
/// What is left of the log's file once it was folded in, at most.
const WAL_KEPT: u32 = 4 << 20;
/// For another connection to finish; only this process has any.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Statements kept prepared per connection.
const STATEMENTS: usize = 64;
/// How every plain SQLite file begins.
const PLAIN: &[u8] = b"SQLite format 3\0";

/// Opens and migrates the database at `location`.
///
/// # Errors
/// It cannot be opened or written, is damaged or no database, its key is wrong, or it was written by a
/// newer version.
pub fn open(location: &Location) -> Result<Connection, StoreError> {
    match location {
        Location::Memory => prepare(Connection::open_in_memory()?),
        Location::File { path, key, .. } => open_file(path, key.as_ref()),
    }
}

/// Opens and migrates the file at `path`.
pub(super) fn open_file(path: &Path, key: Option<&Key>) -> Result<Connection, StoreError> {
    prepare(connect(path, key)?)
}

/// A second connection on the same file that only reads; the writer goes on meanwhile.
///
/// # Errors
/// It cannot be opened, or the database is in memory: that has one connection only.
pub fn open_reader(path: &Path, key: Option<&Key>) -> Result<Connection, StoreError> {
    let connection = connect(path, key)?;
    steady(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Opens the file at `path` and unlocks it, nothing more.
pub(super) fn connect(path: &Path, key: Option<&Key>) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    if let Some(key) = key {
        unlock(&connection, path, key)?;
    }
    Ok(connection)
}

/// Gives SQLCipher the key and tries it. A wrong key and a damaged first page look the same: neither is
/// ever taken for damage, so that no wrong key sets a good file aside.
fn unlock(connection: &Connection, path: &Path, key: &Key) -> Result<(), StoreError> {
    if is_plain(path) {
        return Err(StoreError::new(ErrorCode::DATABASE_KEY_WRONG, "the database is not encrypted"));
    }
    // SQLCipher writes to the process's error stream otherwise.
    connection.pragma_update(None, "cipher_log_level", "NONE")?;
    connection.pragma_update(None, "key", key.literal())?;
    let tried = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    tried.map_err(StoreError::from).map_err(|error| match error.code {
        ErrorCode::DATABASE_DAMAGED => {
            StoreError::new(ErrorCode::DATABASE_KEY_WRONG, "the key does not open the database")
        }
        _ => error,
    })
}

/// Whether a file begins as plain databases do.
pub(super) fn is_plain(path: &Path) -> bool {
    use std::io::Read;
    let mut start = [0; PLAIN.len()];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == PLAIN
}

fn prepare(mut connection: Connection) -> Result<Connection, StoreError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    steady(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", WAL_KEPT)?;
    connection.pragma_update(None, "cache_size", -CACHE)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

/// Plans do not hang on the values that are bound. Else SQLite prepares a statement anew whenever a value is
/// bound that a partial index's condition could hang on: on the table of messages that is every one.
fn steady(connection: &Connection) -> Result<(), StoreError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

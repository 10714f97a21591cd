//! Opening a database: pragmas, integrity, migrations. A damaged file is reported and left as it is.

use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{Location, StoreError, schema};

/// Pages of the write-ahead log before SQLite folds it into the database: 16 MiB. Folding syncs twice, so a
/// catch-up of many messages wants it rarely.
const WAL_PAGES: u32 = 4000;
/// Page cache, KiB: the inner pages of a million messages' indexes.
const CACHE: i32 = 8 * 1024;
/// For another connection to finish; only this process has any.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Statements kept prepared per connection.
const STATEMENTS: usize = 64;

/// Opens and migrates the database at `location`.
///
/// # Errors
/// It cannot be opened or written, is no database, or was written by a newer version.
pub fn open(location: &Location) -> Result<Connection, StoreError> {
    let mut connection = match location {
        Location::Memory => Connection::open_in_memory()?,
        Location::File { path, .. } => Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?,
    };
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    connection.pragma_update(None, "cache_size", -CACHE)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

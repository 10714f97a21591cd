//! Salvage: a damaged database becomes a new one with everything that can still be read. Run by whoever holds
//! the user's lock while no connection is open: `open` before the first, the writer in between.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, params};

use super::super::{Key, Location, StoreError, open as opening, search};
use super::copy::copy;
use super::pages::Pages;
use super::{DatabaseEvent, DatabaseReport, files, mend, scan, tables};
use crate::model::ErrorCode;

/// Added to the last message number when it cannot be read: numbers are never used twice.
const SKIPPED_NUMBERS: i64 = 100_000;

/// Salvages the database at `location` and sets the damaged one aside. `why` goes into the report.
///
/// # Errors
/// The new one cannot be written; the damaged one is where it was then.
pub fn salvage(location: &Location, why: &str) -> Result<DatabaseReport, StoreError> {
    let Location::File { path, key, .. } = location else {
        return Err(StoreError::new(
            ErrorCode::DATABASE_OPEN_FAILED,
            "a database in memory is gone for good",
        ));
    };
    if !path.is_file() {
        return Err(StoreError::new(ErrorCode::DATABASE_OPEN_FAILED, format!("{}: no file", path.display())));
    }
    let growing = files::growing(path);
    files::remove_database(&growing)?;
    let new = opening::open_file(&growing, key.as_ref())?;
    new.pragma_update(None, "foreign_keys", false)?;
    new.execute_batch("BEGIN IMMEDIATE")?;
    let mut complete = through_sql(path, key.as_ref(), &new)?;
    if key.is_none() {
        // Rows that only the scan finds were lost to SQL, whether or not it said so.
        complete &= scan::scan(&Pages::read(path), &new)? == 0;
    }
    mend::mend(&new)?;
    if !complete {
        mend::pull_again(&new)?;
        new.execute(
            "UPDATE sqlite_sequence SET seq = seq + ?1 WHERE name = 'message'",
            params![SKIPPED_NUMBERS],
        )?;
    }
    search::reindex(&new)?;
    new.execute_batch("COMMIT")?;
    new.pragma_update(None, "synchronous", "FULL")?;
    new.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    let count = |text: &str| new.query_row(text, [], |row| super::count(row, 0));
    let mut report = DatabaseReport {
        kind: DatabaseEvent::Salvaged,
        set_aside: None,
        conversations: count("SELECT count(*) FROM conversation")?,
        messages: count("SELECT count(*) FROM message")?,
        unsent: count("SELECT count(*) FROM outbox")?,
        complete,
        detail: why.to_owned(),
    };
    new.close().map_err(|(_, error)| StoreError::from(error))?;
    let aside = files::swap(path)?;
    report.set_aside = Some(aside.display().to_string());
    ::log::warn!(
        "the database was damaged and is salvaged: {} messages in {} conversations, {} unsent, complete: {complete}",
        report.messages,
        report.conversations,
        report.unsent
    );
    Ok(report)
}

/// Copies what SQLite can still read. Returns whether that is everything.
fn through_sql(path: &Path, key: Option<&Key>, new: &Connection) -> Result<bool, StoreError> {
    let old = match opening::connect(path, key) {
        Ok(old) => old,
        Err(_) => return Ok(false),
    };
    // The damaged file stays as it was found: its log is not folded into it.
    old.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // A broken word in the schema spoils only its own table.
    let _ = old.pragma_update(None, "writable_schema", true);
    let _ = old.pragma_update(None, "query_only", true);
    let mut complete = true;
    for table in tables::all(new)? {
        let copied = copy(&old, new, &table)?;
        if let Some(error) = copied.error {
            ::log::warn!("salvage: {error}");
            complete = false;
        }
    }
    keep_numbers(&old, new)?;
    Ok(complete)
}

/// Numbers of deleted messages are not given again.
fn keep_numbers(old: &Connection, new: &Connection) -> Result<(), StoreError> {
    let read = old
        .prepare("SELECT name, seq FROM sqlite_sequence")
        .and_then(|mut statement| {
            statement
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<Vec<(String, i64)>, _>>()
        })
        .unwrap_or_default();
    for (name, number) in read {
        let changed = new.execute(
            "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1",
            params![name, number],
        )?;
        if changed == 0 {
            new.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", params![name, number])?;
        }
    }
    Ok(())
}

//! Files from a server: how far each is, and which of them lie in the cache.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{StoreError, edits, messages};

/// A file that is on its way or in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadRow {
    /// Where it lies, or will.
    pub path: String,
    /// The message that it belongs to.
    pub message: Option<i64>,
    /// Where it comes from.
    pub url: String,
    /// The server's name for the version that the bytes belong to.
    pub validator: Option<String>,
    /// What the whole file's SHA-256 has to be.
    pub sha256: Option<String>,
    /// Size of the whole file, if known.
    pub total: Option<u64>,
    /// Bytes that a power failure does not take.
    pub bytes: u64,
    /// Whether it is whole.
    pub done: bool,
    /// Whether it lies in the cache.
    pub cached: bool,
}

const COLUMNS: &str = "path, message, url, validator, sha256, total, bytes, done, cached";

fn read(row: &Row<'_>) -> rusqlite::Result<DownloadRow> {
    Ok(DownloadRow {
        path: row.get(0)?,
        message: row.get(1)?,
        url: row.get(2)?,
        validator: row.get(3)?,
        sha256: row.get(4)?,
        total: row.get::<_, Option<i64>>(5)?.map(i64::unsigned_abs),
        bytes: row.get::<_, i64>(6)?.unsigned_abs(),
        done: row.get(7)?,
        cached: row.get(8)?,
    })
}

/// The download to this path, if one has begun.
///
/// # Errors
/// The database fails.
pub fn download(connection: &Connection, path: &str) -> Result<Option<DownloadRow>, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM download WHERE path = ?1"))?;
    Ok(statement.query_row([path], read).optional()?)
}

/// The unfinished download of a message, if it has one.
///
/// # Errors
/// The database fails.
pub fn unfinished_download(connection: &Connection, message: i64) -> Result<Option<DownloadRow>, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM download WHERE message = ?1 AND done = 0"))?;
    Ok(statement.query_row([message], read).optional()?)
}

/// Writes down how far a download is. `now` is the wall clock.
///
/// # Errors
/// The database fails.
pub fn note_download(connection: &Connection, row: &DownloadRow, now: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO download
               (path, message, url, validator, sha256, total, bytes, done, cached, used)
             VALUES (?1, (SELECT id FROM message WHERE id = ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            row.path,
            row.message,
            row.url,
            row.validator,
            row.sha256,
            row.total.map(|total| total as i64),
            row.bytes as i64,
            row.done,
            row.cached,
            now,
        ])?;
    Ok(())
}

/// A file has been wanted again.
///
/// # Errors
/// The database fails.
pub fn use_download(connection: &Connection, path: &str, now: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE download SET used = ?2 WHERE path = ?1")?
        .execute(params![path, now])?;
    Ok(())
}

/// Forgets a download, or a file that the cache has lost: messages do not name it any more.
///
/// # Errors
/// The database fails.
pub fn forget_download(connection: &Connection, path: &str) -> Result<(), StoreError> {
    let message: Option<Option<i64>> = connection
        .prepare_cached("DELETE FROM download WHERE path = ?1 RETURNING message")?
        .query_row([path], |row| row.get(0))
        .optional()?;
    if let Some(message) = message.flatten()
        && messages::local_path(connection, message)?.as_deref() == Some(path)
    {
        edits::set_local_path(connection, message, None)?;
    }
    Ok(())
}

/// A file is whole: its message names it; the row stays only if it lies in the cache.
///
/// # Errors
/// The database fails.
pub fn finish_download(connection: &Connection, row: &DownloadRow, now: i64) -> Result<(), StoreError> {
    if row.cached {
        note_download(connection, row, now)?;
    } else {
        connection.prepare_cached("DELETE FROM download WHERE path = ?1")?.execute([&row.path])?;
    }
    if let Some(message) = row.message {
        edits::set_local_path(connection, message, Some(&row.path))?;
    }
    Ok(())
}

/// Everything in the cache, the longest unused first.
///
/// # Errors
/// The database fails.
pub fn cached_downloads(connection: &Connection) -> Result<Vec<DownloadRow>, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM download WHERE cached = 1 ORDER BY used, path"))?;
    Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
}

//! How large a user's data is: files by what they are for, rows by table.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::super::StoreError;
use super::tables::quoted;
use super::wal::log_of;
use super::{files, tables as table};

/// Where media files lie, beside the database.
pub(super) const MEDIA: &str = "media";

/// How large a user's data is, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct SizeReport {
    /// The database file.
    pub database: u64,
    /// Its write-ahead log.
    pub log: u64,
    /// Media files.
    pub media: u64,
    /// Exports in the user's folder, finished or not.
    pub exports: u64,
    /// Damaged databases that were set aside.
    pub set_aside: u64,
    /// Rows of each table.
    pub rows: Vec<TableRows>,
}

/// Rows of one table.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct TableRows {
    /// Its name.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
}

/// The files of the database at `path`; rows are left out.
pub fn files_size(path: &Path) -> SizeReport {
    let folder = path.parent().unwrap_or(path);
    SizeReport {
        database: length(path),
        log: length(&log_of(path)),
        media: super::super::folder::folder_size(&folder.join(MEDIA)),
        exports: exports(path).iter().map(|path| length(path)).sum(),
        set_aside: files::set_aside(path).iter().map(|path| length(path)).sum(),
        rows: Vec::new(),
    }
}

/// The exports beside the database at `path`, finished or not.
pub(super) fn exports(path: &Path) -> Vec<PathBuf> {
    let folder = path.parent().unwrap_or(path);
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_export = |entry: &std::fs::DirEntry| {
        let name = entry.file_name();
        name.to_str().is_some_and(|name| name.ends_with(".jsonl") || name.ends_with(".jsonl.part"))
    };
    entries.filter(is_export).map(|entry| entry.path()).collect()
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |data| data.len())
}

/// The names of all tables.
///
/// # Errors
/// The database fails.
pub fn tables(connection: &Connection) -> Result<Vec<String>, StoreError> {
    Ok(table::all(connection)?.into_iter().map(|table| table.name).collect())
}

/// Counts the rows of a table.
///
/// # Errors
/// The database fails, or has no such table.
pub fn count_rows(connection: &Connection, table: &str) -> Result<TableRows, StoreError> {
    let text = format!("SELECT count(*) FROM {}", quoted(table));
    let rows = connection.query_row(&text, [], |row| super::count(row, 0))?;
    Ok(TableRows { table: table.to_owned(), rows })
}

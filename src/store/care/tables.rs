//! What tables a database has, as it says itself: salvage, export and counts know tables by their names only
//! where they must, so that a new migration needs no change here.

use rusqlite::{Connection, types::Value};

use super::super::StoreError;

/// Tables that salvage copies first, in this order: what only this device has, then what it refers to.
pub(super) const FIRST: &[&str] = &["outbox", "upload", "cursor", "conversation", "message"];

/// A table with rows of its own: no index, no virtual table, nothing that belongs to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) without_rowid: bool,
}

/// All of them.
pub(super) fn all(connection: &Connection) -> Result<Vec<Table>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
         AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )?;
    let read = |row: &rusqlite::Row<'_>| Ok(Table { name: row.get(0)?, without_rowid: row.get(1)? });
    let mut tables = statement.query_map([], read)?.collect::<Result<Vec<_>, _>>()?;
    let place = |table: &Table| FIRST.iter().position(|name| *name == table.name).unwrap_or(FIRST.len());
    tables.sort_by_key(place);
    Ok(tables)
}

/// The columns of a table that are stored, in the order of its records.
pub(super) fn columns(connection: &Connection, table: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")?;
    Ok(statement.query_map([table], |row| row.get(0))?.collect::<Result<Vec<_>, _>>()?)
}

/// A name in a statement.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Names in a statement.
pub(super) fn list(names: &[String]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

/// Puts a row in unless its place is taken or it breaks a rule. Returns whether it is new.
pub(super) fn put(
    connection: &Connection,
    table: &str,
    columns: &[String],
    values: Vec<Value>,
) -> Result<bool, StoreError> {
    let marks = vec!["?"; columns.len()].join(", ");
    let text = format!("INSERT OR IGNORE INTO {} ({}) VALUES ({marks})", quoted(table), list(columns));
    let put = connection.prepare_cached(&text)?.execute(rusqlite::params_from_iter(values));
    match put {
        Ok(count) => Ok(count > 0),
        // A value of the wrong type: strict tables refuse it, and OR IGNORE does not cover that.
        Err(rusqlite::Error::SqliteFailure(failure, _))
            if failure.code == rusqlite::ErrorCode::ConstraintViolation =>
        {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

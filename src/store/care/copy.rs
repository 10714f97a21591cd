//! Copying a table out of a damaged database through SQL, past what cannot be read: from its beginning, from
//! its end, then by feeling for what is readable between the two.

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, Rows};

use super::super::StoreError;
use super::record::lossy;
use super::tables::{self, Table, quoted};

/// How many times a hole is probed for what lies in it.
const PROBES: i64 = 4096;

/// What became of a table.
#[derive(Debug, Default)]
pub(super) struct Copied {
    /// Rows that are new in the new database.
    pub(super) rows: u64,
    /// The first thing that could not be read.
    pub(super) error: Option<String>,
}

/// Copies what both databases have of a table.
///
/// # Errors
/// The new database cannot be written.
pub(super) fn copy(old: &Connection, new: &Connection, table: &Table) -> Result<Copied, StoreError> {
    let mut copied = Copied::default();
    let there = match tables::columns(old, &table.name) {
        Ok(columns) => columns,
        Err(error) => {
            copied.error = Some(error.detail);
            return Ok(copied);
        }
    };
    let columns: Vec<String> =
        tables::columns(new, &table.name)?.into_iter().filter(|name| there.contains(name)).collect();
    if columns.is_empty() {
        return Ok(copied);
    }
    let mut copier = Copier { old, new, table, columns: &columns, copied: &mut copied };
    if table.without_rowid {
        copier.keyless()?;
    } else {
        copier.by_rowid()?;
    }
    if table.name == "conversation" && copied.error.is_some() {
        by_index(old, new, &mut copied)?;
    }
    Ok(copied)
}

struct Copier<'a> {
    old: &'a Connection,
    new: &'a Connection,
    table: &'a Table,
    columns: &'a [String],
    copied: &'a mut Copied,
}

impl Copier<'_> {
    /// Up from the beginning, down from the end, then what lies between the two.
    fn by_rowid(&mut self) -> Result<(), StoreError> {
        let (up, broken) = self.run("rowid > ?1 ORDER BY rowid", i64::MIN)?;
        if !broken {
            return Ok(());
        }
        let (down, _) = self.run("rowid < ?1 ORDER BY rowid DESC", i64::MAX)?;
        let (mut at, end) = (up.unwrap_or(0), down.unwrap_or(0));
        let step = (end.saturating_sub(at) / PROBES).max(1);
        while at < end {
            at = at.saturating_add(step);
            // Up from the probe as far as it reads, and down to where the last one ended.
            let (last, _) = self.run("rowid >= ?1 ORDER BY rowid", at)?;
            self.run("rowid < ?1 ORDER BY rowid DESC", at)?;
            at = at.max(last.unwrap_or(at));
        }
        Ok(())
    }

    /// A table without rowids is read from both ends of its key.
    fn keyless(&mut self) -> Result<(), StoreError> {
        let key = self
            .old
            .prepare("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")
            .and_then(|mut statement| {
                statement.query_map([&self.table.name], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()
            })?;
        let order = |direction: &str| {
            let columns: Vec<_> = key.iter().map(|name| format!("{} {direction}", quoted(name))).collect();
            format!("?1 = ?1 ORDER BY {}", columns.join(", "))
        };
        let (_, broken) = self.run(&order("ASC"), 0)?;
        if broken {
            self.run(&order("DESC"), 0)?;
        }
        Ok(())
    }

    /// Copies what a condition finds, to its end or to the first error, or to what is there already. Returns
    /// the last rowid and whether an error ended it.
    fn run(&mut self, condition: &str, from: i64) -> Result<(Option<i64>, bool), StoreError> {
        let rowid = if self.table.without_rowid { "0" } else { "rowid" };
        let text = format!(
            "SELECT {rowid}, {} FROM {} WHERE {condition}",
            tables::list(self.columns),
            quoted(&self.table.name)
        );
        let again = self.copied.error.is_some() && !self.table.without_rowid;
        let mut last = None;
        let mut statement = match self.old.prepare_cached(&text) {
            Ok(statement) => statement,
            Err(error) => return Ok((None, self.fail(&error))),
        };
        let mut rows = match statement.query([from]) {
            Ok(rows) => rows,
            Err(error) => return Ok((None, self.fail(&error))),
        };
        loop {
            match next(&mut rows, self.columns.len()) {
                Ok(Some((rowid, values))) => {
                    let new = tables::put(self.new, &self.table.name, self.columns, values)?;
                    self.copied.rows += u64::from(new);
                    last = Some(rowid);
                    if again && !new {
                        return Ok((last, false));
                    }
                }
                Ok(None) => return Ok((last, false)),
                Err(error) => return Ok((last, self.fail(&error))),
            }
        }
    }

    fn fail(&mut self, error: &rusqlite::Error) -> bool {
        self.copied.error.get_or_insert_with(|| format!("{}: {error}", self.table.name));
        true
    }
}

fn next(rows: &mut Rows<'_>, columns: usize) -> rusqlite::Result<Option<(i64, Vec<Value>)>> {
    let Some(row) = rows.next()? else { return Ok(None) };
    let values = (1..=columns).map(|column| value(row, column)).collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(Some((row.get(0)?, values)))
}

/// A value as it is; text that is no UTF-8 any more is kept with its holes shown.
pub(super) fn value(row: &Row<'_>, column: usize) -> rusqlite::Result<Value> {
    match row.get_ref(column)? {
        ValueRef::Text(bytes) => Ok(Value::Text(lossy(bytes.to_vec()))),
        _ => row.get(column),
    }
}

/// The index over kind and target holds all that names a conversation: enough for its messages to have a
/// place when its own row is lost.
fn by_index(old: &Connection, new: &Connection, copied: &mut Copied) -> Result<(), StoreError> {
    for direction in ["ASC", "DESC"] {
        let text = format!(
            "SELECT id, type, target FROM conversation ORDER BY type {direction}, target {direction}"
        );
        let Ok(mut statement) = old.prepare(&text) else { return Ok(()) };
        let Ok(mut rows) = statement.query([]) else { return Ok(()) };
        let columns = ["id", "type", "target"].map(String::from);
        while let Ok(Some((id, values))) = next(&mut rows, 2) {
            let values = std::iter::once(Value::Integer(id)).chain(values).collect();
            copied.rows += u64::from(tables::put(new, "conversation", &columns, values)?);
        }
    }
    Ok(())
}

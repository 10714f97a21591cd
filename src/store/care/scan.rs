//! Rows of the three tables that matter most, found page by page where no tree leads to them any more. A page
//! is told by its table's tree if that can be followed, else by what its rows look like.

use std::collections::HashSet;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::super::{StoreError, schema};
use super::pages::Pages;
use super::record::RawRow;
use super::tables;
use crate::model::{ConversationType, MessageDirection, SentStatus};
use crate::wire::Topic;

/// Longest target of a conversation, in bytes, with room to spare.
const MAX_TARGET: usize = 256;

/// Looks at a row's values by the names of their columns.
type Look = for<'row> fn(&dyn Fn(&str) -> Option<&'row Value>) -> bool;

/// A table that is looked for.
struct Wanted {
    name: &'static str,
    /// Its stored columns, in the order of its records.
    columns: Vec<String>,
    /// Those of them that the new database has, too.
    kept: Vec<bool>,
    /// Their names.
    kept_columns: Vec<String>,
    /// Columns that its first version had: no record is shorter.
    least: usize,
    fits: Look,
}

/// Puts every row that is found into the new database, unless it is there. Returns how many were new.
///
/// # Errors
/// The new database cannot be written.
pub(super) fn scan(pages: &Pages, new: &Connection) -> Result<u64, StoreError> {
    let version = pages.user_version().filter(|version| (1..=schema::newest()).contains(version));
    let mirror = schema::in_memory(version.unwrap_or(schema::newest()))?;
    let wanted = [
        wanted(&mirror, new, "outbox", 4, |value| {
            matches!(value("topic"), Some(Value::Text(topic)) if Topic::parse(topic).is_some())
                && matches!(value("target"), Some(Value::Text(_)))
                && matches!(value("body"), Some(Value::Blob(_)))
        })?,
        wanted(&mirror, new, "conversation", 5, |value| {
            let target = value("target");
            kind(value("type"), |number| ConversationType::from_number(number).is_some())
                && matches!(target, Some(Value::Text(target)) if !target.is_empty() && target.len() <= MAX_TARGET)
                && matches!(value("sort_time"), Some(Value::Integer(_)))
                && matches!(value("read_time"), Some(Value::Integer(_)))
        })?,
        wanted(&mirror, new, "message", 17, |value| {
            kind(value("direction"), |number| MessageDirection::from_number(number).is_some())
                && kind(value("sent_status"), |number| SentStatus::from_number(number).is_some())
                && matches!(value("object_name"), Some(Value::Text(_)))
                && matches!(value("content"), Some(Value::Text(_)))
        })?,
    ];
    let elsewhere = elsewhere(pages, &wanted, &mirror)?;
    let mut found = 0;
    let free = pages.free();
    for page in pages.numbers().filter(|page| !free.contains(page) && !elsewhere.contains(page)) {
        for row in pages.rows(page) {
            found += u64::from(keep(new, &wanted, row)?);
        }
    }
    for row in pages.dropped_rows() {
        found += u64::from(keep(new, &wanted, row)?);
    }
    Ok(found)
}

fn wanted(
    mirror: &Connection,
    new: &Connection,
    name: &'static str,
    least: usize,
    fits: Look,
) -> Result<Wanted, StoreError> {
    let columns = tables::columns(mirror, name)?;
    let known = tables::columns(new, name)?;
    let kept: Vec<bool> = columns.iter().map(|column| known.contains(column)).collect();
    let kept_columns = columns.iter().filter(|column| known.contains(column)).cloned().collect();
    Ok(Wanted { name, columns, kept, kept_columns, least, fits })
}

fn kind(value: Option<&Value>, known: fn(i32) -> bool) -> bool {
    matches!(value, Some(Value::Integer(number)) if i32::try_from(*number).is_ok_and(known))
}

/// Pages of other tables, as far as the schema can be read. In doubt a page is nobody's: rows are told by
/// their looks then.
fn elsewhere(pages: &Pages, wanted: &[Wanted], mirror: &Connection) -> Result<HashSet<u32>, StoreError> {
    let known = tables::all(mirror)?;
    let mut elsewhere = pages.tree(1);
    let mut ours = HashSet::new();
    let schema: Vec<RawRow> = elsewhere.iter().flat_map(|page| pages.rows(*page)).collect();
    for row in schema {
        if let [Value::Text(_), Value::Text(name), _, Value::Integer(root), ..] = row.values.as_slice()
            && known.iter().any(|table| table.name == *name)
            && let Ok(root) = u32::try_from(*root)
        {
            let is_ours = wanted.iter().any(|table| table.name == name);
            if is_ours { &mut ours } else { &mut elsewhere }.extend(pages.tree(root));
        }
    }
    elsewhere.retain(|page| !ours.contains(page));
    Ok(elsewhere)
}

/// Puts a row into the table that it looks like.
fn keep(new: &Connection, wanted: &[Wanted], row: RawRow) -> Result<bool, StoreError> {
    let Some(table) = wanted.iter().find(|table| looks_like(table, &row)) else { return Ok(false) };
    let mut values = Vec::with_capacity(table.kept_columns.len());
    for (place, (kept, value)) in table.kept.iter().zip(row.values).enumerate() {
        if *kept {
            // The first column of all three is the rowid, which its record does not repeat.
            values.push(if place == 0 { Value::Integer(row.rowid) } else { value });
        }
    }
    // A record of an older version ends before the columns that came later.
    let columns = table.kept_columns.get(..values.len()).unwrap_or_default();
    tables::put(new, table.name, columns, values)
}

fn looks_like(table: &Wanted, row: &RawRow) -> bool {
    let length = row.values.len();
    let value = |name: &str| {
        let place = table.columns.iter().position(|column| column == name)?;
        row.values.get(place)
    };
    (table.least..=table.columns.len()).contains(&length)
        && row.rowid > 0
        && row.values.first() == Some(&Value::Null)
        && (table.fits)(&value)
}

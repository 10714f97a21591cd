//! Import: reads what export wrote, in steps that each commit with their position, so that one that was killed
//! goes on where it was. What is known already falls to its uid or client id. A line is checked before it is
//! believed: the file may have been edited.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value as Json};

use super::super::{StoreError, conversations, rows};
use super::{format, tables};
use crate::model::{ErrorCode, MessageDirection, MuteLevel, SentStatus};

/// Lines that one step reads.
const STEP: usize = 500;
/// Longest line, in bytes: the largest content, escaped in the worst way, with room for the rest.
const MAX_LINE: u64 = 4 << 20;

/// What an import brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, uniffi::Record)]
pub struct ImportReport {
    /// Conversations that are new here.
    pub conversations: u64,
    /// Messages that are new here.
    pub messages: u64,
    /// Messages that were here already.
    pub known: u64,
    /// Whether it went on where an earlier import of this file had ended.
    pub resumed: bool,
}

/// An import on its way.
#[derive(Debug)]
pub struct ImportState {
    /// What it brought so far; only this run, if it was resumed.
    pub report: ImportReport,
    /// Bytes read.
    pub position: u64,
    /// Bytes of the file.
    pub length: u64,
    /// Why it cannot go on, once everything before is stored.
    pub broken: Option<StoreError>,
    file: BufReader<File>,
    fingerprint: String,
    line: u64,
    done: bool,
    /// Messages of the present step.
    new: Vec<i64>,
}

impl ImportState {
    /// Opens the export at `path`, which must be `user`'s.
    ///
    /// # Errors
    /// [`ErrorCode::FILE_IO_ERROR`] if it cannot be read, [`ErrorCode::IMPORT_INVALID`] if it is no export or
    /// of a newer format, [`ErrorCode::IMPORT_OTHER_USER`] if it is another user's.
    pub fn new(path: &Path, user: &str) -> Result<Self, StoreError> {
        let open = || {
            let file = File::open(path)?;
            let length = file.metadata()?.len();
            Ok((BufReader::new(file), length))
        };
        let (mut file, length) = open().map_err(|error| format::refused(path, &error))?;
        let header = next_line(&mut file, 1)?.ok_or_else(|| format::invalid(1, "the file is empty"))?;
        let json: Json = serde_json::from_slice(&header).map_err(|_| format::invalid(1, "no header"))?;
        let version = json.get(format::MAGIC).and_then(Json::as_i64);
        let version = version.ok_or_else(|| format::invalid(1, "the file is no export"))?;
        if !(1..=format::VERSION).contains(&version) {
            return Err(format::invalid(1, "the export is of a newer version"));
        }
        if json.get("user").and_then(Json::as_str) != Some(user) {
            return Err(StoreError::new(ErrorCode::IMPORT_OTHER_USER, "the header names another user"));
        }
        let position = header.len() as u64;
        let fingerprint = format!("{length} {}", String::from_utf8_lossy(&header).trim_end());
        let report = ImportReport::default();
        Ok(Self {
            report,
            position,
            length,
            broken: None,
            file,
            fingerprint,
            line: 1,
            done: false,
            new: Vec::new(),
        })
    }

    /// Goes to where an earlier import of this file has come.
    ///
    /// # Errors
    /// The database fails, or the file cannot be read there.
    pub fn resume(mut self, connection: &Connection) -> Result<Self, StoreError> {
        let known = connection
            .query_row(
                "SELECT position, line FROM import_position WHERE fingerprint = ?1",
                [&self.fingerprint],
                |row| Ok((super::count(row, 0)?, super::count(row, 1)?)),
            )
            .optional()?;
        if let Some((position, line)) = known {
            self.file
                .seek(SeekFrom::Start(position))
                .map_err(|error| StoreError::new(ErrorCode::FILE_IO_ERROR, error.to_string()))?;
            (self.position, self.line, self.report.resumed) = (position, line, true);
        }
        Ok(self)
    }

    /// Whether nothing is left to do: everything is here, or it cannot go on.
    pub fn is_done(&self) -> bool {
        self.done || self.broken.is_some()
    }

    /// Stores the next lines and how far it has come. A broken line ends it; those before it are stored.
    ///
    /// # Errors
    /// The database fails, or the file cannot be read.
    pub fn step(mut self, connection: &Connection) -> Result<Self, StoreError> {
        for _ in 0..STEP {
            let number = self.line + 1;
            let taken = match next_line(&mut self.file, number) {
                Ok(Some(line)) => self.take(connection, number, &line).map(|()| line.len()),
                Ok(None) => Err(format::invalid(number, "the file ends before its end line")),
                Err(error) => Err(error),
            };
            match taken {
                Ok(length) => {
                    self.position += length as u64;
                    self.line = number;
                }
                Err(error) if error.code == ErrorCode::IMPORT_INVALID => {
                    self.broken = Some(error);
                    break;
                }
                Err(error) => return Err(error),
            }
            if self.done {
                break;
            }
        }
        self.report.messages += self.new.len() as u64;
        rows::all_added(connection, &std::mem::take(&mut self.new))?;
        if self.done {
            connection.execute("DELETE FROM import_position WHERE fingerprint = ?1", [&self.fingerprint])?;
        } else {
            connection.execute(
                "INSERT INTO import_position (fingerprint, position, line) VALUES (?1, ?2, ?3)
                 ON CONFLICT (fingerprint) DO UPDATE SET position = excluded.position, line = excluded.line",
                params![self.fingerprint, self.position as i64, self.line as i64],
            )?;
        }
        Ok(self)
    }

    fn take(&mut self, connection: &Connection, number: u64, line: &[u8]) -> Result<(), StoreError> {
        let broken = |words: &str| format::invalid(number, words);
        let json: Json = serde_json::from_slice(line).map_err(|_| broken("no JSON"))?;
        let part = |name: &str| json.get(name).and_then(Json::as_object);
        if let Some(row) = part("message") {
            match message(connection, row).map_err(|error| at_line(error, number))? {
                Some(id) => self.new.push(id),
                None => self.report.known += 1,
            }
        } else if let Some(row) = part("conversation") {
            let new = conversation(connection, row).map_err(|error| at_line(error, number))?;
            self.report.conversations += u64::from(new);
        } else if let (Some(row), Some(table)) = (part("row"), json.get("table").and_then(Json::as_str)) {
            related(connection, table, row).map_err(|error| at_line(error, number))?;
        } else if part("end").is_some() {
            self.done = true;
        } else {
            return Err(broken("none of the known kinds"));
        }
        Ok(())
    }
}

/// What is wrong with a line is known where it is read, its number here.
fn at_line(error: StoreError, number: u64) -> StoreError {
    match error.code {
        ErrorCode::IMPORT_INVALID => format::invalid(number, &error.detail),
        _ => error,
    }
}

fn broken(words: &str) -> StoreError {
    StoreError::new(ErrorCode::IMPORT_INVALID, words)
}

/// The next line with its end; `None` at the end of the file. A line without an end was cut off.
fn next_line(file: &mut BufReader<File>, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let mut line = Vec::new();
    let read = file.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
    read.map_err(|error| StoreError::new(ErrorCode::FILE_IO_ERROR, error.to_string()))?;
    match line.last() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        Some(_) => Err(format::invalid(number, "the line is cut off or too long")),
    }
}

/// The columns of a line that its table has, with their values.
fn values(
    connection: &Connection,
    table: &str,
    row: &Map<String, Json>,
) -> Result<(Vec<String>, Vec<Value>), StoreError> {
    let mut columns = format::columns(connection, table)?;
    columns.retain(|name| !format::REFERENCES.contains(&name.as_str()) && row.contains_key(name));
    let value = |name: &String| row.get(name).and_then(format::to_value);
    let values: Option<Vec<Value>> = columns.iter().map(value).collect();
    Ok((columns, values.ok_or_else(|| broken("a value of a wrong type"))?))
}

/// Puts a row in. Returns whether it is new; a value that the table refuses makes the line broken.
fn insert(
    connection: &Connection,
    table: &str,
    columns: &[String],
    values: Vec<Value>,
) -> Result<bool, StoreError> {
    let marks = vec!["?"; columns.len()].join(", ");
    let text = format!(
        "INSERT INTO {} ({}) VALUES ({marks}) ON CONFLICT DO NOTHING",
        tables::quoted(table),
        tables::list(columns)
    );
    match connection.prepare_cached(&text)?.execute(rusqlite::params_from_iter(values)) {
        Ok(count) => Ok(count > 0),
        Err(rusqlite::Error::SqliteFailure(failure, _))
            if failure.code == rusqlite::ErrorCode::ConstraintViolation =>
        {
            Err(broken("a field is missing or of a wrong type"))
        }
        Err(error) => Err(error.into()),
    }
}

/// A number as its readers take it.
fn small(json: &Json) -> Option<i32> {
    json.as_i64().and_then(|number| i32::try_from(number).ok())
}

fn conversation(connection: &Connection, row: &Map<String, Json>) -> Result<bool, StoreError> {
    let key = format::key(row).ok_or_else(|| broken("a conversation without kind or target"))?;
    if row.get("mute").is_some_and(|mute| small(mute).and_then(MuteLevel::from_number).is_none()) {
        return Err(broken("an unknown level of muting"));
    }
    let (columns, values) = values(connection, "conversation", row)?;
    if insert(connection, "conversation", &columns, values)? {
        return Ok(true);
    }
    // What is here is newer, but nothing that was read becomes unread.
    connection.execute(
        "UPDATE conversation SET read_time = max(read_time, ?3) WHERE type = ?1 AND target = ?2",
        params![
            key.conversation_type.number(),
            key.target_id,
            row.get("read_time").and_then(Json::as_i64).unwrap_or(0)
        ],
    )?;
    Ok(false)
}

/// Stores a message. Returns its number, if it is new.
fn message(connection: &Connection, row: &Map<String, Json>) -> Result<Option<i64>, StoreError> {
    let key = format::key(row).ok_or_else(|| broken("a message without a conversation"))?;
    let number = |name: &str| row.get(name).and_then(small);
    let known = number("direction").and_then(MessageDirection::from_number).is_some()
        && number("sent_status").and_then(SentStatus::from_number).is_some();
    if !known {
        return Err(broken("a message of unknown direction or state"));
    }
    if ["error_code", "received_status"].iter().any(|name| row.contains_key(*name) && number(name).is_none())
    {
        return Err(broken("a number that is too large"));
    }
    let conversation = conversations::row_id(connection, &key)?;
    let (mut columns, mut values) = values(connection, "message", row)?;
    if row.get("uid").is_none_or(Json::is_null)
        && row.get("client_id").is_none_or(Json::is_null)
        && is_here(connection, conversation, row)?
    {
        return Ok(None);
    }
    // Its outbox row stayed behind: nothing here will send it.
    if number("sent_status") == Some(SentStatus::Sending.number()) {
        let settled =
            [("sent_status", SentStatus::Failed.number()), ("error_code", ErrorCode::REQUEST_CANCELLED.0)];
        for (name, number) in settled {
            if let Some(place) = columns.iter().position(|column| column == name)
                && let Some(value) = values.get_mut(place)
            {
                *value = Value::Integer(number.into());
            }
        }
    }
    columns.push("conversation".into());
    values.push(Value::Integer(conversation));
    if !insert(connection, "message", &columns, values)? {
        return Ok(None);
    }
    let id = connection.last_insert_rowid();
    let time = row.get("sent_time").and_then(Json::as_i64).unwrap_or(0);
    conversations::touch(connection, conversation, time)?;
    Ok(Some(id))
}

/// A message that only the device knew has no name: it is told by what it is.
fn is_here(connection: &Connection, conversation: i64, row: &Map<String, Json>) -> Result<bool, StoreError> {
    let text = |name: &str| row.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM message WHERE conversation = ?1 AND sent_time = ?2 AND sender = ?3
             AND object_name = ?4 AND content = ?5",
        )?
        .exists(params![
            conversation,
            row.get("sent_time").and_then(Json::as_i64).unwrap_or(0),
            text("sender"),
            text("object_name"),
            text("content")
        ])?)
}

/// A row of a table that this version does not know is left out: an older one reads what a newer one wrote.
fn related(connection: &Connection, table: &str, row: &Map<String, Json>) -> Result<(), StoreError> {
    let all = tables::columns(connection, table)?;
    if !format::RELATED.contains(&table) || all.is_empty() {
        return Ok(());
    }
    let (mut columns, mut values) = values(connection, table, row)?;
    if all.iter().any(|name| name == "message") {
        let uid = row.get("message_uid").and_then(Json::as_str);
        let uid = uid.ok_or_else(|| broken("a row without its message"))?;
        let id: Option<i64> = connection
            .prepare_cached("SELECT id FROM message WHERE uid = ?1")?
            .query_row([uid], |row| row.get(0))
            .optional()?;
        let Some(id) = id else { return Ok(()) };
        columns.push("message".into());
        values.push(Value::Integer(id));
    } else if all.iter().any(|name| name == "conversation") {
        let key = format::key(row).ok_or_else(|| broken("a row without its conversation"))?;
        columns.push("conversation".into());
        values.push(Value::Integer(conversations::row_id(connection, &key)?));
    }
    insert(connection, table, &columns, values)?;
    Ok(())
}

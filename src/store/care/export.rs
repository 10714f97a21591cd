//! Export: a user's conversations and messages as lines of JSON, in steps beside everything else. The file is
//! called `.part` until it is whole.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Row, params};
use serde_json::{Map, Value as Json, json};

use super::super::{StoreError, conversations};
use super::wal::with_suffix;
use super::{format, tables};
use crate::model::{ConversationKey, ErrorCode};

/// Message numbers that one step covers.
const STEP: i64 = 2000;

/// What an export wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, uniffi::Record)]
pub struct ExportReport {
    /// Conversations.
    pub conversations: u64,
    /// Messages.
    pub messages: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Header,
    Conversations,
    Messages,
    Related(usize),
    Done,
}

/// An export on its way. Dropping it before its end removes what it wrote.
#[derive(Debug)]
pub struct ExportState {
    /// What it wrote so far.
    pub report: ExportReport,
    /// Messages there were when it began, for a progress bar.
    pub total: u64,
    file: Option<BufWriter<File>>,
    path: PathBuf,
    part: PathBuf,
    only: Option<ConversationKey>,
    /// The row of `only`.
    only_id: Option<i64>,
    at: i64,
    rows: u64,
    phase: Phase,
}

impl ExportState {
    /// Begins to write `path`: all conversations, or one.
    ///
    /// # Errors
    /// [`ErrorCode::FILE_IO_ERROR`] if the file cannot be made.
    pub fn new(path: &Path, only: Option<ConversationKey>) -> Result<Self, StoreError> {
        let part = with_suffix(path, ".part");
        let file = File::create(&part).map_err(|error| format::refused(&part, &error))?;
        Ok(Self {
            report: ExportReport::default(),
            total: 0,
            file: Some(BufWriter::new(file)),
            path: path.to_owned(),
            part,
            only,
            only_id: None,
            at: 0,
            rows: 0,
            phase: Phase::Header,
        })
    }

    /// Whether the file is whole.
    pub fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    /// Writes the next lines. `user` and `now` go into the header.
    ///
    /// # Errors
    /// The database fails, the file cannot be written, or the one conversation does not exist
    /// ([`ErrorCode::CONVER_GET_ERROR`]).
    pub fn step(mut self, connection: &Connection, user: &str, now: i64) -> Result<Self, StoreError> {
        self.phase = match self.phase {
            Phase::Header => {
                self.header(connection, user, now)?;
                Phase::Conversations
            }
            Phase::Conversations => {
                self.conversations(connection)?;
                Phase::Messages
            }
            Phase::Messages => {
                if self.messages(connection)? {
                    Phase::Messages
                } else {
                    Phase::Related(0)
                }
            }
            Phase::Related(number) => match format::RELATED.get(number) {
                Some(table) => {
                    self.related(connection, table)?;
                    Phase::Related(number + 1)
                }
                None => {
                    self.end()?;
                    Phase::Done
                }
            },
            Phase::Done => Phase::Done,
        };
        Ok(self)
    }

    fn line(&mut self, json: &Json) -> Result<(), StoreError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let text = json.to_string();
        self.report.bytes += text.len() as u64 + 1;
        file.write_all(text.as_bytes())
            .and_then(|()| file.write_all(b"\n"))
            .map_err(|error| format::refused(&self.part, &error))
    }

    fn header(&mut self, connection: &Connection, user: &str, now: i64) -> Result<(), StoreError> {
        if let Some(key) = &self.only {
            let id = conversations::known_id(connection, key)?;
            let missing = || StoreError::new(ErrorCode::CONVER_GET_ERROR, "no such conversation");
            self.only_id = Some(id.ok_or_else(missing)?);
        }
        let count = |text: &str| connection.query_row(text, [self.only_id], |row| super::count(row, 0));
        let conversations = count("SELECT count(*) FROM conversation WHERE ?1 IS NULL OR id = ?1")?;
        self.total = count("SELECT count(*) FROM message WHERE ?1 IS NULL OR conversation = ?1")?;
        // Two exports of one moment are two files to whoever resumes one.
        let id: String = connection.query_row("SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))?;
        let header = json!({ format::MAGIC: format::VERSION, "user": user, "id": id, "time": now,
            "conversations": conversations, "messages": self.total });
        self.line(&header)
    }

    fn conversations(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let columns = format::columns(connection, "conversation")?;
        let text = format!(
            "SELECT {} FROM conversation WHERE ?1 IS NULL OR id = ?1 ORDER BY id",
            tables::list(&columns)
        );
        let mut statement = connection.prepare(&text)?;
        let mut rows = statement.query([self.only_id])?;
        while let Some(row) = rows.next()? {
            let fields = fields(row, &columns)?;
            self.line(&json!({ "conversation": fields }))?;
            self.report.conversations += 1;
        }
        Ok(())
    }

    /// Writes the next messages. Returns whether there are more.
    fn messages(&mut self, connection: &Connection) -> Result<bool, StoreError> {
        let first: Option<i64> = connection
            .prepare_cached("SELECT min(id) FROM message WHERE id > ?1")?
            .query_row([self.at], |row| row.get(0))?;
        let Some(first) = first else { return Ok(false) };
        let last = first.saturating_add(STEP - 1);
        let mut columns = format::columns(connection, "message")?;
        columns.retain(|name| name != "conversation");
        let list: Vec<String> = columns.iter().map(|name| format!("m.{}", tables::quoted(name))).collect();
        let text = format!(
            "SELECT c.type, c.target, {} FROM message m NOT INDEXED JOIN conversation c ON c.id = m.conversation
             WHERE m.id BETWEEN ?1 AND ?2 AND (?3 IS NULL OR m.conversation = ?3) ORDER BY m.id",
            list.join(", ")
        );
        columns.splice(0..0, ["type", "target"].map(String::from));
        let mut statement = connection.prepare_cached(&text)?;
        let mut rows = statement.query(params![first, last, self.only_id])?;
        while let Some(row) = rows.next()? {
            let fields = fields(row, &columns)?;
            self.line(&json!({ "message": fields }))?;
            self.report.messages += 1;
        }
        self.at = last;
        Ok(true)
    }

    /// Writes what belongs to the conversations and messages that were written.
    fn related(&mut self, connection: &Connection, table: &str) -> Result<(), StoreError> {
        let columns = format::columns(connection, table)?;
        if columns.is_empty() {
            return Ok(());
        }
        let refers = |name: &str| columns.iter().any(|column| column == name);
        let (by_message, by_conversation) = (refers("message"), refers("conversation"));
        if self.only.is_some() && !by_message && !by_conversation && table != "tag" {
            return Ok(());
        }
        let mut names: Vec<String> =
            columns.iter().filter(|name| !format::REFERENCES.contains(&name.as_str())).cloned().collect();
        let mut list: Vec<String> = names.iter().map(|name| format!("t.{}", tables::quoted(name))).collect();
        let mut from = format!("{} t", tables::quoted(table));
        let mut condition = "?1 = ?1 OR ?1 IS NULL".to_owned();
        if by_message {
            // A message without the server's name cannot be told elsewhere.
            from.push_str(" JOIN message m ON m.id = t.message AND m.uid IS NOT NULL");
            condition = "?1 IS NULL OR m.conversation = ?1".into();
            names.push("message_uid".into());
            list.push("m.uid".into());
        } else if by_conversation {
            from.push_str(" JOIN conversation c ON c.id = t.conversation");
            condition = "?1 IS NULL OR c.id = ?1".into();
            names.extend(["type", "target"].map(String::from));
            list.extend(["c.type", "c.target"].map(String::from));
        }
        let mut statement =
            connection.prepare(&format!("SELECT {} FROM {from} WHERE {condition}", list.join(", ")))?;
        let mut rows = statement.query([self.only_id])?;
        while let Some(row) = rows.next()? {
            let fields = fields(row, &names)?;
            self.line(&json!({ "row": fields, "table": table }))?;
            self.rows += 1;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), StoreError> {
        let end = json!({ "end": { "conversations": self.report.conversations,
            "messages": self.report.messages, "rows": self.rows } });
        self.line(&end)?;
        let Some(file) = self.file.take() else { return Ok(()) };
        file.into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .and_then(|()| std::fs::rename(&self.part, &self.path))
            .map_err(|error| {
                let _ = std::fs::remove_file(&self.part);
                format::refused(&self.path, &error)
            })
    }
}

impl Drop for ExportState {
    /// Half an export is worth nothing.
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

fn fields(row: &Row<'_>, columns: &[String]) -> rusqlite::Result<Map<String, Json>> {
    let field = |(place, name): (usize, &String)| Ok((name.clone(), format::to_json(row.get_ref(place)?)));
    columns.iter().enumerate().map(field).collect()
}

//! Who has read a group message (the second version of group receipts). Reads only; what is read is noted by
//! the effect of a message.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::append::GROUP;
use super::read::members;
use crate::store::{GroupReader, Readers};

pub(super) fn authors(
    connection: &Connection,
    group: &str,
    uids: &[String],
) -> rusqlite::Result<Vec<(Arc<str>, Arc<str>)>> {
    let mut found = Vec::new();
    for uid in uids {
        let author = connection
            .prepare_cached(
                "SELECT uid, sender FROM messages \
                 WHERE uid = ?1 AND kind = ?2 AND target = ?3 AND recall IS NULL",
            )?
            .query_row(params![uid, GROUP, group], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        found.extend(author);
    }
    Ok(found)
}

pub(super) fn readers(
    connection: &Connection,
    user: &str,
    group: &str,
    uid: &str,
) -> rusqlite::Result<Option<Readers>> {
    let members = members(connection, group)?;
    if !members.iter().any(|member| &**member == user) {
        return Ok(None);
    }
    let message: Option<i64> = connection
        .prepare_cached("SELECT id FROM messages WHERE uid = ?1 AND kind = ?2 AND target = ?3")?
        .query_row(params![uid, GROUP, group], |row| row.get(0))
        .optional()?;
    let Some(message) = message else { return Ok(None) };
    let readers = connection
        .prepare_cached("SELECT user_id, time FROM readers WHERE message = ?1 ORDER BY time, user_id")?
        .query_map([message], |row| Ok(GroupReader { user: row.get(0)?, time: row.get(1)? }))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(Readers { members: members.len(), readers }))
}

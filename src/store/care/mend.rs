//! Making the rows of a database agree with each other after salvage: what refers to nothing is rebuilt where
//! its content is known and removed where it is not. The checks of `verify` use the same statements.

use rusqlite::{Connection, OptionalExtension, params};

use super::super::{StoreError, conversations};
use super::tables;
use crate::model::{ConversationKey, ErrorCode, MessageDirection, MessageFlags, SentStatus};
use crate::wire::{Body, Bytes, Topic, body};

/// Outbox rows whose message is sent, or is none of the user's: nothing is left to send.
pub(super) const SETTLED: &str = "DELETE FROM outbox WHERE message IN (SELECT o.message FROM outbox o
    LEFT JOIN message m ON m.id = o.message WHERE m.id IS NULL OR m.sent_status NOT IN (10, 20))";
/// Messages that wait to be sent while nothing will send them.
pub(super) const STRANDED: &str = "UPDATE message SET sent_status = 20, error_code = ?1
    WHERE sent_status = 10 AND NOT EXISTS (SELECT 1 FROM outbox WHERE message = message.id)
    AND NOT EXISTS (SELECT 1 FROM upload WHERE message = message.id)";

/// Numbers that no reader takes: without them a single row would make every list that holds it fail.
const UNREADABLE: &[&str] = &[
    "UPDATE conversation SET mute = 0 WHERE mute NOT IN (0, 1, 2)",
    "UPDATE message SET error_code = 0 WHERE error_code NOT BETWEEN -2147483648 AND 2147483647",
    "UPDATE message SET received_status = 0 WHERE received_status NOT BETWEEN -2147483648 AND 2147483647",
];

/// Mends a database that was copied without its rules.
pub(super) fn mend(new: &Connection) -> Result<(), StoreError> {
    rebuild_unsent(new)?;
    new.execute("DELETE FROM message WHERE conversation NOT IN (SELECT id FROM conversation)", [])?;
    new.execute("DELETE FROM conversation WHERE type NOT IN (1, 2, 3, 4, 5, 6, 7, 8, 10, 12)", [])?;
    new.execute("DELETE FROM message WHERE direction NOT IN (1, 2)", [])?;
    new.execute(
        "UPDATE message SET sent_status = ?1 WHERE sent_status NOT IN (10, 20, 30, 40, 50, 60)",
        [SentStatus::Sent.number()],
    )?;
    for text in UNREADABLE {
        new.execute(text, [])?;
    }
    new.execute(SETTLED, [])?;
    new.execute(STRANDED, [ErrorCode::BIZ_ERROR_DATABASE_ERROR.0])?;
    remove_orphans(new)?;
    new.execute(
        "UPDATE conversation SET sort_time = newest.time FROM (SELECT conversation, max(sent_time) AS time
         FROM message GROUP BY conversation) newest
         WHERE newest.conversation = conversation.id AND conversation.sort_time < newest.time",
        [],
    )?;
    Ok(())
}

/// Removes rows that refer to what is not there, in every table. Returns how many.
pub(super) fn remove_orphans(connection: &Connection) -> Result<u64, StoreError> {
    let mut removed = 0;
    // Removing a row may leave others without theirs; the chain is no longer than the tables are many.
    for _ in 0..8 {
        let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?));
        let orphans = statement.query_map([], read)?.collect::<Result<Vec<_>, _>>()?;
        if orphans.is_empty() {
            break;
        }
        for (table, rowid) in orphans {
            removed += match rowid {
                Some(rowid) => {
                    let text = format!("DELETE FROM {} WHERE rowid = ?1", tables::quoted(&table));
                    connection.execute(&text, [rowid])? as u64
                }
                None => keyless_orphans(connection, &table)?,
            };
        }
    }
    Ok(removed)
}

/// The check names no row of a table without rowids: its references say which ones it means.
fn keyless_orphans(connection: &Connection, table: &str) -> Result<u64, StoreError> {
    let mut statement = connection
        .prepare("SELECT \"from\", \"table\", coalesce(\"to\", 'id') FROM pragma_foreign_key_list(?1)")?;
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let references: Vec<(String, String, String)> =
        statement.query_map([table], read)?.collect::<Result<Vec<_>, _>>()?;
    let mut removed = 0;
    for (from, parent, to) in references {
        let text = format!(
            "DELETE FROM {} WHERE {} NOT IN (SELECT {} FROM {})",
            tables::quoted(table),
            tables::quoted(&from),
            tables::quoted(&to),
            tables::quoted(&parent)
        );
        removed += connection.execute(&text, [])? as u64;
    }
    Ok(removed)
}

/// An outbox row (message, topic, target, body) and the conversation that its message names, if it is there.
type Unsent = (i64, String, String, Vec<u8>, Option<i64>);

/// An outbox row holds the whole message: its row, and its conversation's, come back from it.
fn rebuild_unsent(new: &Connection) -> Result<(), StoreError> {
    let mut statement = new.prepare(
        "SELECT o.message, o.topic, o.target, o.body, m.conversation FROM outbox o
         LEFT JOIN message m ON m.id = o.message LEFT JOIN conversation c ON c.id = m.conversation
         WHERE c.id IS NULL",
    )?;
    let read =
        |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
    let lost: Vec<Unsent> = statement.query_map([], read)?.collect::<Result<Vec<_>, _>>()?;
    for (message, topic, target, body, conversation) in lost {
        let Some(kind) = Topic::parse(&topic).and_then(Topic::conversation_type) else { continue };
        let key = ConversationKey { conversation_type: kind, target_id: target };
        let known = match conversation {
            // The message is there and says which number its conversation had.
            Some(id) => new.execute(
                "INSERT OR IGNORE INTO conversation (id, type, target) VALUES (?1, ?2, ?3)",
                params![id, kind.number(), key.target_id],
            )?,
            None => 0,
        };
        if known == 0 {
            let id = conversations::row_id(new, &key)?;
            new.execute("UPDATE message SET conversation = ?2 WHERE id = ?1", params![message, id])?;
            if conversation.is_none() {
                rebuild(new, message, id, Bytes::from(body))?;
            }
        }
    }
    Ok(())
}

fn rebuild(new: &Connection, message: i64, conversation: i64, bytes: Bytes) -> Result<(), StoreError> {
    let Ok(body) = body::UpstreamMessage::from_bytes(bytes) else { return Ok(()) };
    // A second row for one client id would be a second message.
    let taken = new
        .query_row("SELECT 1 FROM message WHERE client_id = ?1", [body.client_unique_id], |_| Ok(()))
        .optional()?;
    if taken.is_some() {
        return Ok(());
    }
    let sender = new
        .query_row("SELECT sender FROM message WHERE direction = 1 LIMIT 1", [], |row| {
            row.get::<_, String>(0)
        })
        .optional()?;
    // The number's upper bits are the milliseconds at which it was made.
    let time = body.client_unique_id.map_or(0, |id| id >> 21);
    let content = body.content.unwrap_or_default();
    new.execute(
        "INSERT INTO message (id, conversation, client_id, direction, sender, object_name, content, sent_time,
           received_time, sent_status, counted)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10)",
        params![
            message,
            conversation,
            body.client_unique_id,
            MessageDirection::Send.number(),
            sender.unwrap_or_default(),
            body.object_name.unwrap_or_default(),
            String::from_utf8_lossy(&content),
            time,
            SentStatus::Sending.number(),
            MessageFlags(body.flags.unwrap_or_default()).contains(MessageFlags::COUNTED),
        ],
    )?;
    Ok(())
}

/// Sets back what says that everything up to some time is here. What comes twice falls to its uid.
pub(super) fn pull_again(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection.execute_batch("DELETE FROM cursor; DELETE FROM live_range; DELETE FROM history_range")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{self, ConversationFilter, Location};

    #[test]
    fn mending_leaves_no_number_that_a_list_cannot_read() {
        let connection = store::open(&Location::Memory).unwrap();
        let key = ConversationKey::private("peer");
        store::create(&connection, &key, 1).unwrap();
        connection
            .execute(
                "INSERT INTO message (conversation, uid, direction, sender, object_name, content, sent_time,
                   received_time, sent_status, counted) VALUES (1, 'u', 2, 'peer', 'RC:TxtMsg', '{}', 1, 1, 30, 1)",
                [],
            )
            .unwrap();
        for broken in [
            "UPDATE conversation SET mute = 9",
            "UPDATE message SET error_code = 1 << 40",
            "UPDATE message SET received_status = -(1 << 40)",
        ] {
            connection.execute(broken, []).unwrap();
            let list = || store::conversations(&connection, &ConversationFilter::default(), None, 10);
            assert_eq!(list().unwrap_err().code, ErrorCode::DATABASE_DAMAGED, "{broken}");
            mend(&connection).unwrap();
            assert_eq!(list().unwrap().len(), 1, "{broken}");
        }
    }
}

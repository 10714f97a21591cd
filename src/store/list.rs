//! The server's list of conversations, merged into the local one: marks by maximum, rows that are missing,
//! the newest message where the inbox does not bring it.

use rusqlite::Connection;

use super::inbox::{Stored, cursors, insert};
use super::{StoreError, commands, conversations, rows, signals};
use crate::session::ListedConversation;

/// Merges the list. What the inbox is still to bring is left to it, so that it is told as new then; so the
/// result is the same whichever of the two comes first.
///
/// # Errors
/// The database fails.
pub fn merge_list(
    connection: &Connection,
    listed: Vec<ListedConversation>,
    user: &str,
    now: i64,
) -> Result<Stored, StoreError> {
    let known = cursors(connection)?;
    let mut stored = Stored::default();
    let mut added = Vec::new();
    for item in listed {
        let ListedConversation { key, latest, read_time, peer_delivered_time, peer_read_time } = item;
        let id = conversations::row_id(connection, &key)?;
        let mut changed = conversations::merge_read_mark(connection, &key, read_time)?;
        changed |= conversations::peer_marks(connection, &key, peer_delivered_time, peer_read_time)?;
        if let Some(latest) = latest
            && !signals::waits(connection, &signals::removed_name(&key))
        {
            let cursor = if latest.is_own() { known.outbox } else { known.inbox };
            let time = latest.sent_time;
            if time <= cursor {
                let command = commands::apply(connection, &latest, user, now, &mut stored)?;
                if !command && let Some(id) = insert(connection, &latest, now)? {
                    added.push(id);
                    changed = true;
                }
            }
            conversations::touch(connection, id, time)?;
        }
        if changed {
            stored.touch(&key);
        }
    }
    rows::all_added(connection, &added)?;
    Ok(stored)
}

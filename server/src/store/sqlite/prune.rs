//! Forgetting: inbox rows by each user's window, then what nobody can reach any more. Runs rarely, on the
//! writer's thread.

use rusqlite::params;

use super::writer::Context;
use crate::store::{DAY_MS, Retention};

/// The longest window that a user can set, in days.
const LONGEST_WINDOW: u32 = 7;

pub(super) fn prune(context: &Context, retention: Retention) -> rusqlite::Result<()> {
    let connection = &context.connection;
    let window = retention.window;
    // `inbox` is ordered by user, so one pass over the table.
    connection
        .prepare_cached(
            "DELETE FROM inbox WHERE stamp <= (SELECT ?1 - coalesce(u.offline_days, ?2) * ?3 \
             FROM users u WHERE u.id = inbox.user_id)",
        )?
        .execute(params![window.now, window.days, DAY_MS])?;
    // What only lay in inboxes goes when the longest window is over: then it lies in none.
    let in_no_inbox = window.cutoff(Some(window.days.max(LONGEST_WINDOW)));
    let mut gone = connection
        .prepare_cached("DELETE FROM messages WHERE kept = 0 AND stamp <= ?1")?
        .execute([in_no_inbox])?;
    if let Some(days) = retention.history_days {
        let before = in_no_inbox.min(window.cutoff(Some(days)));
        gone += connection
            .prepare_cached(
                "DELETE FROM messages WHERE kept = 1 AND stamp <= ?1 \
                 AND conversation IN (SELECT id FROM conversations)",
            )?
            .execute([before])?;
    }
    if gone > 0 {
        // Row numbers may be given again, so nothing may go on pointing at one.
        connection.execute_batch(
            "DELETE FROM deleted WHERE message NOT IN (SELECT id FROM messages); \
             DELETE FROM readers WHERE message NOT IN (SELECT id FROM messages); \
             UPDATE views SET last_message = NULL \
             WHERE last_message IS NOT NULL AND last_message NOT IN (SELECT id FROM messages);",
        )?;
    }
    Ok(())
}

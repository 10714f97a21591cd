//! Up to where a user has read and received: marks that only grow. Called by the writer and by readers.

use rusqlite::{Connection, OptionalExtension, params};

use super::append::{PRIVATE, kind_of};
use super::writer::Context;
use crate::store::{Delivery, Target, Window};

pub(super) fn mark_read(context: &Context, user: &str, target: &Target, time: i64) -> rusqlite::Result<()> {
    let head: i64 = context
        .connection
        .prepare_cached("SELECT head FROM users WHERE id = ?1")?
        .query_row([user], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    // A mark in the future would swallow what is yet to come.
    let time = time.min(head.max(context.clock.now_ms()));
    raise_read(&context.connection, user, target, time)
}

pub(super) fn raise_read(
    connection: &Connection,
    user: &str,
    target: &Target,
    time: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO views (user_id, kind, target, read_to) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (user_id, kind, target) DO UPDATE SET read_to = max(read_to, excluded.read_to)",
        )?
        .execute(params![user, kind_of(target), &**target.id(), time])?;
    Ok(())
}

/// A read mark that the other side is told of.
pub(super) fn mark_told_read(
    connection: &Connection,
    user: &str,
    target: &Target,
    time: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO views (user_id, kind, target, read_to, told_read_to) VALUES (?1, ?2, ?3, ?4, ?4) \
             ON CONFLICT (user_id, kind, target) DO UPDATE SET read_to = max(read_to, excluded.read_to), \
             told_read_to = max(told_read_to, excluded.told_read_to)",
        )?
        .execute(params![user, kind_of(target), &**target.id(), time])?;
    Ok(())
}

pub(super) fn mark_delivered(
    context: &Context,
    deliveries: Vec<Delivery>,
) -> rusqlite::Result<Vec<Delivery>> {
    let mut raised = Vec::with_capacity(deliveries.len());
    for delivery in deliveries {
        let changed = context
            .connection
            .prepare_cached(
                "INSERT INTO views (user_id, kind, target, delivered_to) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (user_id, kind, target) DO UPDATE SET delivered_to = excluded.delivered_to \
                 WHERE delivered_to < excluded.delivered_to",
            )?
            .execute(params![&*delivery.user, PRIVATE, &*delivery.sender, delivery.time])?;
        if changed > 0 {
            raised.push(delivery);
        }
    }
    Ok(raised)
}

pub(super) fn has_unread(connection: &Connection, user: &str, window: Window) -> rusqlite::Result<bool> {
    let days: Option<u32> = connection
        .prepare_cached("SELECT offline_days FROM users WHERE id = ?1")?
        .query_row([user], |row| row.get(0))
        .optional()?
        .flatten();
    connection
        .prepare_cached(
            "SELECT 1 FROM inbox i JOIN messages m ON m.id = i.message \
             LEFT JOIN views v ON v.user_id = i.user_id AND v.kind = m.kind \
               AND v.target = CASE m.kind WHEN 1 THEN m.sender ELSE m.target END \
             WHERE i.user_id = ?1 AND i.stamp > ?2 AND m.flags & 2 <> 0 AND m.sender <> ?1 \
               AND m.recall IS NULL AND coalesce(v.hidden, 0) = 0 \
               AND m.stamp > max(coalesce(v.read_to, 0), coalesce(v.cleared_to, 0)) \
             LIMIT 1",
        )?
        .exists(params![user, window.cutoff(days)])
}

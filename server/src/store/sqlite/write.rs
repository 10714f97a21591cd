//! The small writes: users, groups, views, named values. Called by the writer inside its transaction.

use rusqlite::{Connection, OptionalExtension, params};

use super::append::{kind_of, raise_head};
use super::writer::Context;
use crate::store::{Login, Target};

pub(super) fn login(context: &Context, user: &str) -> rusqlite::Result<Login> {
    let connection = &context.connection;
    let time = context.clock.now_ms();
    raise_head(connection, user, time)?;
    let blocked = connection
        .prepare_cached("SELECT blocked FROM users WHERE id = ?1")?
        .query_row([user], |row| row.get(0))?;
    let serial = connection
        .prepare_cached(
            "INSERT INTO meta (key, value) VALUES ('login_serial', '1') \
             ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1 \
             RETURNING CAST(value AS INTEGER)",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(Login { time, serial, blocked })
}

pub(super) fn put_user(
    context: &Context,
    user: &str,
    name: Option<&str>,
    portrait: Option<&str>,
) -> rusqlite::Result<()> {
    context
        .connection
        .prepare_cached(
            "INSERT INTO users (id, name, portrait) VALUES (?1, coalesce(?2, ''), coalesce(?3, '')) \
             ON CONFLICT (id) DO UPDATE SET name = coalesce(?2, name), portrait = coalesce(?3, portrait)",
        )?
        .execute(params![user, name, portrait])?;
    Ok(())
}

pub(super) fn set_blocked(context: &Context, user: &str, blocked: bool) -> rusqlite::Result<()> {
    context
        .connection
        .prepare_cached(
            "INSERT INTO users (id, blocked) VALUES (?1, ?2) \
             ON CONFLICT (id) DO UPDATE SET blocked = excluded.blocked",
        )?
        .execute(params![user, blocked])?;
    Ok(())
}

pub(super) fn hide_conversation(context: &Context, user: &str, target: &Target) -> rusqlite::Result<()> {
    context
        .connection
        .prepare_cached("UPDATE views SET hidden = 1 WHERE user_id = ?1 AND kind = ?2 AND target = ?3")?
        .execute(params![user, kind_of(target), &**target.id()])?;
    Ok(())
}

pub(super) fn clear_history(
    context: &Context,
    user: &str,
    target: &Target,
    until: i64,
) -> rusqlite::Result<()> {
    context
        .connection
        .prepare_cached(
            "INSERT INTO views (user_id, kind, target, cleared_to) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (user_id, kind, target) \
             DO UPDATE SET cleared_to = max(cleared_to, excluded.cleared_to)",
        )?
        .execute(params![user, kind_of(target), &**target.id(), until])?;
    Ok(())
}

pub(super) fn delete_messages(context: &Context, user: &str, uids: &[String]) -> rusqlite::Result<()> {
    let connection = &context.connection;
    for uid in uids {
        let row: Option<(i64, i64)> = connection
            .prepare_cached(
                "SELECT m.id, m.conversation FROM messages m JOIN conversations c ON c.id = m.conversation \
                 WHERE m.uid = ?1 AND m.kept = 1 AND (c.kind <> 1 OR ?2 IN (c.a, c.b))",
            )?
            .query_row([uid, user], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((message, conversation)) = row else { continue };
        connection
            .prepare_cached("INSERT OR IGNORE INTO deleted (user_id, message) VALUES (?1, ?2)")?
            .execute(params![user, message])?;
        // The list shows the newest message that the user still has.
        connection
            .prepare_cached(
                "UPDATE views SET last_message = (SELECT m.id FROM messages m \
                   WHERE m.conversation = ?3 AND m.kept = 1 AND m.stamp > views.cleared_to AND m.id NOT IN \
                     (SELECT d.message FROM deleted d WHERE d.user_id = ?1) \
                   ORDER BY m.stamp DESC LIMIT 1) \
                 WHERE user_id = ?1 AND last_message = ?2",
            )?
            .execute(params![user, message, conversation])?;
    }
    Ok(())
}

pub(super) fn create_group(
    context: &Context,
    group: &str,
    name: &str,
    users: &[String],
) -> rusqlite::Result<()> {
    context
        .connection
        .prepare_cached(
            "INSERT INTO groups (id, name) VALUES (?1, ?2) \
             ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        )?
        .execute([group, name])?;
    add_members(&context.connection, group, users)
}

pub(super) fn join_group(context: &Context, group: &str, users: &[String]) -> rusqlite::Result<bool> {
    let found = group_exists(&context.connection, group)?;
    if found {
        add_members(&context.connection, group, users)?;
    }
    Ok(found)
}

pub(super) fn quit_group(context: &Context, group: &str, users: &[String]) -> rusqlite::Result<bool> {
    let found = group_exists(&context.connection, group)?;
    for user in users {
        context
            .connection
            .prepare_cached("DELETE FROM members WHERE group_id = ?1 AND user_id = ?2")?
            .execute([group, user])?;
    }
    Ok(found)
}

fn group_exists(connection: &Connection, group: &str) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM groups WHERE id = ?1")?.exists([group])
}

fn add_members(connection: &Connection, group: &str, users: &[String]) -> rusqlite::Result<()> {
    for user in users {
        connection
            .prepare_cached("INSERT OR IGNORE INTO members (group_id, user_id) VALUES (?1, ?2)")?
            .execute([group, user])?;
    }
    Ok(())
}

pub(super) fn set_meta(context: &Context, key: &str, value: &str) -> rusqlite::Result<()> {
    context
        .connection
        .prepare_cached(
            "INSERT INTO meta (key, value) VALUES (?1, ?2) \
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )?
        .execute([key, value])?;
    Ok(())
}

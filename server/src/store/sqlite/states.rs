//! Mute and top of conversations, and the user's settings. Each change gets a version of its user: the time,
//! or the next millisecond if that was given already.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::writer::Context;
use crate::store::{SettingRow, Settings, StateChange, StateRow, States};

/// The next version of one of the user's two kinds of versions.
fn next_version(context: &Context, user: &str, sql: &str) -> rusqlite::Result<i64> {
    context.connection.prepare_cached(sql)?.query_row(params![user, context.clock.now_ms()], |row| row.get(0))
}

pub(super) fn set(context: &Context, user: &str, changes: &[StateChange]) -> rusqlite::Result<i64> {
    let version = next_version(
        context,
        user,
        "INSERT INTO users (id, state_version) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET \
         state_version = max(state_version + 1, excluded.state_version) RETURNING state_version",
    )?;
    for change in changes {
        context
            .connection
            .prepare_cached(
                "INSERT INTO states (user_id, kind, target, silent, top, version) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (user_id, kind, target) DO UPDATE SET \
                 silent = coalesce(excluded.silent, silent), top = coalesce(excluded.top, top), \
                 version = excluded.version",
            )?
            .execute(params![user, change.kind, change.target, change.silent, change.top, version])?;
    }
    Ok(version)
}

fn state(row: &Row<'_>) -> rusqlite::Result<StateRow> {
    Ok(StateRow {
        kind: row.get(0)?,
        target: row.get(1)?,
        silent: row.get(2)?,
        top: row.get(3)?,
        version: row.get(4)?,
    })
}

pub(super) fn newer(connection: &Connection, user: &str, after: i64) -> rusqlite::Result<States> {
    let version = connection
        .prepare_cached("SELECT state_version FROM users WHERE id = ?1")?
        .query_row([user], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    let rows = connection
        .prepare_cached(
            "SELECT kind, target, silent, top, version FROM states \
             WHERE user_id = ?1 AND version > ?2 ORDER BY version",
        )?
        .query_map(params![user, after], state)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(States { version, rows })
}

pub(super) fn one(
    connection: &Connection,
    user: &str,
    kind: i32,
    target: &str,
) -> rusqlite::Result<Option<StateRow>> {
    connection
        .prepare_cached(
            "SELECT kind, target, silent, top, version FROM states \
             WHERE user_id = ?1 AND kind = ?2 AND target = ?3",
        )?
        .query_row(params![user, kind, target], state)
        .optional()
}

pub(super) fn settings(connection: &Connection, user: &str, after: i64) -> rusqlite::Result<Settings> {
    let version = connection
        .prepare_cached("SELECT setting_version FROM users WHERE id = ?1")?
        .query_row([user], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    let rows = connection
        .prepare_cached(
            "SELECT key, value, version FROM settings WHERE user_id = ?1 AND version > ?2 ORDER BY version",
        )?
        .query_map(params![user, after], |row| {
            Ok(SettingRow { key: row.get(0)?, value: row.get(1)?, version: row.get(2)? })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Settings { version, rows })
}

pub(super) fn set_offline_days(context: &Context, user: &str, key: &str, days: u32) -> rusqlite::Result<i64> {
    let version = next_version(
        context,
        user,
        "INSERT INTO users (id, setting_version) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET \
         setting_version = max(setting_version + 1, excluded.setting_version) RETURNING setting_version",
    )?;
    context
        .connection
        .prepare_cached("UPDATE users SET offline_days = ?2 WHERE id = ?1")?
        .execute(params![user, days])?;
    context
        .connection
        .prepare_cached(
            "INSERT INTO settings (user_id, key, value, version) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (user_id, key) DO UPDATE SET value = excluded.value, version = excluded.version",
        )?
        .execute(params![user, key, days.to_string(), version])?;
    Ok(version)
}

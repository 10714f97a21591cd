//! Small named values of this user: how far account-wide things are known, and what the user prefers.

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;

/// Up to which version the states of conversations are known, ms.
pub const STATES_VERSION: &str = "states-version";
/// Up to which version the account's settings are known, ms.
pub const SETTINGS_VERSION: &str = "settings-version";
/// For how many days the server keeps what waits for this user.
pub const OFFLINE_DAYS: &str = "offline-days";
/// What is known of navigation and servers, as JSON.
pub const NAVIGATION: &str = "navigation";
/// When the user wants quiet, as JSON.
pub const QUIET_HOURS: &str = "quiet-hours";

/// A value, if it was ever set.
///
/// # Errors
/// The database fails.
pub fn setting(connection: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

/// A number, 0 if it was never set.
///
/// # Errors
/// The database fails.
pub fn number(connection: &Connection, name: &str) -> Result<i64, StoreError> {
    Ok(setting(connection, name)?.and_then(|value| value.parse().ok()).unwrap_or(0))
}

/// Sets a value.
///
/// # Errors
/// The database fails.
pub fn set(connection: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO setting (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )?
        .execute(params![name, value])?;
    Ok(())
}

/// Forgets a value.
///
/// # Errors
/// The database fails.
pub fn unset(connection: &Connection, name: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM setting WHERE name = ?1")?.execute([name])?;
    Ok(())
}

/// Sets a number, unless it is greater already.
///
/// # Errors
/// The database fails.
pub fn raise(connection: &Connection, name: &str, value: i64) -> Result<(), StoreError> {
    if value > number(connection, name)? {
        set(connection, name, &value.to_string())?;
    }
    Ok(())
}

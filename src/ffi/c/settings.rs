//! What the user prefers. All asynchronous.

use std::ffi::c_void;

use super::client::{Completion, start};
use super::types::{AnserCallback, AnserClient, AnserDestroy};
use crate::client::QuietHours;

/// Reads when the user wants quiet: `anser_event_answer` of the end tells whether ever, then
/// `anser_event_quiet_start` and its neighbours when. Kept on this device: the program decides what it shows.
#[unsafe(no_mangle)]
pub extern "C" fn anser_settings_quiet_hours(
    client: AnserClient,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.settings().quiet_hours().await })
    })
}

/// Sets when the user wants quiet, each day: from `start_minute` (minutes after midnight, local time) for
/// `duration_minutes` (1 to 1439), past midnight if need be. With `except_mentions`, messages that mention
/// the user may disturb all the same. Ends with 33003 for a time that no day has.
#[unsafe(no_mangle)]
pub extern "C" fn anser_settings_set_quiet_hours(
    client: AnserClient,
    start_minute: u32,
    duration_minutes: u32,
    except_mentions: bool,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let hours = QuietHours { start_minute, duration_minutes, except_mentions };
        Ok(async move { client.settings().set_quiet_hours(hours).await })
    })
}

/// Forgets the quiet hours.
#[unsafe(no_mangle)]
pub extern "C" fn anser_settings_remove_quiet_hours(
    client: AnserClient,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.settings().remove_quiet_hours().await })
    })
}

/// Reads for how many days the server keeps what waits for this user, as it says now: `anser_event_count` of
/// the end, 0 if the account has not chosen. Offline the last known number.
#[unsafe(no_mangle)]
pub extern "C" fn anser_settings_offline_days(
    client: AnserClient,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.settings().offline_days().await })
    })
}

/// Sets for how many days, 1 to 7, the server keeps what waits for this user. Needs a connection. Ends with
/// 33003 for other numbers, 30001 without a connection.
#[unsafe(no_mangle)]
pub extern "C" fn anser_settings_set_offline_days(
    client: AnserClient,
    days: u32,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.settings().set_offline_days(days).await })
    })
}

/// Asks over HTTP, without a connection, whether anything waits at the server for this user:
/// `anser_event_answer` of the end. Ends with 33001 before the first `anser_client_connect`, 300xx if the
/// server cannot be asked.
#[unsafe(no_mangle)]
pub extern "C" fn anser_settings_has_remote_unread(
    client: AnserClient,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        Ok(async move { client.settings().has_remote_unread().await })
    })
}

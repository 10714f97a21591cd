//! `anser_client`: what the host knows of the line: foreground, network, tokens, when to try again.

use std::ffi::{c_char, c_void};

use super::border::{guard, optional_text, text};
use super::client::{Completion, start};
use super::input::list;
use super::registry;
use super::types::{AnserCallback, AnserClient, AnserDestroy};
use crate::client::Client;
use crate::model::{ErrorCode, NetworkKind};

/// The device is connected by nothing.
pub const ANSER_NETWORK_UNAVAILABLE: i32 = 0;
/// By WLAN.
pub const ANSER_NETWORK_WIFI: i32 = 1;
/// By a mobile network.
pub const ANSER_NETWORK_CELLULAR: i32 = 2;
/// By a cable.
pub const ANSER_NETWORK_ETHERNET: i32 = 3;
/// By something else.
pub const ANSER_NETWORK_OTHER: i32 = 4;

/// Connects again with the token of the last `anser_client_connect`: an attempt after each of `count` pauses in
/// milliseconds, until one succeeds or is refused. Without pauses (`count` 0, `pauses_ms` may be NULL) as
/// `anser_client_reconnect`. Ends with 30002 if every attempt fails; then the client keeps trying in the background.
/// Ends with 33003 for more than 100 pauses or one above a day, else as `anser_client_reconnect`. Returns as
/// `anser_client_connect`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_reconnect_after(
    client: AnserClient,
    pauses_ms: *const u64,
    count: usize,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let pauses = list(pauses_ms, count)?.to_vec();
        Ok(async move { client.reconnect_after(pauses).await })
    })
}

/// As `anser_client_reconnect_after`, but asks `probe_url` (GET, `http://…` or `https://…`, with nothing of the user's
/// in it) after each pause, and makes an attempt only if something answers there with a status below 500. A probe
/// without an answer counts as an attempt that failed. Without pauses there is one, at once. Ends with 33003 for
/// another kind of URL, too. Returns as `anser_client_connect`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_reconnect_probing(
    client: AnserClient,
    probe_url: *const c_char,
    pauses_ms: *const u64,
    count: usize,
    callback: AnserCallback,
    user_data: *mut c_void,
    destroy: AnserDestroy,
) -> i32 {
    start(client, Completion { callback, user_data, destroy }, |client| {
        let (probe_url, pauses) = (text(probe_url)?.to_owned(), list(pauses_ms, count)?.to_vec());
        Ok(async move { client.reconnect_probing(probe_url, pauses).await })
    })
}

fn tell(client: AnserClient, word: impl FnOnce(&Client) -> Result<(), ErrorCode>) -> i32 {
    guard(|| {
        let object = registry::client(client)?;
        if object.client.is_closed() {
            return Err(ErrorCode::CLIENT_CLOSED);
        }
        word(&object.client)
    })
}

/// Gives the client another token of the same user; NULL says that there is none. Answers
/// `ANSER_EVENT_TOKEN_NEEDED`, for which connecting waits up to a minute, from the callback or later from any
/// thread; unasked, it is used from the next attempt to connect on. Returns 0, 34400, 34403, 34404.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_renew_token(client: AnserClient, token: *const c_char) -> i32 {
    tell(client, |client| {
        client.renew_token(optional_text(token)?.map(str::to_owned));
        Ok(())
    })
}

/// Whether anybody looks at the program; at first it is taken for granted. In the background heartbeats are as rare
/// as servers allow. Coming to the foreground proves the line, or connects at once. Returns 0, 34400, 34403.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_set_foreground(client: AnserClient, foreground: bool) -> i32 {
    tell(client, |client| {
        client.set_foreground(foreground);
        Ok(())
    })
}

/// Tells what the device is connected by (`ANSER_NETWORK_…`), on each change, also from one network to another of
/// the same kind. A lost connection is tried again at once, a living one is proven; without a network the client
/// waits for one instead of trying. Returns 0, 33003 for another kind, 34400, 34403.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_network_changed(client: AnserClient, kind: i32) -> i32 {
    tell(client, |client| {
        client.network_changed(NetworkKind::from_number(kind).ok_or(ErrorCode::BIZ_ERROR_INVALID_PARAMETER)?);
        Ok(())
    })
}

//! `anser_options`: how to make a client, set one by one so that the ABI can grow.

use std::ffi::{CStr, CString, c_char};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::border::{guard, optional_text, put, text};
use super::input::list;
use super::registry::{self, Object};
use super::types::AnserOptions;
use crate::client::{ClientOptions, Platform};
use crate::model::{ConnectionChannel, ErrorCode};

/// Makes options for `app_key` and `navigation` (`https://host[:port]`, or `http://host[:port]` for a
/// server without TLS; several are separated by commas, and the first that answers is taken). Neither may be
/// NULL. The caller owns `*out` and frees it with `anser_options_free`. Returns 0, 34405 for NULL, 34404 for
/// text that is not UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn anser_options_new(
    app_key: *const c_char,
    navigation: *const c_char,
    out: *mut AnserOptions,
) -> i32 {
    guard(|| {
        let options = ClientOptions::new(text(app_key)?, text(navigation)?);
        put(out, 0)?;
        put(out, registry::insert(Object::Options(Arc::new(Mutex::new(options)))))
    })
}

fn change(options: AnserOptions, change: impl FnOnce(&mut ClientOptions) -> Result<(), ErrorCode>) -> i32 {
    guard(|| {
        let options = registry::options(options)?;
        let mut options = options.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut options)
    })
}

/// Keeps data below `path`, which is made if it does not exist; NULL keeps it in memory, gone with the
/// client. Returns 0, 34403 for a stale handle, 34404 for text that is not UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn anser_options_set_data_dir(options: AnserOptions, path: *const c_char) -> i32 {
    change(options, |options| {
        options.data_dir = optional_text(path)?.map(str::to_owned);
        Ok(())
    })
}

/// Sets the seconds between two heartbeats in the foreground, 5 to 80; 0 means the usual 30. Another number
/// is refused by `anser_client_new` with 33003. Returns 0, 34403 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_options_set_heartbeat(options: AnserOptions, seconds: u32) -> i32 {
    change(options, |options| {
        options.heartbeat_seconds = (seconds != 0).then_some(seconds);
        Ok(())
    })
}

/// Opens this user's data at once, before any network; NULL opens that of the user who was last.
/// Returns as `anser_options_set_data_dir`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_options_set_user_id(options: AnserOptions, user_id: *const c_char) -> i32 {
    change(options, |options| {
        options.user_id = optional_text(user_id)?.map(str::to_owned);
        Ok(())
    })
}

/// Sets the platform class: 1 mobile, 2 desktop, 3 web. A user has one connection per class, unless the
/// server allows more. Returns 0, 34403 for a stale handle, 33003 for another number.
#[unsafe(no_mangle)]
pub extern "C" fn anser_options_set_platform(options: AnserOptions, platform: i32) -> i32 {
    change(options, |options| {
        options.platform = Some(match platform {
            1 => Platform::Mobile,
            2 => Platform::Desktop,
            3 => Platform::Web,
            _ => return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER),
        });
        Ok(())
    })
}

/// Lets bytes travel in one way only: 1 WebSocket, 0 long polling; -1 takes WebSocket, and long polling while that
/// cannot be opened, which is what clients do if this is not called. Returns 0, 34403 for a stale handle, 33003 for
/// another number.
#[unsafe(no_mangle)]
pub extern "C" fn anser_options_set_channel(options: AnserOptions, channel: i32) -> i32 {
    change(options, |options| {
        options.channel = match channel {
            -1 => None,
            number => {
                Some(ConnectionChannel::from_number(number).ok_or(ErrorCode::BIZ_ERROR_INVALID_PARAMETER)?)
            }
        };
        Ok(())
    })
}

/// Trusts these certificates (PEM) besides the web's; NULL trusts the web's alone. Returns as
/// `anser_options_set_data_dir`; whether they are usable shows in `anser_client_new`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_options_set_ca_pem(options: AnserOptions, pem: *const c_char) -> i32 {
    change(options, |options| {
        options.ca_pem = optional_text(pem)?.map(str::to_owned);
        Ok(())
    })
}

/// Adds a key of which every server's certificate must hold one, file servers excepted: `sha256/` and the base64 of the
/// SHA-256 of the key's SubjectPublicKeyInfo. Add the next key before the server changes to it. Returns 0, 34403 for a
/// stale handle, 34404 for text that is not UTF-8, 34405 for NULL; whether it is a pin shows in `anser_client_new`
/// (33003).
#[unsafe(no_mangle)]
pub extern "C" fn anser_options_add_pin(options: AnserOptions, pin: *const c_char) -> i32 {
    change(options, |options| {
        options.pins.push(text(pin)?.to_owned());
        Ok(())
    })
}

/// Goes through a proxy: `http://[user:password@]host[:port]` or `socks5://...`, user and password percent-encoded. It
/// resolves the names. NULL goes directly. Returns as `anser_options_set_data_dir`; whether it can be read shows in
/// `anser_client_new` (33003).
#[unsafe(no_mangle)]
pub extern "C" fn anser_options_set_proxy(options: AnserOptions, url: *const c_char) -> i32 {
    change(options, |options| {
        options.proxy = optional_text(url)?.map(str::to_owned);
        Ok(())
    })
}

/// Encrypts the database with the 32 bytes at `key`, which are copied; NULL does not. Returns 0, 34403 for a stale
/// handle, 33003 for a `size` above 100000; whether the key is usable shows in `anser_client_new`: 34311 if this build
/// cannot encrypt, 33003 if it has not 32 bytes, 34310 if it does not fit the database.
#[unsafe(no_mangle)]
pub extern "C" fn anser_options_set_encryption_key(
    options: AnserOptions,
    key: *const u8,
    size: usize,
) -> i32 {
    change(options, |options| {
        options.encryption_key = if key.is_null() { None } else { Some(list(key, size)?.to_vec()) };
        Ok(())
    })
}

/// Frees options; clients made from them go on. Returns 0, 34403 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn anser_options_free(options: AnserOptions) -> i32 {
    guard(|| registry::free_options(options).map(drop))
}

/// What an error code means, for people. Never NULL; lives as long as the process.
#[unsafe(no_mangle)]
pub extern "C" fn anser_error_words(code: i32) -> *const c_char {
    static WORDS: OnceLock<Vec<(ErrorCode, CString)>> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        let c_words = |words: &str| CString::new(words).unwrap_or_default();
        ErrorCode::ALL.iter().map(|(_, code, words)| (*code, c_words(words))).collect()
    });
    let known = words.iter().find(|(known, _)| known.0 == code);
    known.map_or(c"unknown error".as_ptr(), |(_, words)| words.as_ptr())
}

/// The library's version, "MAJOR.MINOR.PATCH". Lives as long as the process.
#[unsafe(no_mangle)]
pub extern "C" fn anser_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    CStr::from_bytes_with_nul(VERSION.as_bytes()).unwrap_or_default().as_ptr()
}

//! The host's side: callbacks, and the account of what each call is owed. Numbers stand in for pointers to data of
//! the host, and none is used twice.

use std::ffi::{CStr, c_char, c_void};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anser::ffi::c::*;

use super::call::{Call, Kind};

/// Longest wait for what the library owes after everything is freed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What stands behind one `user_data`.
struct Account {
    name: &'static str,
    /// Whether exactly one callback is owed.
    once: bool,
    /// Whether the library took it.
    taken: Option<bool>,
    calls: u32,
    destroyed: u32,
}

struct Host {
    /// The number of the first account.
    base: usize,
    accounts: Vec<Account>,
    /// Whether the last client is freed.
    closed: bool,
    found: Vec<(Kind, u64)>,
}

static HOST: Mutex<Host> =
    Mutex::new(Host { base: 1, accounts: Vec::new(), closed: false, found: Vec::new() });
static CHANGED: Condvar = Condvar::new();

/// Names an account.
pub(super) struct Ticket(usize);

fn host() -> MutexGuard<'static, Host> {
    HOST.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Host {
    fn account(&mut self, user_data: *mut c_void) -> &mut Account {
        let number = user_data.addr();
        let known = number.checked_sub(self.base).and_then(|at| self.accounts.get_mut(at));
        known.unwrap_or_else(|| panic!("user_data {number} is not, or no longer, anybody's"))
    }

    /// Waits until no account is `open`; says whether that came true.
    fn wait(
        mut this: MutexGuard<'_, Self>,
        limit: Duration,
        open: fn(&Account) -> bool,
    ) -> MutexGuard<'_, Self> {
        let until = Instant::now() + limit;
        while this.accounts.iter().any(open) {
            let Some(left) = until.checked_duration_since(Instant::now()) else { break };
            this = CHANGED.wait_timeout(this, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        this
    }
}

/// A pointer that only this call has.
pub(super) fn user_data(call: &mut Call) -> *mut c_void {
    let mut host = host();
    let number = host.base + host.accounts.len();
    let many = call.name.ends_with("_listener") || call.name == "anser_media_set_uploader";
    let once = call.calls_back && !many;
    host.accounts.push(Account { name: call.name, once, taken: None, calls: 0, destroyed: 0 });
    call.ticket = Some(Ticket(number));
    std::ptr::without_provenance_mut(number)
}

/// The call has returned and took its `user_data`, or did not.
pub(super) fn returned(ticket: Ticket, taken: bool) {
    let mut host = host();
    let account = host.account(std::ptr::without_provenance_mut(ticket.0));
    account.taken = Some(taken);
    let used = account.calls + account.destroyed;
    assert!(taken || used == 0, "{} refused, and used what stays the host's", account.name);
}

/// Lets the library get on, for a moment only: some calls wait for a network that never comes.
pub(super) fn settle() {
    let moment = Duration::from_millis(20);
    drop(Host::wait(host(), moment, |account| {
        account.once && account.taken == Some(true) && account.calls == 0
    }));
}

/// The last client is freed: nothing may be called back any more.
pub(super) fn no_more_calls() {
    host().closed = true;
}

/// What callbacks have found since the last time.
pub(super) fn collected() -> Vec<(Kind, u64)> {
    std::mem::take(&mut host().found)
}

/// Waits for what is owed, and begins anew.
pub(super) fn end() {
    let owed = |account: &Account| account.taken == Some(true) && account.destroyed == 0;
    let mut host = Host::wait(host(), PATIENCE, owed);
    for account in &host.accounts {
        let taken = u32::from(account.taken == Some(true));
        assert_eq!(account.destroyed, taken, "{}: user_data destroyed so many times", account.name);
        if account.once {
            assert_eq!(account.calls, taken, "{}: told its end so many times", account.name);
        }
    }
    host.base += host.accounts.len();
    host.accounts.clear();
    host.closed = false;
}

fn called(user_data: *mut c_void) {
    let mut host = host();
    assert!(!host.closed, "called back after the last client was freed");
    let account = host.account(user_data);
    account.calls += 1;
    assert_eq!(account.destroyed, 0, "{}: called back with what is destroyed", account.name);
    assert!(!account.once || account.calls == 1, "{}: told its end twice", account.name);
    drop(host);
    CHANGED.notify_all();
}

/// An end, or something that happened: keeps what it holds.
pub(super) extern "C" fn on_event(user_data: *mut c_void, _: i32, event: u64) {
    called(user_data);
    let mut found = vec![(Kind::Event, event)];
    read(anser_event_text(event));
    for index in 0..anser_event_message_count(event).min(3) {
        let mut kept = 0;
        assert_eq!(anser_message_retain(anser_event_message(event, index), &mut kept), 0);
        read(anser_message_content(kept));
        found.push((Kind::Message, kept));
    }
    for index in 0..anser_event_conversation_count(event).min(3) {
        let mut kept = 0;
        assert_eq!(anser_conversation_retain(anser_event_conversation(event, index), &mut kept), 0);
        read(anser_conversation_target_id(kept));
        found.push((Kind::Conversation, kept));
    }
    host().found.extend(found);
}

fn read(text: *const c_char) {
    if !text.is_null() {
        // SAFETY: the library says that this is text with a NUL; the sanitizer sees it if it is not.
        assert!(unsafe { CStr::from_ptr(text) }.to_str().is_ok(), "text that is no UTF-8");
    }
}

pub(super) extern "C" fn on_log(
    user_data: *mut c_void,
    level: i32,
    target: *const c_char,
    text: *const c_char,
) {
    called(user_data);
    assert!((1..=4).contains(&level));
    read(target);
    read(text);
}

pub(super) extern "C" fn on_fetched(_: *mut c_void, _: u32, _: i64) {}

/// Goes on while there is a lot left.
pub(super) extern "C" fn on_stored(_: *mut c_void, done: u64, total: u64) -> bool {
    done <= total
}

pub(super) extern "C" fn on_upload(user_data: *mut c_void, upload: u64) {
    called(user_data);
    read(anser_upload_path(upload));
    host().found.push((Kind::Upload, upload));
}

pub(super) extern "C" fn on_stop(user_data: *mut c_void, _: i64) {
    called(user_data);
}

pub(super) extern "C" fn on_destroy(user_data: *mut c_void) {
    let mut host = host();
    let account = host.account(user_data);
    account.destroyed += 1;
    assert_eq!(account.destroyed, 1, "{}: user_data destroyed twice", account.name);
    assert_ne!(account.taken, Some(false), "{} refused, and destroyed what stays the host's", account.name);
    drop(host);
    CHANGED.notify_all();
}

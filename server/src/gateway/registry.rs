//! The sessions of this gateway by user, and what the bus means for them: events go into mailboxes, logins
//! end older connections. Called on whatever thread publishes an event, so nothing here blocks or awaits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;

use crate::bus::{Change, Event, Live, Opened, PlatformClass};
use crate::store::Message;

/// Events that wait for one session at most; what does not fit is found by a pull.
pub(super) const MAILBOX: usize = 1024;

/// Something for one session.
#[derive(Debug)]
pub(super) enum SessionEvent {
    /// A committed message; `previous` as in [`super::push::Push::arrived`].
    Message { message: Arc<Message>, previous: Option<i64> },
    /// A status message.
    Live(Arc<Live>),
    /// Another device of the user changed something.
    Changed(Change),
}

/// Why a session has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Close {
    /// The same installation connected anew: no word to the old connection.
    Replaced,
    /// Another installation of the same platform class logged in.
    Kicked,
    /// The user was blocked.
    Blocked,
    /// The server goes down, and this session should come again after so many milliseconds.
    ShuttingDown(u32),
    /// The sockets are to be dropped as if the machine had died.
    Killed,
}

/// The outside of one session.
#[derive(Debug)]
pub(super) struct Handle {
    pub(super) user: Arc<str>,
    pub(super) session: Arc<str>,
    pub(super) serial: i64,
    pub(super) installation: Option<Arc<str>>,
    pub(super) class: PlatformClass,
    pub(super) mailbox: mpsc::Sender<SessionEvent>,
    pub(super) close: watch::Sender<Option<Close>>,
    /// What did not fit into the mailbox.
    pub(super) missed: Mutex<Missed>,
    pub(super) missed_some: Notify,
}

/// What is left of events that did not fit: the greatest of each kind says it all.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Missed {
    pub(super) stamp: Option<i64>,
    pub(super) states: Option<i64>,
    pub(super) settings: Option<i64>,
}

impl Missed {
    fn note(&mut self, event: &SessionEvent) {
        let (place, number) = match event {
            SessionEvent::Message { message, .. } => (&mut self.stamp, message.stamp),
            SessionEvent::Changed(Change::States(version)) => (&mut self.states, *version),
            SessionEvent::Changed(Change::Settings(version)) => (&mut self.settings, *version),
            // Only for those who are there.
            SessionEvent::Live(_) => return,
        };
        *place = (*place).max(Some(number));
    }

    /// What other devices changed.
    pub(super) fn changes(&self) -> impl Iterator<Item = Change> + use<> {
        let (states, settings) = (self.states.map(Change::States), self.settings.map(Change::Settings));
        states.into_iter().chain(settings)
    }
}

impl Handle {
    fn deliver(&self, event: SessionEvent) {
        if let Err(error) = self.mailbox.try_send(event) {
            self.missed.lock().unwrap_or_else(PoisonError::into_inner).note(&error.into_inner());
            self.missed_some.notify_one();
        }
    }

    /// What was missed since the last call.
    pub(super) fn take_missed(&self) -> Missed {
        std::mem::take(&mut *self.missed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks the session to end; the first reason stays, only killing overrides it.
    fn end(&self, reason: Close) {
        self.close.send_if_modified(|close| {
            let change = close.is_none() || reason == Close::Killed;
            if change {
                *close = Some(reason);
            }
            change
        });
    }
}

/// Logins by user, with the time at which they were heard of.
type Recent = HashMap<Arc<str>, Vec<(Instant, Opened)>>;

/// See the module.
#[derive(Debug)]
pub(super) struct Registry {
    users: RwLock<HashMap<Arc<str>, Vec<Arc<Handle>>>>,
    multi_device: bool,
    draining: AtomicBool,
    /// Connections of every kind that still run.
    pub(super) running: watch::Sender<usize>,
    closing: RwLock<Option<Close>>,
    /// Logins heard of lately, anywhere: one that was told before an older one was added here must not be
    /// missed by it.
    recent: Mutex<Recent>,
}

/// When the session at this place of `count` is to come again, ms: one after the other, within what clients believe.
/// Their order is a hash map's, so that nobody is always last.
fn turn(place: usize, count: usize) -> u32 {
    let (place, count) = (place as u64, count.max(1) as u64);
    let within = RETURN_WITHIN.min(count.saturating_mul(RETURN_APART));
    u32::try_from(place.saturating_mul(within) / count).unwrap_or(u32::MAX)
}

/// Between two clients that come back after a planned end, ms: 50 logins a second, so that a thousand take 20 s and
/// a few are back at once.
const RETURN_APART: u64 = 20;
/// All have come back after so long, ms.
const RETURN_WITHIN: u64 = 600_000;

/// Longer than any login takes from its number to being added.
const RECENT: Duration = Duration::from_secs(10);
/// Above so many users the outdated ones are swept out.
const SWEEP_ABOVE: usize = 1024;

impl Registry {
    pub(super) fn new(multi_device: bool) -> Self {
        Self {
            users: RwLock::default(),
            multi_device,
            draining: AtomicBool::new(false),
            running: watch::Sender::new(0),
            closing: RwLock::new(None),
            recent: Mutex::default(),
        }
    }

    /// Adds a session that was accepted, and ends it at once if the server is closing or a newer login of
    /// the same kind was told of already.
    pub(super) fn add(&self, handle: Arc<Handle>) {
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        let sessions = users.entry(handle.user.clone()).or_default();
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, other) in recent.get(&handle.user).into_iter().flatten() {
            if other.serial > handle.serial
                && let Some(reason) = self.conflict(&handle, &other.installation, other.class)
            {
                handle.end(reason);
            }
        }
        drop(recent);
        if let Some(reason) = *self.closing.read().unwrap_or_else(PoisonError::into_inner) {
            handle.end(reason);
        }
        sessions.push(handle);
    }

    pub(super) fn remove(&self, handle: &Handle) {
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(sessions) = users.get_mut(&handle.user) {
            sessions.retain(|other| other.session != handle.session);
            if sessions.is_empty() {
                users.remove(&handle.user);
            }
        }
    }

    /// How many sessions are logged in.
    pub(super) fn sessions(&self) -> usize {
        self.users.read().unwrap_or_else(PoisonError::into_inner).values().map(Vec::len).sum()
    }

    pub(super) fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// Ends every session, those that are just being added included.
    pub(super) fn close_all(&self, reason: Close) {
        self.drain();
        *self.closing.write().unwrap_or_else(PoisonError::into_inner) = Some(reason);
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        let count = users.values().map(Vec::len).sum();
        for (place, handle) in users.values().flatten().enumerate() {
            handle.end(match reason {
                Close::ShuttingDown(_) => Close::ShuttingDown(turn(place, count)),
                reason => reason,
            });
        }
    }

    /// Why `older` has to give way to a newer login with this installation and class; `None`: it stays.
    fn conflict(
        &self,
        older: &Handle,
        installation: &Option<Arc<str>>,
        class: PlatformClass,
    ) -> Option<Close> {
        if older.installation.is_some() && older.installation == *installation {
            Some(Close::Replaced)
        } else if !self.multi_device && older.class == class {
            Some(Close::Kicked)
        } else {
            None
        }
    }

    /// The bus's subscriber.
    pub(super) fn on_event(&self, event: &Event) {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Committed(committed) => {
                for entry in committed.inboxes.iter() {
                    for handle in users.get(&entry.user).into_iter().flatten() {
                        handle.deliver(SessionEvent::Message {
                            message: committed.message.clone(),
                            previous: Some(entry.previous),
                        });
                    }
                }
                if !committed.echoed {
                    return;
                }
                for handle in users.get(&committed.message.sender).into_iter().flatten() {
                    if handle.session != committed.origin {
                        let message = committed.message.clone();
                        handle.deliver(SessionEvent::Message { message, previous: None });
                    }
                }
            }
            Event::Live(live) => {
                for handle in live.to.iter().filter_map(|user| users.get(user)).flatten() {
                    if handle.session != live.origin {
                        handle.deliver(SessionEvent::Live(live.clone()));
                    }
                }
            }
            Event::Changed(changed) => {
                for handle in users.get(&changed.user).into_iter().flatten() {
                    if handle.session != changed.origin {
                        handle.deliver(SessionEvent::Changed(changed.what));
                    }
                }
            }
            Event::Opened(opened) => {
                // Under the lock of `users`: an older login is added either before, and found below, or
                // after, and finds this one.
                self.remember(opened);
                self.give_way(users.get(&opened.user), opened);
            }
            Event::Blocked(user) => {
                for handle in users.get(user).into_iter().flatten() {
                    handle.end(Close::Blocked);
                }
            }
        }
    }

    fn remember(&self, opened: &Opened) {
        let now = Instant::now();
        let fresh = |(at, _): &(Instant, Opened)| now.saturating_duration_since(*at) < RECENT;
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() > SWEEP_ABOVE {
            recent.retain(|_, logins| logins.iter().any(fresh));
        }
        let logins = recent.entry(opened.user.clone()).or_default();
        logins.retain(fresh);
        logins.push((now, opened.clone()));
    }

    fn give_way(&self, sessions: Option<&Vec<Arc<Handle>>>, opened: &Opened) {
        for handle in sessions.into_iter().flatten() {
            if handle.session != opened.session
                && handle.serial < opened.serial
                && let Some(reason) = self.conflict(handle, &opened.installation, opened.class)
            {
                handle.end(reason);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(session: &str, serial: i64) -> (Arc<Handle>, watch::Receiver<Option<Close>>) {
        let (close, closed) = watch::channel(None);
        let handle = Handle {
            user: "alice".into(),
            session: session.into(),
            serial,
            installation: None,
            class: PlatformClass::Web,
            mailbox: mpsc::channel(1).0,
            close,
            missed: Mutex::default(),
            missed_some: Notify::new(),
        };
        (Arc::new(handle), closed)
    }

    fn opened(handle: &Handle) -> Event {
        Event::Opened(Opened {
            user: handle.user.clone(),
            session: handle.session.clone(),
            serial: handle.serial,
            installation: handle.installation.clone(),
            class: handle.class,
        })
    }

    #[test]
    fn of_two_logins_the_newer_stays_in_whatever_order_they_are_told() {
        let (first, first_closed) = handle("1", 1);
        let (second, second_closed) = handle("2", 2);
        // Two gateways hear the same events; the older login is added to its own after the newer was told.
        let (here, there) = (Registry::new(false), Registry::new(false));
        there.add(second.clone());
        for registry in [&here, &there] {
            registry.on_event(&opened(&second));
        }
        here.add(first.clone());
        for registry in [&here, &there] {
            registry.on_event(&opened(&first));
        }
        assert_eq!(*first_closed.borrow(), Some(Close::Kicked));
        assert_eq!(*second_closed.borrow(), None);
    }

    #[test]
    fn who_has_to_leave_comes_back_one_after_the_other() {
        let registry = Registry::new(true);
        let sessions: Vec<_> = (0..1_000).map(|serial| handle(&serial.to_string(), serial)).collect();
        sessions.iter().for_each(|(handle, _)| registry.add(handle.clone()));
        registry.close_all(Close::ShuttingDown(0));
        let mut turns: Vec<u32> = sessions
            .iter()
            .map(|(_, closed)| match *closed.borrow() {
                Some(Close::ShuttingDown(turn)) => turn,
                other => panic!("{other:?}"),
            })
            .collect();
        turns.sort_unstable();
        assert!(turns.iter().enumerate().all(|(place, turn)| *turn == place as u32 * 20));
        assert_eq!((turn(0, 1), turn(1, 2)), (0, 20), "few are back at once");
        assert_eq!((turn(500_000, 1_000_000), turn(999_999, 1_000_000)), (300_000, 599_999));
    }

    #[test]
    fn what_does_not_fit_into_a_mailbox_is_remembered_by_its_time() {
        let registry = Registry::new(false);
        let (mailbox, _events) = mpsc::channel(1);
        let (handle, _closed) = handle("1", 1);
        let handle = Arc::new(Handle { mailbox, ..Arc::try_unwrap(handle).unwrap() });
        registry.add(handle.clone());
        for stamp in [5, 9, 7] {
            let message = Message {
                uid: "".into(),
                sender: "bob".into(),
                target: crate::store::Target::User("alice".into()),
                object_name: "o".into(),
                content: Default::default(),
                flags: 3,
                stamp,
                client_id: None,
                expansion: None,
            };
            let entry = crate::store::InboxEntry { user: "alice".into(), previous: 0 };
            registry.on_event(&Event::Committed(crate::store::Committed {
                message: Arc::new(message),
                inboxes: [entry].into(),
                echoed: true,
                origin: "s".into(),
            }));
        }
        for version in [3, 2] {
            registry.on_event(&Event::Changed(crate::bus::Changed {
                user: "alice".into(),
                origin: "other".into(),
                what: Change::States(version),
            }));
        }
        let missed = handle.take_missed();
        assert_eq!(missed, Missed { stamp: Some(9), states: Some(3), settings: None });
        assert_eq!(missed.changes().collect::<Vec<_>>(), [Change::States(3)]);
        assert_eq!(handle.take_missed(), Missed::default());
    }
}

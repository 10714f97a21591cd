//! The sessions of this gateway by user, and what the bus means for them: events go into mailboxes, logins
//! end older connections. Called on whatever thread publishes an event, so nothing here blocks or awaits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{Notify, mpsc, watch};

use crate::bus::{Event, Live, Opened, PlatformClass};
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
    /// The server goes down.
    ShuttingDown,
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
    /// The greatest stamp that did not fit into the mailbox.
    pub(super) missed: AtomicI64,
    pub(super) missed_some: Notify,
}

impl Handle {
    fn deliver(&self, event: SessionEvent) {
        let stamp = match &event {
            SessionEvent::Message { message, .. } => Some(message.stamp),
            SessionEvent::Live(_) => None,
        };
        if self.mailbox.try_send(event).is_err()
            && let Some(stamp) = stamp
        {
            self.missed.fetch_max(stamp, Ordering::SeqCst);
            self.missed_some.notify_one();
        }
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

/// See the module.
#[derive(Debug)]
pub(super) struct Registry {
    users: RwLock<HashMap<Arc<str>, Vec<Arc<Handle>>>>,
    multi_device: bool,
    draining: AtomicBool,
    /// Connections of every kind that still run.
    pub(super) running: watch::Sender<usize>,
    closing: RwLock<Option<Close>>,
}

impl Registry {
    pub(super) fn new(multi_device: bool) -> Self {
        Self {
            users: RwLock::default(),
            multi_device,
            draining: AtomicBool::new(false),
            running: watch::Sender::new(0),
            closing: RwLock::new(None),
        }
    }

    /// Adds a session that was accepted, and ends it at once if the server is closing or a newer login of
    /// the same kind is here already.
    pub(super) fn add(&self, handle: Arc<Handle>) {
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        let sessions = users.entry(handle.user.clone()).or_default();
        for other in sessions.iter().filter(|other| other.serial > handle.serial) {
            if let Some(reason) = self.conflict(&handle, &other.installation, other.class) {
                handle.end(reason);
            }
        }
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
        for handle in self.users.read().unwrap_or_else(PoisonError::into_inner).values().flatten() {
            handle.end(reason);
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
            Event::Opened(opened) => self.give_way(users.get(&opened.user), opened),
            Event::Blocked(user) => {
                for handle in users.get(user).into_iter().flatten() {
                    handle.end(Close::Blocked);
                }
            }
        }
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

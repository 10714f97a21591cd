//! What the care of the store asks of the actor: suspending, resuming, clearing, one sync that ends by itself,
//! and what follows when the store has a new database. Part of the core; called by it alone.

use tokio::sync::oneshot;

use super::super::SyncReport;
use super::super::event::{Care, Reply};
use super::super::shared::User;
use super::{Core, answer, media};
use crate::model::{ConnectionStatus, ErrorCode, Message, SentStatus};
use crate::session::{Input, Millis};
use crate::store::{self, Durability, StoreError};

/// A sync that ends by itself.
pub(super) struct Once {
    pub(super) due: Millis,
    new_messages: u32,
    /// Whether it ends the connection, and whether it suspends the store again: not what the host asked for
    /// meanwhile.
    disconnects: bool,
    suspends: bool,
    /// Whether the sync itself has begun.
    syncing: bool,
    reply: Reply<SyncReport>,
}

impl Core {
    pub(super) fn care(&mut self, request: Care) {
        match request {
            Care::Suspend(reply) => {
                self.suspend();
                answer(reply, Ok(()));
            }
            Care::Resume(reply) => {
                let resumed = self.shared.resume();
                if resumed.is_ok() {
                    if let Some(once) = &mut self.once {
                        once.suspends = false;
                    }
                    media::continue_all(&self.shared);
                }
                answer(reply, resumed.map_err(Into::into));
            }
            Care::Clear(reply) => answer(reply, self.clear().map_err(Into::into)),
            Care::SyncOnce { deadline, token, reply } => self.sync_once(deadline, token, reply),
        }
    }

    fn suspend(&mut self) {
        self.input(Input::Disconnect);
        self.line = None;
        self.forget_messages(ErrorCode::DATABASE_SUSPENDED);
        self.shared.suspend();
    }

    /// The session's cursors and outbox are those of the old database: log in again, which reads the new ones.
    pub(super) fn salvaged(&mut self) {
        let online = self.shared.status() == ConnectionStatus::Connected && self.connects.is_empty();
        if online && self.transport.is_some() {
            self.input(Input::Disconnect);
            self.input(Input::Connect);
        }
    }

    /// Removes everything of the open user. What waited to be sent and is gone is cancelled, and says so. The user
    /// stays open, also if something cannot be removed.
    fn clear(&mut self) -> Result<(), StoreError> {
        let user = self
            .shared
            .user()
            .map_err(|error| StoreError::new(error.code(), "nothing is open that could be cleared"))?;
        self.input(Input::Disconnect);
        self.line = None;
        let (mut waiting, number) = left(&user)?;
        let id = user.id.clone();
        let path = self.shared.database(&id);
        drop(user);
        self.shared.close_user();
        let removed = path.map_or(Ok(()), |path| store::care::remove_data(&path));
        let user = match self.shared.open_user(&id) {
            Ok(user) => user,
            Err(error) => {
                self.forget_messages(error.code);
                return removed.and(Err(error));
            }
        };
        // Numbers of messages that are gone are not given again.
        ask(&user, Durability::Full, move |connection| store::care::start_numbers(connection, number))?;
        if removed.is_err() {
            let (kept, _) = left(&user)?;
            waiting.retain(|message| kept.iter().all(|kept| kept.id != message.id));
        }
        for message in waiting {
            let (sent_status, error_code) = (SentStatus::Failed, ErrorCode::REQUEST_CANCELLED.0);
            self.tell_sent(Message { sent_status, error_code, ..message });
        }
        if removed.is_ok() {
            self.forget_messages(ErrorCode::REQUEST_CANCELLED);
        }
        removed
    }

    fn sync_once(&mut self, deadline: u64, token: Option<String>, reply: Reply<SyncReport>) {
        if self.once.is_some() {
            return answer(reply, Err(ErrorCode::BIZ_ERROR_CONNECTING.into()));
        }
        let token = token.or_else(|| self.transport.as_ref().map(|(token, _)| token.clone()));
        let Some(token) = token else {
            return answer(reply, Err(ErrorCode::BIZ_ERROR_CLIENT_NOT_INIT.into()));
        };
        let suspends = self.shared.is_suspended();
        if let Err(error) = self.shared.resume() {
            return answer(reply, Err(error.into()));
        }
        // A line that tries again by itself is wanted. One that an earlier sync is about to leave is not.
        let disconnects = std::mem::take(&mut self.leaving) || self.session.is_idle();
        let due = self.shared.clock.monotonic().saturating_add(deadline);
        self.once = Some(Once { due, new_messages: 0, disconnects, suspends, syncing: false, reply });
        let (connected, _) = oneshot::channel();
        self.connect(&token, connected);
    }

    /// The host wants the line: a sync that runs, or has just ended, leaves it alone.
    pub(super) fn host_connects(&mut self, token: &str, reply: Reply<String>) {
        self.wanted_by_host();
        self.connect(token, reply);
    }

    /// A sync that runs, or has just ended, leaves the line alone from now on.
    pub(super) fn wanted_by_host(&mut self) {
        self.leaving = false;
        if let Some(once) = &mut self.once {
            (once.disconnects, once.suspends) = (false, false);
        }
    }

    pub(super) fn leave(&mut self) {
        if std::mem::take(&mut self.leaving) {
            self.input(Input::Disconnect);
        }
    }

    pub(super) fn once_connected(&mut self, result: &Result<String, ErrorCode>) {
        let Some(once) = &mut self.once else { return };
        match result {
            Ok(_) if !once.syncing => {
                once.syncing = true;
                // Its answer goes to nobody else: `once_synced` hears it.
                let (reply, _) = oneshot::channel();
                self.syncs.push_back(reply);
                self.shared.send(super::Event::SyncBegins);
            }
            Ok(_) => {}
            Err(code) => self.end_once(Err(*code)),
        }
    }

    pub(super) fn once_synced(&mut self, result: Result<(), ErrorCode>) {
        if self.once.as_ref().is_some_and(|once| once.syncing) {
            self.end_once(result.map(|()| true));
        }
    }

    pub(super) fn once_stored(&mut self, count: usize) {
        if let Some(once) = &mut self.once {
            once.new_messages = once.new_messages.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        }
    }

    pub(super) fn once_due(&mut self) {
        let now = self.shared.clock.monotonic();
        if self.once.as_ref().is_some_and(|once| now >= once.due) {
            self.end_once(Ok(false));
        }
    }

    fn end_once(&mut self, result: Result<bool, ErrorCode>) {
        let Some(once) = self.once.take() else { return };
        if once.suspends {
            self.suspend();
        } else if once.disconnects {
            self.leaving = true;
            self.shared.send(super::Event::Leave);
        }
        let report = |complete| SyncReport { new_messages: once.new_messages, complete };
        answer(once.reply, result.map(report).map_err(Into::into));
    }
}

/// What waits to be sent, and the last message number.
fn left(user: &User) -> Result<(Vec<Message>, i64), StoreError> {
    ask(user, Durability::Read, |connection| {
        let mut waiting = Vec::new();
        for id in store::care::sending(connection)? {
            waiting.extend(store::message(connection, id)?);
        }
        Ok((waiting, store::care::last_number(connection)?))
    })
}

/// Runs a job and waits for it. The store never waits for the actor, so this ends.
fn ask<T: Send + 'static>(
    user: &User,
    durability: Durability,
    work: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (answer, answered) = std::sync::mpsc::channel();
    user.store.run(durability, work, move |result| {
        let _ = answer.send(result);
    });
    answered.recv().unwrap_or_else(|_| Err(StoreError::new(ErrorCode::CLIENT_CLOSED, "the store is closed")))
}

//! [`Storage`]: the care of the user's data. Checks it, says how large it is, suspends and clears it. What is
//! done to the files themselves is the store's; when the connection has a say in it, the actor's.

use std::path::Path;
use std::sync::{Arc, Weak};

use tokio::sync::oneshot;

use super::core::Event;
use super::delivery::Delivery;
use super::event::Care;
use super::shared::Shared;
use super::{Error, Result};
use crate::kill::{self, Point};
use crate::model::{ConversationKey, ErrorCode};
use crate::runtime;
use crate::store::care::{
    self, DatabaseReport, ExportReport, ExportState, ImportReport, ImportState, SizeReport, VerifyReport,
    VerifyState,
};
use crate::store::{Durability, Key};

/// Longest deadline of a sync: an hour.
const MAX_DEADLINE: u64 = 3_600_000;

/// Hears what became of a damaged database. Gets the last report first, if there is one.
#[uniffi::export(with_foreign)]
pub trait DatabaseListener: Send + Sync {
    /// The database was found damaged; this became of it.
    fn on_database(&self, report: DatabaseReport);
}

/// Hears how far a long task on the user's data has come. Called on the events thread.
#[uniffi::export(with_foreign)]
pub trait StorageProgress: Send + Sync {
    /// `done` of `total`: rows of a check, messages of an export, bytes of an import. Returns whether to go
    /// on; `false` ends the task with 33200 at its next step.
    fn on_progress(&self, done: u64, total: u64) -> bool;
}

/// What one sync brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct SyncReport {
    /// Messages that are new on this device.
    pub new_messages: u32,
    /// Whether everything that waited is here. If not, the deadline came first, and the next sync goes on.
    pub complete: bool,
}

/// The care of the user's data. Holds its client weakly: once that is gone, calls fail with 34400.
#[derive(uniffi::Object)]
pub struct Storage {
    shared: Weak<Shared>,
}

#[uniffi::export]
impl Storage {
    /// Checks the whole database and mends what is derived. Runs in steps beside everything else; dropping
    /// the call ends it at the next step. A file that is damaged is salvaged on the spot.
    ///
    /// # Errors
    /// 33001 before any user is open, 34312 while suspended, 3430x if the database fails.
    pub async fn verify(&self, progress: Option<Arc<dyn StorageProgress>>) -> Result<VerifyReport> {
        let shared = self.shared()?;
        let problems = problems(&shared).await?;
        if !problems.is_empty() {
            // A job that says so makes the store salvage; its error is the news itself.
            let said: Result<()> = shared
                .read(|_| {
                    Err(crate::store::StoreError::new(ErrorCode::DATABASE_DAMAGED, "the check found damage"))
                })
                .await;
            log::warn!("the check found damage: {said:?}");
        }
        let progress = Progress::new(&shared, progress);
        let mut state = VerifyState::default();
        while !state.is_done() {
            progress.tell(state.done, state.total).await?;
            let before = state.clone();
            state = shared.run(Durability::Relaxed, move |connection| before.step(connection)).await?;
        }
        progress.tell(state.done, state.total).await?;
        Ok(VerifyReport { problems, ..state.report })
    }

    /// Writes all conversations with their messages to the file `path`, or one of them, as lines of JSON
    /// (docs/export.md). Runs in steps beside everything else; the file is called `.part` until it is whole,
    /// and is removed if the call is dropped or fails.
    ///
    /// # Errors
    /// 34315 if the file cannot be written, 34009 if there is no such conversation, 33200 if it was ended by
    /// its progress listener.
    pub async fn export(
        &self,
        path: String,
        conversation: Option<ConversationKey>,
        progress: Option<Arc<dyn StorageProgress>>,
    ) -> Result<ExportReport> {
        let shared = self.shared()?;
        let user = shared.user()?.id.clone();
        let progress = Progress::new(&shared, progress);
        let mut state = ExportState::new(Path::new(&path), conversation)?;
        while !state.is_done() {
            progress.tell(state.report.messages, state.total).await?;
            let (user, now) = (user.clone(), shared.clock.wall());
            state = shared.read(move |connection| state.step(connection, &user, now)).await?;
        }
        progress.tell(state.report.messages, state.total).await?;
        Ok(state.report)
    }

    /// Stores what [`Storage::export`] wrote. What is here already stays as it is. Runs in steps beside
    /// everything else; if it is dropped, killed or fails, what was stored until then is kept, and importing
    /// the same file goes on from there.
    ///
    /// # Errors
    /// 34315 if the file cannot be read, 34313 with the line's number if it is no whole export, 34314 if it is
    /// another user's, 33200 if it was ended by its progress listener.
    pub async fn import(
        &self,
        path: String,
        progress: Option<Arc<dyn StorageProgress>>,
    ) -> Result<ImportReport> {
        let shared = self.shared()?;
        let progress = Progress::new(&shared, progress);
        let state = ImportState::new(Path::new(&path), &shared.user()?.id)?;
        let mut state = shared.read(move |connection| state.resume(connection)).await?;
        kill::reach(Point::ImportBegun);
        while !state.is_done() {
            progress.tell(state.position, state.length).await?;
            let step = move |connection: &rusqlite::Connection| {
                let stepped = state.step(connection);
                kill::reach(Point::ImportStored);
                stepped
            };
            state = shared.run(Durability::Relaxed, step).await?;
            kill::reach(Point::ImportCommitted);
        }
        if let Some(error) = state.broken {
            return Err(error.into());
        }
        progress.tell(state.position, state.length).await?;
        Ok(state.report)
    }

    /// What became of the last database that was found damaged, since this client was made.
    pub fn last_report(&self) -> Option<DatabaseReport> {
        self.shared.upgrade()?.last_report()
    }

    /// How large the user's data is.
    ///
    /// # Errors
    /// 33001 before any user is open, 34312 while suspended.
    pub async fn size_report(&self) -> Result<SizeReport> {
        let shared = self.shared()?;
        let user = shared.user()?;
        let files = shared.database(&user.id).map(|path| care::files_size(&path)).unwrap_or_default();
        let mut rows = Vec::new();
        for table in shared.read(care::table_names).await? {
            rows.push(shared.read(move |connection| care::count_rows(connection, &table)).await?);
        }
        Ok(SizeReport { rows, ..files })
    }

    /// Ends the connection, finishes what the store has to do, folds the log in, closes the database and
    /// gives its lock back, as a system wants it that kills apps which hold one. Until [`Storage::resume`]
    /// every call that needs the data fails with 34312, sending and connecting too.
    ///
    /// # Errors
    /// 34400 if the client is closed.
    pub async fn suspend(&self) -> Result<()> {
        self.shared()?.ask(|reply| Event::Care(Care::Suspend(reply))).await
    }

    /// Opens the database again. Uploads go on; it does not connect: `Client::reconnect` does.
    ///
    /// # Errors
    /// As opening it the first time; it stays suspended then.
    pub async fn resume(&self) -> Result<()> {
        self.shared()?.ask(|reply| Event::Care(Care::Resume(reply))).await
    }

    /// For wake-ups by a push: resumes and connects if needed, pulls what waits, and leaves everything as it
    /// was: disconnected and suspended again if it was, unless the host resumes or connects meanwhile. Ends after `deadline_ms` at the latest, with what
    /// has come until then. Without a `token` that of the last connect is used.
    ///
    /// # Errors
    /// 33003 for a deadline of 0 or above an hour, 33001 without any token, 33006 while another one runs, and
    /// as `Client::connect`.
    pub async fn sync_once(&self, deadline_ms: u64, token: Option<String>) -> Result<SyncReport> {
        if deadline_ms == 0 || deadline_ms > MAX_DEADLINE {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        let shared = self.shared()?;
        shared.ask(|reply| Event::Care(Care::SyncOnce { deadline: deadline_ms, token, reply })).await
    }

    /// Removes everything of the open user from this device, also databases that were set aside. Ends the
    /// connection; the next one pulls again what the server still has. What waits to be sent is cancelled
    /// (33200).
    ///
    /// # Errors
    /// 33001 before any user is open, 34312 while suspended, 3430x if the files cannot be removed: then what is left
    /// is open again.
    pub async fn clear_data(&self) -> Result<()> {
        self.shared()?.ask(|reply| Event::Care(Care::Clear(reply))).await
    }

    /// Encrypts the database anew with these 32 bytes.
    ///
    /// # Errors
    /// 34311 if this build cannot encrypt, 33003 if the key has not 32 bytes or the database is not encrypted.
    pub async fn rekey(&self, key: Vec<u8>) -> Result<()> {
        let shared = self.shared()?;
        let key = Key::new(&key)?;
        if shared.key().is_none() {
            let words = "the database is not encrypted";
            return Err(Error::with_words(ErrorCode::BIZ_ERROR_INVALID_PARAMETER, words));
        }
        let user = shared.user()?;
        let (reply, answer) = oneshot::channel();
        let client = shared.clone();
        user.store.rekey(key.clone(), move |result| {
            // Whatever becomes of the caller: from now on the database opens with this one alone.
            if result.is_ok() {
                client.set_key(key);
            }
            let _ = reply.send(result);
        });
        match answer.await {
            Ok(result) => Ok(result?),
            Err(_) => Err(ErrorCode::CLIENT_CLOSED.into()),
        }
    }
}

topic!(Storage);

/// Tells a listener how far a task is, and the task whether to go on.
struct Progress {
    delivery: Delivery,
    listener: Option<Arc<dyn StorageProgress>>,
}

impl Progress {
    fn new(shared: &Shared, listener: Option<Arc<dyn StorageProgress>>) -> Self {
        Self { delivery: shared.delivery.clone(), listener }
    }

    /// Waits for the listener's word. One that throws, or a client that closes, says nothing: the task finds
    /// out by itself.
    async fn tell(&self, done: u64, total: u64) -> Result<()> {
        let Some(listener) = self.listener.clone() else { return Ok(()) };
        let (reply, answer) = oneshot::channel();
        self.delivery.spawn(move || async move {
            let _ = reply.send(listener.on_progress(done, total));
        });
        match answer.await {
            Ok(false) => Err(ErrorCode::REQUEST_CANCELLED.into()),
            _ => Ok(()),
        }
    }
}

/// What SQLite says is wrong with the file. Reads on a connection and a thread of its own.
async fn problems(shared: &Arc<Shared>) -> Result<Vec<String>> {
    let user = shared.user()?;
    let Some(path) = shared.database(&user.id) else { return shared.read(care::problems).await };
    let key = shared.key();
    let (answer, answered) = oneshot::channel();
    let check = move || {
        // The asker may have lost interest.
        let _ = answer.send(care::check(&path, key.as_ref()));
    };
    runtime::spawn_thread("anser-check", check)
        .map_err(|error| Error::with_words(ErrorCode::INTERNAL, error.to_string()))?;
    match answered.await {
        Ok(problems) => Ok(problems?),
        Err(_) => Err(ErrorCode::INTERNAL.into()),
    }
}

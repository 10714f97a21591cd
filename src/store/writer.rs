//! The one writer. Jobs that wait together commit together, so that many messages share one sync; each
//! runs in a savepoint, so that one that fails spoils no other. A job is answered after the commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::care::{self, DatabaseReport};
use super::intake::Intake;
use super::{Key, Location, StoreError};
use crate::kill::{self, Point};
use crate::model::ErrorCode;
use crate::runtime;

/// Jobs that share one commit at most; bounds how long the first of them waits.
const MAX_BATCH: usize = 256;
/// Bytes of the log beyond which it is folded in whoever reads: SQLite does it by itself at 16 MiB, unless a
/// reader always holds on to it.
const MAX_LOG: u64 = 24 << 20;
/// How long the writer waits for readers to let go of the log.
const LOG_WAIT: Duration = Duration::from_millis(200);
/// Salvages in a row without a job that succeeded in between: more would be a defect, not damage.
const MAX_SALVAGES: u32 = 2;

/// What a commit has to survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// Reads only.
    Read,
    /// A crash of the process. What a power failure takes, cursor included, is pulled again.
    Relaxed,
    /// A power failure: synced before it is answered.
    Full,
}

type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Gets the connection, or the reason why it cannot run.
type Work = Box<dyn FnOnce(Result<&Connection, StoreError>) -> Done + Send>;

struct Job {
    durability: Durability,
    work: Work,
    /// What the database is encrypted with once this has succeeded.
    key: Option<Key>,
}

/// What a job left behind: whether it failed, and how to answer it once the commit's fate is known.
struct Done {
    failed: bool,
    /// It met damage: the database is salvaged before the next job.
    damaged: bool,
    answer: Answer,
}

/// What kept a job from succeeding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Damage,
    Other,
}

/// Who hears what became of a damaged database. Called on the store's thread.
pub type OnReport = Box<dyn Fn(DatabaseReport) + Send>;

/// The writing end of one user's database.
pub struct Store {
    kind: Kind,
    pub(super) intake: Arc<Mutex<Intake>>,
}

enum Kind {
    Thread { jobs: Mutex<Option<Sender<Job>>>, thread: Mutex<Option<JoinHandle<()>>> },
    Inline(Mutex<Option<Executor>>),
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Store")
    }
}

impl Store {
    /// Moves an open database to a thread of its own. `location` stays locked until it is closed.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn on_thread(connection: Connection, location: Location) -> Result<Self, StoreError> {
        Self::reporting(connection, location, Box::new(|_| {}))
    }

    /// As [`Store::on_thread`], and tells when the database was found damaged and what became of it.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn reporting(
        connection: Connection,
        location: Location,
        on_report: OnReport,
    ) -> Result<Self, StoreError> {
        let (sender, receiver) = channel();
        let mut executor = Executor::new(connection, location);
        executor.on_report = on_report;
        let thread = runtime::spawn_thread("anser-store", move || serve(executor, &receiver))
            .map_err(|error| StoreError::new(ErrorCode::BIZ_ERROR_DATABASE_ERROR, error.to_string()))?;
        Ok(Self::of(Kind::Thread { jobs: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) }))
    }

    /// Runs every job at once, on the caller's thread: for simulations in virtual time.
    pub fn inline(connection: Connection, location: Location) -> Self {
        Self::of(Kind::Inline(Mutex::new(Some(Executor::new(connection, location)))))
    }

    fn of(kind: Kind) -> Self {
        Self { kind, intake: Arc::default() }
    }

    /// Runs `work` in the next transaction and hands `done` its result after the commit. Both run on the
    /// store's thread and must not block on it. After [`Store::close`] only `done` runs, with an error.
    pub fn run<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        done: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) {
        self.submit(Job { durability, work: boxed(work, done), key: None });
    }

    /// Encrypts an encrypted database anew and goes by the new key from then on, also when it has to be salvaged.
    /// `done` as in [`Store::run`].
    pub fn rekey(&self, key: Key, done: impl FnOnce(Result<(), StoreError>) + Send + 'static) {
        let new = key.clone();
        let work = boxed(move |connection: &Connection| care::rekey(connection, &new), done);
        // No transaction may be open: it has one of its own.
        self.submit(Job { durability: Durability::Read, work, key: Some(key) });
    }

    fn submit(&self, job: Job) {
        let rejected = match &self.kind {
            Kind::Thread { jobs, .. } => match jobs.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
                Some(sender) => sender.send(job).err().map(|error| error.0),
                None => Some(job),
            },
            Kind::Inline(executor) => {
                match executor.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
                    Some(executor) => {
                        executor.run(vec![job]);
                        None
                    }
                    None => Some(job),
                }
            }
        };
        if let Some(job) = rejected {
            reject(job);
        }
    }

    /// Finishes what waits, folds the log into the database and closes it. Blocks until that is done;
    /// on the store's own thread it only asks for it.
    pub fn close(&self) {
        match &self.kind {
            Kind::Thread { jobs, thread } => {
                drop(jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
                let thread = thread.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(thread) =
                    thread.filter(|thread| thread.thread().id() != std::thread::current().id())
                    && thread.join().is_err()
                {
                    log::error!("the store's thread ended in a panic");
                }
            }
            Kind::Inline(executor) => {
                drop(executor.lock().unwrap_or_else(PoisonError::into_inner).take());
            }
        }
    }
}

/// A job that hands `done` the result of `work` once its commit's fate is known.
fn boxed<T: Send + 'static>(
    work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    done: impl FnOnce(Result<T, StoreError>) + Send + 'static,
) -> Work {
    Box::new(move |connection| {
        let result = connection.and_then(|connection| {
            catch_unwind(AssertUnwindSafe(|| work(connection)))
                .unwrap_or_else(|_| Err(StoreError::new(ErrorCode::INTERNAL, "a job panicked")))
        });
        let failed = result.is_err();
        let damaged = result.as_ref().is_err_and(|error| error.code == ErrorCode::DATABASE_DAMAGED);
        let answer: Answer = Box::new(move |committed| done(committed.and(result)));
        Done { failed, damaged, answer }
    })
}

/// Answers a job that came after the end, without running it.
fn reject(job: Job) {
    let done = (job.work)(Err(StoreError::new(ErrorCode::CLIENT_CLOSED, "the store is closed")));
    (done.answer)(Ok(()));
}

fn serve(mut executor: Executor, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        while batch.len() < MAX_BATCH {
            match jobs.try_recv() {
                Ok(job) => batch.push(job),
                Err(_) => break,
            }
        }
        executor.run(batch);
    }
    kill::reach(Point::Drained);
    executor.checkpoint();
    kill::reach(Point::Folded);
}

/// An open database and what its commits survive at present.
struct Executor {
    connection: Connection,
    synced: bool,
    location: Location,
    /// The log's file, if the database has one.
    log: Option<PathBuf>,
    /// At this size the log is folded in.
    log_limit: u64,
    on_report: OnReport,
    /// A job met damage.
    damaged: bool,
    salvages: u32,
}

impl Executor {
    fn new(connection: Connection, location: Location) -> Self {
        // SQLite starts with synchronous=FULL.
        Self {
            connection,
            synced: true,
            log: location.path().map(care::log_of),
            location,
            log_limit: MAX_LOG,
            on_report: Box::new(|_| {}),
            damaged: false,
            salvages: 0,
        }
    }

    /// Runs jobs in order. Writes that stand together share a transaction; a read ends it.
    fn run(&mut self, batch: Vec<Job>) {
        let mut writes = Vec::new();
        for job in batch {
            if job.durability == Durability::Read {
                self.commit(std::mem::take(&mut writes));
                let done = (job.work)(Ok(&self.connection));
                if let Some(new) = job.key.filter(|_| !done.failed)
                    && let Location::File { key, .. } = &mut self.location
                {
                    *key = Some(new);
                }
                self.met(done.damaged);
                self.recover();
                (done.answer)(Ok(()));
            } else {
                writes.push(job);
            }
        }
        self.commit(writes);
    }

    fn commit(&mut self, jobs: Vec<Job>) {
        let Some(durability) = jobs.iter().map(|job| job.durability).max() else { return };
        let mut answers = Vec::with_capacity(jobs.len());
        let mut outcome = self.begin(durability);
        let mut succeeded = false;
        for job in jobs {
            let (answer, fate) = match &outcome {
                Ok(()) => {
                    let (answer, fate, met) = self.step(job.work);
                    self.met(met == Some(Trouble::Damage));
                    succeeded |= met.is_none();
                    (answer, fate)
                }
                // The transaction is gone: the rest is answered with its error.
                Err(error) => ((job.work)(Err(error.clone())).answer, outcome.clone()),
            };
            answers.push(answer);
            outcome = fate;
        }
        if outcome.is_ok() {
            kill::reach(Point::Committing);
            if kill::is_dead() {
                outcome = Err(StoreError::new(ErrorCode::CLIENT_CLOSED, "the process is dead"));
            }
        }
        if outcome.is_ok() {
            outcome = self.connection.execute_batch("COMMIT").map_err(StoreError::from);
            kill::reach(Point::Committed);
        }
        self.met(outcome.as_ref().is_err_and(|error| error.code == ErrorCode::DATABASE_DAMAGED));
        if outcome.is_err() && !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        if outcome.is_ok() {
            self.bound_log();
            if succeeded && !self.damaged {
                self.salvages = 0;
            }
        }
        self.recover();
        for answer in answers {
            answer(outcome.clone());
        }
    }

    fn met(&mut self, damage: bool) {
        self.damaged |= damage;
    }

    /// After damage: closes the database, salvages it and goes on with the new one. Whoever met it gets a
    /// retryable error and finds the new one when it tries again.
    fn recover(&mut self) {
        if !std::mem::take(&mut self.damaged) || self.location.path().is_none() {
            return;
        }
        if self.salvages >= MAX_SALVAGES {
            log::error!("the database is damaged again after {MAX_SALVAGES} salvages");
            return;
        }
        self.salvages += 1;
        let report = self.salvage().unwrap_or_else(|error| {
            log::error!("the database is damaged and cannot be salvaged: {error}");
            DatabaseReport::failed(error.to_string())
        });
        (self.on_report)(report);
    }

    fn salvage(&mut self) -> Result<DatabaseReport, StoreError> {
        let empty = Connection::open_in_memory()?;
        let damaged = std::mem::replace(&mut self.connection, empty);
        // Its log stays as it is: what it holds is read by the salvage.
        let kept = damaged.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        drop(damaged);
        let report = kept
            .map_err(StoreError::from)
            .and_then(|_| care::salvage(&self.location, "damage was met while the database was in use"));
        // Without a new one the old one serves on, for what can still be read of it.
        self.connection = super::open(&self.location)?;
        self.synced = true;
        report
    }

    /// Folds the log in where constant readers keep SQLite from doing so by itself.
    fn bound_log(&mut self) {
        let Some(path) = &self.log else { return };
        let length = std::fs::metadata(path).map_or(0, |data| data.len());
        if length <= self.log_limit {
            self.log_limit = MAX_LOG;
            return;
        }
        let folded = self
            .connection
            .busy_timeout(LOG_WAIT)
            .and_then(|()| {
                self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))
            })
            .and_then(|busy| self.connection.busy_timeout(super::open::BUSY_TIMEOUT).map(|()| busy));
        // A reader that does not let go: try again when the log has grown by as much, not at every commit.
        self.log_limit = if folded == Ok(0) { MAX_LOG } else { length + MAX_LOG / 2 };
    }

    fn begin(&mut self, durability: Durability) -> Result<(), StoreError> {
        let synced = durability == Durability::Full;
        if synced != self.synced {
            self.connection.pragma_update(None, "synchronous", if synced { "FULL" } else { "NORMAL" })?;
            self.synced = synced;
        }
        Ok(self.connection.execute_batch("BEGIN IMMEDIATE")?)
    }

    /// Runs one job in a savepoint. The second value says whether the transaction still stands: a full
    /// disk makes SQLite roll all of it back.
    fn step(&self, work: Work) -> (Answer, Result<(), StoreError>, Option<Trouble>) {
        if let Err(error) = self.connection.execute_batch("SAVEPOINT job") {
            let error = StoreError::from(error);
            return (work(Err(error.clone())).answer, Err(error), Some(Trouble::Other));
        }
        let done = work(Ok(&self.connection));
        let fate = if self.connection.is_autocommit() {
            Err(StoreError::new(ErrorCode::DATABASE_FULL, "the transaction was rolled back"))
        } else if done.failed {
            self.connection.execute_batch("ROLLBACK TO job; RELEASE job").map_err(StoreError::from)
        } else {
            self.connection.execute_batch("RELEASE job").map_err(StoreError::from)
        };
        let met = match (done.damaged, done.failed) {
            (true, _) => Some(Trouble::Damage),
            (false, true) => Some(Trouble::Other),
            (false, false) => None,
        };
        (done.answer, fate, met)
    }

    fn checkpoint(&self) {
        let folded = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if let Err(error) = folded {
            log::warn!("the log could not be folded into the database: {error}");
        }
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.checkpoint();
    }
}

#[cfg(test)]
mod tests;

//! The embedded store: one SQLite file (or memory), one writing thread, readers that see committed rows
//! only. Opened by whoever starts a server; dropping the last handle ends the thread.

mod append;
mod calls;
mod effect;
mod expansion;
#[cfg(feature = "sim")]
mod inline;
mod marks;
mod prune;
mod read;
mod receipts;
mod schema;
mod states;
mod write;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use ring::rand::SystemRandom;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use super::{CommitSink, Committed, StoreError, StoreFuture};
use crate::clock::Clock;
use writer::{Context, Durability, Job, Step, Write, unavailable};

/// Name of the database inside the data folder.
pub const FILE_NAME: &str = "anser-server.db";

/// Figures that the writer keeps and everybody may read.
#[derive(Default)]
struct Gauges {
    lead_latest: AtomicI64,
    lead_greatest: AtomicI64,
    transactions: AtomicU64,
    jobs: AtomicU64,
}

/// Readers of a file are taken from here and put back.
struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    /// Bounds how many run, and so how many connections there ever are.
    turns: tokio::sync::Semaphore,
}

/// Reads that run beside each other. More would only wait for the same disk.
const READERS: usize = 8;

/// See the module.
pub struct SqliteStore {
    jobs: Jobs,
    readers: Option<Arc<Readers>>,
    gauges: Arc<Gauges>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Where jobs go.
enum Jobs {
    Thread(Sender<Job>),
    /// They run at once, where they are asked for.
    #[cfg(feature = "sim")]
    Inline(inline::Inline),
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SqliteStore")
    }
}

impl SqliteStore {
    /// Opens (and creates) the database in `folder`, or one in memory. `sink` hears every commit.
    pub fn open(folder: Option<&Path>, clock: Clock, sink: Arc<dyn CommitSink>) -> Result<Self, StoreError> {
        let path = match folder {
            Some(folder) => {
                std::fs::create_dir_all(folder)
                    .map_err(|e| StoreError::Unusable(format!("{}: {e}", folder.display())))?;
                Some(folder.join(FILE_NAME))
            }
            None => None,
        };
        let unusable = |e: rusqlite::Error| StoreError::Unusable(e.to_string());
        let connection = match &path {
            Some(path) => Connection::open(path),
            None => Connection::open_in_memory(),
        }
        .map_err(unusable)?;
        prepare(&connection).map_err(unusable)?;
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
            .map_err(unusable)?;
        schema::migrate(&connection)?;
        let gauges = Arc::new(Gauges::default());
        let context = Context {
            connection,
            clock,
            random: SystemRandom::new(),
            gauges: gauges.clone(),
            #[cfg(feature = "sim")]
            dedupe: true,
            #[cfg(feature = "sim")]
            life: None,
        };
        let (jobs, queue) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("anser-server-store".into())
            .spawn(move || writer::run(&context, &queue, &*sink))
            .map_err(|e| StoreError::Unusable(e.to_string()))?;
        let readers = path.map(|path| {
            Arc::new(Readers {
                path,
                idle: Mutex::new(Vec::new()),
                turns: tokio::sync::Semaphore::new(READERS),
            })
        });
        Ok(Self { jobs: Jobs::Thread(jobs), readers, gauges, thread: Mutex::new(Some(thread)) })
    }

    /// Caps the database at `pages` pages of 4 KiB (`None`: no cap), like a full disk would: writes beyond
    /// it fail with [`StoreError::Unavailable`] until the cap is raised.
    pub fn set_page_limit(&self, pages: Option<u32>) -> StoreFuture<()> {
        // SQLite's own maximum stands for "no cap".
        let pages = pages.unwrap_or(u32::MAX - 1);
        self.on_writer(move |connection| {
            connection
                .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get::<_, i64>(0))?;
            Ok(())
        })
    }

    fn send(&self, job: Job) {
        self.gauges.jobs.fetch_add(1, Ordering::Relaxed);
        match &self.jobs {
            // A closed queue drops the job and with it the answer's sender: the caller sees `Closed`.
            Jobs::Thread(jobs) => drop(jobs.send(job)),
            #[cfg(feature = "sim")]
            Jobs::Inline(inline) => inline.run(job),
        }
    }

    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Context) -> rusqlite::Result<(T, Option<Committed>)> + Send + 'static,
    ) -> StoreFuture<T> {
        self.write_as(Durability::Full, work)
    }

    /// A write that tells the commit sink nothing.
    fn set<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Context) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreFuture<T> {
        self.write(move |context| work(context).map(|value| (value, None)))
    }

    fn write_as<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Context) -> rusqlite::Result<(T, Option<Committed>)> + Send + 'static,
    ) -> StoreFuture<T> {
        let (answer, answered) = oneshot::channel();
        let run: Write = Box::new(move |context| {
            let ran = match context.map(work) {
                Some(Ok(ran)) => Some(ran),
                Some(Err(error)) => {
                    let failed = Some(unavailable(&error));
                    return Step { failed, finish: Box::new(move |outcome| refuse(answer, outcome)) };
                }
                None => None,
            };
            let Some((value, committed)) = ran else {
                return Step { failed: None, finish: Box::new(move |outcome| refuse(answer, outcome)) };
            };
            Step {
                failed: None,
                finish: Box::new(move |outcome| match outcome {
                    Ok(()) => {
                        // Nobody waits any more: the message is stored all the same.
                        let _ = answer.send(Ok(value));
                        committed
                    }
                    Err(_) => refuse(answer, outcome),
                }),
            }
        });
        self.send(Job::Write(durability, run));
        wait(answered)
    }

    fn on_writer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreFuture<T> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Read(Box::new(move |connection| {
            let _ = answer.send(work(connection).map_err(|e| unavailable(&e)));
        })));
        wait(answered)
    }

    /// Runs a read in one snapshot: beside the writer for a file, on the writer's thread for memory.
    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreFuture<T> {
        let Some(readers) = self.readers.clone() else {
            return self.on_writer(work);
        };
        self.gauges.jobs.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            let _turn = readers.turns.acquire().await.map_err(|_| StoreError::Closed)?;
            let readers = readers.clone();
            tokio::task::spawn_blocking(move || readers.run(work))
                .await
                .map_err(|e| StoreError::Unavailable(e.to_string()))?
                .map_err(|e| unavailable(&e))
        })
    }
}

/// Answers a write that failed or never ran.
fn refuse<T>(
    answer: oneshot::Sender<Result<T, StoreError>>,
    outcome: Result<(), StoreError>,
) -> Option<Committed> {
    let error = outcome.err().unwrap_or(StoreError::Closed);
    let _ = answer.send(Err(error));
    None
}

fn wait<T: Send + 'static>(answered: oneshot::Receiver<Result<T, StoreError>>) -> StoreFuture<T> {
    Box::pin(async move { answered.await.unwrap_or(Err(StoreError::Closed)) })
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

impl Readers {
    fn run<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(&self.path, flags)?;
                prepare(&connection)?;
                connection.execute_batch("PRAGMA query_only = ON")?;
                connection
            }
        };
        // One snapshot for all statements of the read; when one fails the connection is not reused.
        connection.execute_batch("BEGIN")?;
        let value = work(&connection)?;
        connection.execute_batch("COMMIT")?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(value)
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.send(Job::Stop);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;

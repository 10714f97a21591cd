//! The embedded store: one SQLite file (or memory), one writing thread, readers that see committed rows
//! only. Opened by whoever starts a server; dropping the last handle ends the thread.

mod append;
mod read;
mod schema;
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

use super::{
    Appended, CommitSink, Committed, ConversationRow, Draft, HeadLead, HistoryPage, HistoryRequest, Login,
    PullPage, PullRequest, Store, StoreError, StoreFuture, Target,
};
use crate::clock::Clock;
use writer::{Context, Job, Step, unavailable};

/// Name of the database inside the data folder.
pub const FILE_NAME: &str = "anser-server.db";

/// Figures that the writer keeps and everybody may read.
#[derive(Default)]
struct Gauges {
    lead_latest: AtomicI64,
    lead_greatest: AtomicI64,
    transactions: AtomicU64,
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
    jobs: Sender<Job>,
    readers: Option<Arc<Readers>>,
    gauges: Arc<Gauges>,
    thread: Mutex<Option<JoinHandle<()>>>,
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
        let context = Context { connection, clock, random: SystemRandom::new(), gauges: gauges.clone() };
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
        Ok(Self { jobs, readers, gauges, thread: Mutex::new(Some(thread)) })
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
        // A closed queue drops the job and with it the answer's sender: the caller sees `Closed`.
        let _ = self.jobs.send(job);
    }

    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Context) -> rusqlite::Result<(T, Option<Committed>)> + Send + 'static,
    ) -> StoreFuture<T> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Write(Box::new(move |context| {
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
        })));
        wait(answered)
    }

    fn change(
        &self,
        work: impl FnOnce(&Context) -> rusqlite::Result<()> + Send + 'static,
    ) -> StoreFuture<()> {
        self.write(move |context| work(context).map(|()| ((), None)))
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

impl Store for SqliteStore {
    fn login(&self, user: &str) -> StoreFuture<Login> {
        let user = user.to_owned();
        self.write(move |context| write::login(context, &user).map(|login| (login, None)))
    }

    fn put_user(&self, user: &str, name: Option<&str>, portrait: Option<&str>) -> StoreFuture<()> {
        let (user, name, portrait) = (user.to_owned(), name.map(str::to_owned), portrait.map(str::to_owned));
        self.change(move |c| write::put_user(c, &user, name.as_deref(), portrait.as_deref()))
    }

    fn set_blocked(&self, user: &str, blocked: bool) -> StoreFuture<()> {
        let user = user.to_owned();
        self.change(move |c| write::set_blocked(c, &user, blocked))
    }

    fn append(&self, draft: Draft) -> StoreFuture<Appended> {
        self.write(move |context| append::append(context, draft))
    }

    fn pull(&self, request: PullRequest) -> StoreFuture<PullPage> {
        self.read(move |c| read::pull(c, &request))
    }

    fn history(&self, request: HistoryRequest) -> StoreFuture<Option<HistoryPage>> {
        self.read(move |c| read::history(c, &request))
    }

    fn clear_history(&self, user: &str, target: &Target, until: i64) -> StoreFuture<()> {
        let (user, target) = (user.to_owned(), target.clone());
        self.change(move |c| write::clear_history(c, &user, &target, until))
    }

    fn delete_messages(&self, user: &str, uids: Vec<String>) -> StoreFuture<()> {
        let user = user.to_owned();
        self.change(move |c| write::delete_messages(c, &user, &uids))
    }

    fn conversations(&self, user: &str, limit: u32) -> StoreFuture<Vec<ConversationRow>> {
        let user = user.to_owned();
        self.read(move |c| read::conversations(c, &user, limit))
    }

    fn hide_conversation(&self, user: &str, target: &Target) -> StoreFuture<()> {
        let (user, target) = (user.to_owned(), target.clone());
        self.change(move |c| write::hide_conversation(c, &user, &target))
    }

    fn mark_read(&self, user: &str, target: &Target, time: i64) -> StoreFuture<()> {
        let (user, target) = (user.to_owned(), target.clone());
        self.change(move |c| write::mark_read(&c.connection, &user, &target, time))
    }

    fn create_group(&self, group: &str, name: &str, users: Vec<String>) -> StoreFuture<()> {
        let (group, name) = (group.to_owned(), name.to_owned());
        self.change(move |c| write::create_group(c, &group, &name, &users))
    }

    fn join_group(&self, group: &str, users: Vec<String>) -> StoreFuture<bool> {
        let group = group.to_owned();
        self.write(move |c| write::join_group(c, &group, &users).map(|found| (found, None)))
    }

    fn quit_group(&self, group: &str, users: Vec<String>) -> StoreFuture<bool> {
        let group = group.to_owned();
        self.write(move |c| write::quit_group(c, &group, &users).map(|found| (found, None)))
    }

    fn group_members(&self, group: &str) -> StoreFuture<Vec<Arc<str>>> {
        let group = group.to_owned();
        self.read(move |c| read::members(c, &group))
    }

    fn meta(&self, key: &str) -> StoreFuture<Option<String>> {
        let key = key.to_owned();
        self.read(move |c| read::meta(c, &key))
    }

    fn set_meta(&self, key: &str, value: &str) -> StoreFuture<()> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.change(move |c| write::set_meta(c, &key, &value))
    }

    fn prune(&self, before: i64) -> StoreFuture<()> {
        self.change(move |c| write::prune(c, before))
    }

    fn head_lead(&self) -> HeadLead {
        HeadLead {
            latest: self.gauges.lead_latest.load(Ordering::Relaxed),
            greatest: self.gauges.lead_greatest.load(Ordering::Relaxed),
        }
    }

    fn transactions(&self) -> u64 {
        self.gauges.transactions.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use std::sync::mpsc::channel;

    struct Collect(Mutex<Vec<i64>>);

    impl CommitSink for Collect {
        fn committed(&self, committed: Committed) {
            self.0.lock().unwrap().push(committed.message.stamp);
        }
    }

    fn draft(group: Option<&str>) -> Draft {
        Draft {
            sender: "a".into(),
            origin: "s".into(),
            target: match group {
                Some(group) => Target::Group(group.into()),
                None => Target::User("b".into()),
            },
            only: vec![],
            object_name: "RC:TxtMsg".into(),
            content: Bytes::from_static(b"{}"),
            flags: 3,
            kept: true,
            client_id: None,
            read_to: None,
        }
    }

    #[tokio::test]
    async fn what_waits_shares_one_transaction_and_keeps_its_order() {
        let sink = Arc::new(Collect(Mutex::default()));
        let store = SqliteStore::open(None, Clock::manual(1000), sink.clone()).unwrap();
        let (entered, wait_entered) = channel();
        let (release, released) = channel::<()>();
        let held = store.on_writer(move |_| {
            entered.send(()).unwrap();
            released.recv().unwrap();
            Ok(())
        });
        wait_entered.recv().unwrap();
        let appends: Vec<_> = (0..64).map(|_| store.append(draft(None))).collect();
        let refused = store.append(draft(Some("no such group")));
        let before = store.transactions();
        release.send(()).unwrap();
        held.await.unwrap();
        let mut stamps = Vec::new();
        for append in appends {
            let Appended::Stored { stamp, .. } = append.await.unwrap() else { panic!("stored") };
            stamps.push(stamp);
        }
        assert_eq!(refused.await.unwrap(), Appended::NotInGroup);
        assert_eq!(store.transactions(), before + 1);
        assert_eq!(stamps, (1000..1064).collect::<Vec<_>>());
        // The sink is told after the answer, so it may still be at work; the next answer comes after it.
        store.on_writer(|_| Ok(())).await.unwrap();
        assert_eq!(*sink.0.lock().unwrap(), stamps);
    }

    #[tokio::test]
    async fn one_failing_item_does_not_spoil_the_others() {
        let sink = Arc::new(Collect(Mutex::default()));
        let store = SqliteStore::open(None, Clock::manual(1000), sink).unwrap();
        let (entered, wait_entered) = channel();
        let (release, released) = channel::<()>();
        let held = store.on_writer(move |_| {
            entered.send(()).unwrap();
            released.recv().unwrap();
            Ok(())
        });
        wait_entered.recv().unwrap();
        let first = store.append(draft(None));
        let broken = store.change(|context| {
            context.connection.execute("INSERT INTO meta (key, value) VALUES ('half', 'done')", [])?;
            context.connection.execute("INSERT INTO no_such_table VALUES (1)", []).map(drop)
        });
        let second = store.append(draft(None));
        release.send(()).unwrap();
        held.await.unwrap();
        assert!(matches!(first.await.unwrap(), Appended::Stored { stamp: 1000, .. }));
        assert!(matches!(broken.await, Err(StoreError::Unavailable(_))));
        assert!(matches!(second.await.unwrap(), Appended::Stored { stamp: 1001, .. }));
        assert_eq!(store.meta("half").await.unwrap(), None, "its first half is gone as well");
    }

    #[test]
    fn a_file_is_synced_fully_at_every_commit() {
        let folder = std::env::temp_dir().join(format!("anser-server-sync-{}", std::process::id()));
        let sink = Arc::new(Collect(Mutex::default()));
        let store = SqliteStore::open(Some(&folder), Clock::system(), sink).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let settings = runtime.block_on(store.on_writer(|connection| {
            let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
            let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
            Ok((mode, number("PRAGMA synchronous")?))
        }));
        assert_eq!(settings.unwrap(), ("wal".to_owned(), 2));
        drop(store);
        std::fs::remove_dir_all(folder).unwrap();
    }
}

//! The one thread that writes. It takes everything that waits, runs it as one transaction with a savepoint
//! per item, commits (one durable sync for all, none if nobody asked for it), and only then answers and tells the commit sink, item by
//! item in order. An item that fails does not spoil the others; a commit that fails fails them all.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvError};

use ring::rand::SystemRandom;
use rusqlite::Connection;

use super::Gauges;
use crate::clock::Clock;
use crate::store::{CommitSink, Committed, StoreError};

/// Most items in one transaction: bounds how long the first of them waits.
const BATCH: usize = 512;

/// What a write may use.
pub(super) struct Context {
    pub(super) connection: Connection,
    pub(super) clock: Clock,
    pub(super) random: SystemRandom,
    pub(super) gauges: Arc<Gauges>,
    /// Whether a client id is stored once; only a simulation's mistake is `false`.
    #[cfg(feature = "sim")]
    pub(super) dedupe: bool,
    /// A simulation's server dies at any step.
    #[cfg(feature = "sim")]
    pub(super) life: Option<Arc<crate::sim::Life>>,
}

/// Called once, with the outcome of the commit; answers the caller.
pub(super) type Finish = Box<dyn FnOnce(Result<(), StoreError>) -> Option<Committed> + Send>;

/// A write on its way. Given no context it must not run, only hand out its `finish`.
pub(super) type Write = Box<dyn FnOnce(Option<&Context>) -> Step + Send>;

/// A write that ran but is not durable yet.
pub(super) struct Step {
    pub(super) failed: Option<StoreError>,
    pub(super) finish: Finish,
}

/// What a resolved future means for a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// It outlives the machine's sudden end.
    Full,
    /// It outlives the process; the next full one makes it durable as well.
    Relaxed,
}

/// What callers send.
pub(super) enum Job {
    Write(Durability, Write),
    /// Runs outside any transaction, after the writes that were sent before it.
    Read(Box<dyn FnOnce(&Connection) + Send>),
    Stop,
}

/// The thread's body: returns when told to stop or when every sender is gone.
pub(super) fn run(context: &Context, jobs: &Receiver<Job>, sink: &dyn CommitSink) {
    let mut stopping = false;
    while !stopping {
        let first = match jobs.recv() {
            Ok(job) => job,
            Err(RecvError) => break,
        };
        let mut writes = Vec::new();
        let mut durability = Durability::Relaxed;
        let mut reads = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Write(wanted, write) => {
                    if wanted == Durability::Full {
                        durability = Durability::Full;
                    }
                    writes.push(write);
                }
                Job::Read(read) => reads.push(read),
                Job::Stop => stopping = true,
            }
            if stopping || writes.len() + reads.len() >= BATCH {
                break;
            }
            next = jobs.try_recv().ok();
        }
        if !writes.is_empty() {
            commit(context, durability, writes, sink);
        }
        for read in reads {
            read(&context.connection);
        }
    }
    // Leaves one file behind; a failure only means that the next start replays the log.
    let _ = context.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
}

pub(super) fn commit(context: &Context, durability: Durability, writes: Vec<Write>, sink: &dyn CommitSink) {
    let connection = &context.connection;
    let level = if durability == Durability::Full { "FULL" } else { "NORMAL" };
    let begin = format!("PRAGMA synchronous = {level}; BEGIN IMMEDIATE");
    let begun = connection.execute_batch(&begin).map_err(|e| unavailable(&e));
    let mut steps = Vec::with_capacity(writes.len());
    let mut lost = begun.err();
    for write in writes {
        steps.push(one(context, write, &mut lost));
    }
    #[cfg(feature = "sim")]
    context.before_commit(&mut lost);
    let outcome = match lost {
        Some(error) => Err(error),
        None => connection.execute_batch("COMMIT").map_err(|e| unavailable(&e)),
    };
    if outcome.is_ok() && durability == Durability::Full {
        context.gauges.transactions.fetch_add(1, Ordering::Relaxed);
    }
    if let Err(error) = &outcome {
        tracing::error!(%error, items = steps.len(), "a transaction failed; nothing of it is acknowledged");
        if !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
    }
    #[cfg(feature = "sim")]
    context.after_commit(&outcome);
    for step in steps {
        let result = match (&outcome, step.failed) {
            (Err(error), _) => Err(error.clone()),
            (Ok(()), Some(error)) => Err(error),
            (Ok(()), None) => Ok(()),
        };
        if let Some(committed) = (step.finish)(result) {
            sink.committed(committed);
        }
    }
}

/// Runs one write inside its savepoint. `lost` is set once the whole transaction is gone; what comes after
/// that must not touch the database, because it would commit by itself.
pub(super) fn one(context: &Context, write: Write, lost: &mut Option<StoreError>) -> Step {
    let connection = &context.connection;
    if lost.is_none()
        && let Err(error) = connection.execute_batch("SAVEPOINT item")
    {
        *lost = Some(unavailable(&error));
    }
    if lost.is_some() {
        return write(None);
    }
    let step = write(Some(context));
    // On a full disk SQLite may have rolled everything back by itself.
    if connection.is_autocommit() {
        *lost = Some(step.failed.clone().unwrap_or_else(|| StoreError::Unavailable("rolled back".into())));
        return step;
    }
    let end = if step.failed.is_some() { "ROLLBACK TO item; RELEASE item" } else { "RELEASE item" };
    if let Err(error) = connection.execute_batch(end) {
        *lost = Some(unavailable(&error));
    }
    step
}

pub(super) fn unavailable(error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

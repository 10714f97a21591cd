//! The embedded store on its caller's thread, for simulations in virtual time: every job is a transaction of its
//! own and done when the call returns. Never part of what ships.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ring::rand::SystemRandom;
use rusqlite::Connection;

use super::writer::{self, Context, Job};
use super::{Gauges, Jobs, SqliteStore, prepare, schema, unavailable};
use crate::clock::Clock;
use crate::sim::{Life, Step, Wrong};
use crate::store::{CommitSink, StoreError};

/// See the module.
pub(super) struct Inline {
    context: Mutex<Context>,
    sink: Arc<dyn CommitSink>,
    /// Answers before it commits: a mistake that a simulation has to find.
    early: bool,
}

impl Inline {
    fn context(&self) -> MutexGuard<'_, Context> {
        self.context.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn run(&self, job: Job) {
        let context = self.context();
        if context.life.as_ref().is_some_and(|life| !life.goes_on()) {
            // Whoever waits for it is as dead.
            return;
        }
        match job {
            Job::Write(_, write) if self.early => {
                if context.connection.is_autocommit()
                    && let Err(error) = context.connection.execute_batch("BEGIN IMMEDIATE")
                {
                    tracing::error!(%error, "no transaction");
                }
                let mut lost = None;
                let step = writer::one(&context, write, &mut lost);
                if let Some(committed) = (step.finish)(lost.or(step.failed).map_or(Ok(()), Err)) {
                    self.sink.committed(committed);
                }
            }
            Job::Write(durability, write) => writer::commit(&context, durability, vec![write], &*self.sink),
            Job::Read(read) => read(&context.connection),
            Job::Stop => {}
        }
    }
}

impl Context {
    /// The process may end here: what was written goes with it.
    pub(super) fn before_commit(&self, lost: &mut Option<StoreError>) {
        let ends = |life: &Arc<Life>| !life.survives(Step::Commit);
        if lost.is_none() && self.life.as_ref().is_some_and(ends) {
            *lost = Some(StoreError::Closed);
        }
    }

    /// Or here: it stays, and nobody hears of it.
    pub(super) fn after_commit(&self, outcome: &Result<(), StoreError>) {
        if let (Ok(()), Some(life)) = (outcome, &self.life) {
            life.survives(Step::Answer);
        }
    }
}

impl SqliteStore {
    /// A database in memory without a thread. `early` answers before it commits, see [`SqliteStore::end_of_turn`].
    pub(crate) fn inline(
        clock: Clock,
        sink: Arc<dyn CommitSink>,
        wrong: Option<Wrong>,
        life: Arc<Life>,
    ) -> Result<Self, StoreError> {
        let unusable = |e: rusqlite::Error| StoreError::Unusable(e.to_string());
        let connection = Connection::open_in_memory().map_err(unusable)?;
        prepare(&connection).map_err(unusable)?;
        connection.execute_batch("PRAGMA foreign_keys = ON;").map_err(unusable)?;
        schema::migrate(&connection)?;
        let gauges = Arc::new(Gauges::default());
        let context = Context {
            connection,
            clock,
            random: SystemRandom::new(),
            gauges: gauges.clone(),
            dedupe: wrong != Some(Wrong::NoDedupe),
            life: Some(life),
        };
        let inline = Inline { context: Mutex::new(context), sink, early: wrong == Some(Wrong::AckFirst) };
        Ok(Self { jobs: Jobs::Inline(inline), readers: None, gauges, thread: Mutex::new(None) })
    }

    /// Commits what a store that answers early has answered, or loses it as the end of its process does.
    pub(crate) fn end_of_turn(&self, keep: bool) -> Result<(), StoreError> {
        let Jobs::Inline(inline) = &self.jobs else { return Ok(()) };
        let context = inline.context();
        if context.connection.is_autocommit() {
            return Ok(());
        }
        let end = if keep { "COMMIT" } else { "ROLLBACK" };
        context.gauges.transactions.fetch_add(u64::from(keep), Ordering::Relaxed);
        context.connection.execute_batch(end).map_err(|error| unavailable(&error))
    }
}

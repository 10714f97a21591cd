//! All seeds of a run, some at a time, and what is said about them.

use std::io::ErrorKind;
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{anyhow, bail};

use super::check::Violation;
use super::faults::Tally;
use super::world::{Outcome, World};
use super::{Run, Wrong};

/// Failed seeds after which the rest is not tried.
const ENOUGH: usize = 5;

/// Runs one seed from its beginning.
fn one(run: &Run, seed: u64) -> anyhow::Result<Outcome> {
    let folder = Folder::of(seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    runtime.block_on(async { World::new(run, seed, &folder.0).await?.run().await })
}

/// Where a seed's devices keep their data: in memory where the system has such a place. Goes with its owner, also
/// where a seed panics: data in memory is worth nothing without the seed, and the seed makes it again.
struct Folder(PathBuf);

impl Folder {
    fn of(seed: u64) -> Self {
        let memory = PathBuf::from("/dev/shm");
        let base = if memory.is_dir() { memory } else { std::env::temp_dir() };
        Self(base.join(format!("anser-sim-{}-{seed}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0)
            && error.kind() != ErrorKind::NotFound
        {
            eprintln!("{} stays: {error}", self.0.display());
        }
    }
}

/// From so many seeds on each kind of fault must have happened; a seed that is run again meets only its own.
const ALL_KINDS: u64 = 50;

/// Runs all seeds.
pub(crate) fn run(run: &Run) -> anyhow::Result<()> {
    match run.wrong {
        Some(Wrong::CursorFirst) => anser::kill::set_wrong("cursor-first"),
        Some(Wrong::CursorByPuback) => anser::kill::set_wrong("cursor-by-puback"),
        _ => {}
    }
    let begin = Instant::now();
    let next = AtomicU64::new(0);
    let total = Mutex::new(Total::default());
    std::thread::scope(|scope| {
        for _ in 0..run.jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let decided = total.lock().unwrap_or_else(PoisonError::into_inner).is_decided(run);
                    if seed >= run.seeds || decided {
                        break;
                    }
                    let seed = run.first + seed;
                    // What it said is on the screen; which seed it was would not be.
                    let result =
                        catch_unwind(|| one(run, seed)).unwrap_or_else(|_| Err(anyhow!("it panicked")));
                    total.lock().unwrap_or_else(PoisonError::into_inner).add(run, seed, result);
                }
            });
        }
    });
    let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    total.verdict(run, begin)
}

#[derive(Default)]
struct Total {
    seeds: u64,
    tally: Tally,
    messages: usize,
    events: u64,
    virtual_ms: u64,
    /// Of all traces, in no order.
    trace: u64,
    failed: Vec<u64>,
    violated: Option<u64>,
}

impl Total {
    fn is_decided(&self, run: &Run) -> bool {
        self.failed.len() >= ENOUGH || run.wrong.is_some() && self.violated.is_some()
    }

    fn add(&mut self, run: &Run, seed: u64, result: anyhow::Result<Outcome>) {
        self.seeds += 1;
        match result {
            Ok(outcome) => {
                self.tally.add(&outcome.tally);
                self.messages += outcome.messages;
                self.events += outcome.events;
                self.virtual_ms += outcome.virtual_ms;
                self.trace ^= outcome.trace;
                if run.seeds == 1 {
                    eprintln!("seed {seed}: trace {:016x}", outcome.trace);
                }
            }
            Err(error) => {
                self.failed.push(seed);
                if error.is::<Violation>() {
                    self.violated.get_or_insert(seed);
                }
                let wrong = run.wrong.map_or(String::new(), |wrong| format!(" --wrong {}", name(wrong)));
                let messages = run.messages;
                eprintln!("seed {seed}: {error:#}");
                eprintln!("  again: cargo xtask sim --seeds 1 --first {seed} --messages {messages}{wrong}");
            }
        }
    }

    fn verdict(&self, run: &Run, begin: Instant) -> anyhow::Result<()> {
        let seconds = begin.elapsed().as_secs_f64();
        if let Some(wrong) = run.wrong {
            let Some(first) = self.violated else {
                bail!("{} was not found out within {} seeds", name(wrong), self.seeds);
            };
            eprintln!("seed {first} found {} out, as it must ({seconds:.1} s)", name(wrong));
            return Ok(());
        }
        let mut missing = Vec::new();
        for (fault, count) in self.tally.lines() {
            eprintln!("{count:8}  {fault}");
            if count == 0 {
                missing.push(fault);
            }
        }
        let hours = self.virtual_ms / 3_600_000;
        eprintln!(
            "{} seeds, {} messages, {} events, {hours} virtual hours in {seconds:.1} s; trace {:016x}",
            self.seeds, self.messages, self.events, self.trace
        );
        if !self.failed.is_empty() {
            bail!("{} seeds failed: {:?}", self.failed.len(), self.failed);
        }
        if !missing.is_empty() && self.seeds >= ALL_KINDS {
            bail!("never happened: {}", missing.join(", "));
        }
        Ok(())
    }
}

fn name(wrong: Wrong) -> &'static str {
    match wrong {
        Wrong::CursorFirst => "cursor-first",
        Wrong::CursorByPuback => "cursor-by-puback",
        Wrong::NoDedupe => "no-dedupe",
        Wrong::AckFirst => "ack-first",
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[test]
    fn the_same_seed_is_the_same_run() {
        let run = Run::parse_from(["sim", "--messages", "60"]);
        let [first, second] = [0, 1].map(|_| one(&run, 3).unwrap());
        assert_eq!(first, second);
        assert_ne!(first.trace, one(&run, 4).unwrap().trace);
    }

    #[test]
    fn a_seed_that_panics_leaves_no_folder() {
        let (tell, told) = std::sync::mpsc::channel();
        let panicked = std::thread::spawn(move || {
            let folder = Folder::of(5);
            std::fs::create_dir_all(folder.0.join("device")).unwrap();
            tell.send(folder.0.clone()).unwrap();
            panic!("on purpose");
        });
        assert!(panicked.join().is_err());
        assert!(!told.recv().unwrap().exists());
    }
}

//! All seeds of a run, some at a time, and what is said about them.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail};
use tokio::task::JoinSet;

use super::check::Violation;
use super::seed::Seed;
use super::tally::Tally;
use super::{Run, folder, lives};

/// Failed seeds after which the rest is not tried.
const ENOUGH: usize = 5;
/// Seeds from which on every fault must have happened over each transport.
const COVERING: u64 = 12;

/// Runs all seeds.
pub(crate) fn run(run: &Run) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(all(run));
    // Clients of the last seeds have nothing left to say.
    runtime.shutdown_background();
    done
}

async fn all(run: &Run) -> anyhow::Result<()> {
    let begin = Instant::now();
    let tally = Arc::new(Tally::default());
    let mut tasks = JoinSet::new();
    let mut waiting = run.first..run.first + run.seeds;
    let mut verdict = Verdict::default();
    loop {
        while tasks.len() < run.jobs.max(1)
            && !verdict.is_decided(run)
            && let Some(number) = waiting.next()
        {
            let seed = Seed { number, folder: folder(number), wrong: run.wrong, tally: tally.clone() };
            tasks.spawn(one(seed));
        }
        let Some(ended) = tasks.join_next().await else { break };
        let (number, result) = ended.context("a seed's task")?;
        verdict.add(run, number, result);
        if run.wrong.is_some() && verdict.violated.is_some() {
            // Nothing more can be learned: whatever still runs is ended, its processes with it.
            tasks.shutdown().await;
            break;
        }
    }
    eprintln!("{} seeds in {:.1} s", verdict.seeds, begin.elapsed().as_secs_f64());
    verdict.say(run, &tally)
}

async fn one(seed: Seed) -> (u64, anyhow::Result<()>) {
    (seed.number, lives::in_folder(&seed.folder, seed.run()).await)
}

#[derive(Default)]
struct Verdict {
    seeds: u64,
    failed: Vec<u64>,
    /// The first of them whose data was wrong.
    violated: Option<u64>,
}

impl Verdict {
    /// Whether more seeds would change nothing.
    fn is_decided(&self, run: &Run) -> bool {
        self.failed.len() >= ENOUGH || run.wrong.is_some() && self.violated.is_some()
    }

    fn add(&mut self, run: &Run, number: u64, result: anyhow::Result<()>) {
        self.seeds += 1;
        let Err(error) = result else { return };
        self.failed.push(number);
        if error.is::<Violation>() {
            self.violated.get_or_insert(number);
        }
        let wrong = run.wrong.map(|wrong| format!(" --wrong {}", wrong.name())).unwrap_or_default();
        eprintln!("seed {number}: {error:#}");
        eprintln!("  its folder: {}", folder(number).display());
        eprintln!("  again: cargo xtask faults --seeds 1 --first {number}{wrong}");
    }

    fn say(&self, run: &Run, tally: &Tally) -> anyhow::Result<()> {
        if let Some(wrong) = run.wrong {
            let Some(first) = self.violated else {
                bail!("{} was not found out within {} seeds", wrong.name(), run.seeds);
            };
            eprintln!("seed {first} found {} out, as it must", wrong.name());
            for number in run.first..run.first + run.seeds {
                // Those that never began have none.
                let _ = std::fs::remove_dir_all(folder(number));
            }
            return Ok(());
        }
        let (table, never) = tally.table();
        eprint!("{table}");
        if !self.failed.is_empty() {
            bail!("{} seeds failed: {:?}", self.failed.len(), self.failed);
        }
        if !never.is_empty() && run.seeds >= COVERING {
            bail!("never happened: {}", never.join(", "));
        }
        Ok(())
    }
}

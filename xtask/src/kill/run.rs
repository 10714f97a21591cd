//! All seeds of a run, some at a time, and what is said about them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use anser::kill::POINTS;
use anyhow::{Context as _, bail};
use tokio::task::JoinSet;

use super::plan;
use super::seed::{Outcome, Seed, Violation};
use super::{Run, folder, lives};

/// Failed seeds after which the rest is not tried.
const ENOUGH: usize = 5;

/// Runs all seeds.
pub(crate) fn run(run: &Run) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(all(run));
    // Servers and clients of the last seeds have nothing left to say.
    runtime.shutdown_background();
    done
}

async fn all(run: &Run) -> anyhow::Result<()> {
    let begin = Instant::now();
    let program = std::env::current_exe().context("where this program is")?;
    let mut tasks = JoinSet::new();
    let mut waiting = run.first..run.first + run.seeds;
    let mut tally = Tally::default();
    loop {
        while tasks.len() < run.jobs.max(1)
            && !tally.is_decided(run)
            && let Some(number) = waiting.next()
        {
            let seed = Seed {
                number,
                folder: folder(number),
                program: program.clone(),
                wrong_order: run.wrong_order,
            };
            tasks.spawn(one(Arc::new(seed)));
        }
        let Some(ended) = tasks.join_next().await else { break };
        let (number, result) = ended.context("a seed's task")?;
        tally.add(run, number, result);
    }
    eprintln!("{} seeds in {:.1} s", tally.seeds, begin.elapsed().as_secs_f64());
    tally.verdict(run)
}

async fn one(seed: Arc<Seed>) -> (u64, anyhow::Result<Outcome>) {
    (seed.number, lives::in_folder(&seed.folder, seed.run()).await)
}

#[derive(Default)]
struct Tally {
    seeds: u64,
    met: BTreeMap<&'static str, usize>,
    random: usize,
    survived: usize,
    failed: Vec<u64>,
    /// The first of them whose data was wrong.
    violated: Option<u64>,
}

impl Tally {
    /// Whether more seeds would change nothing.
    fn is_decided(&self, run: &Run) -> bool {
        self.failed.len() >= ENOUGH || run.wrong_order && self.violated.is_some()
    }

    fn add(&mut self, run: &Run, number: u64, result: anyhow::Result<Outcome>) {
        self.seeds += 1;
        match result {
            Ok(outcome) => {
                outcome.met.into_iter().for_each(|point| *self.met.entry(point).or_default() += 1);
                self.random += outcome.random;
                self.survived += outcome.survived;
            }
            Err(error) => {
                self.failed.push(number);
                if error.is::<Violation>() {
                    self.violated.get_or_insert(number);
                }
                let wrong = if run.wrong_order { " --wrong-order" } else { "" };
                eprintln!("seed {number}: {error:#}");
                eprintln!("  its folder: {}", folder(number).display());
                eprintln!("  again: cargo xtask kill --seeds 1 --first {number}{wrong}");
            }
        }
    }

    fn verdict(&self, run: &Run) -> anyhow::Result<()> {
        if run.wrong_order {
            let Some(first) = self.violated else {
                bail!("the wrong order was not found out within {} seeds", run.seeds);
            };
            eprintln!("seed {first} found the wrong order out, as it must");
            return self.failed.iter().try_for_each(|number| Ok(std::fs::remove_dir_all(folder(*number))?));
        }
        let mut missed = Vec::new();
        for (_, point, _) in POINTS {
            let count = self.met.get(point).copied().unwrap_or(0);
            eprintln!("{count:5}  {point}");
            if count == 0 {
                missed.push(*point);
            }
        }
        eprintln!("{:5}  at a random moment", self.random);
        eprintln!("{:5}  came to their end before it", self.survived);
        if !self.failed.is_empty() {
            bail!("{} seeds failed: {:?}", self.failed.len(), self.failed);
        }
        if !missed.is_empty() && plan::covers_all(run.seeds) {
            bail!("never met: {}", missed.join(", "));
        }
        Ok(())
    }
}

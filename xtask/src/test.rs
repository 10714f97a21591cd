//! `cargo xtask test`: every test of every language, then one table of what passed, failed and was skipped.

use anyhow::bail;

use crate::tools::say;
use crate::{artefacts, bindings, c_suite, hosts, rust_suite};

/// What became of a suite.
pub(crate) enum Outcome {
    Passed,
    Failed(String),
    /// The machine lacks something; the line installs it.
    Skipped {
        lacks: &'static str,
        install: &'static str,
    },
}

impl From<anyhow::Result<()>> for Outcome {
    fn from(result: anyhow::Result<()>) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(error) => Self::Failed(format!("{error:#}")),
        }
    }
}

/// Built once, used by the suites of all languages.
pub(crate) struct Built {
    pub(crate) library: std::path::PathBuf,
    pub(crate) server: std::path::PathBuf,
}

struct Suite {
    name: &'static str,
    /// Whether CI may do without it.
    optional: bool,
    run: fn(&Built) -> Outcome,
}

const SUITES: [Suite; 5] = [
    Suite { name: "C", optional: false, run: c_suite::run },
    Suite { name: "Python", optional: false, run: hosts::python },
    Suite { name: "Kotlin", optional: false, run: hosts::kotlin },
    Suite { name: "Swift", optional: true, run: hosts::swift },
    Suite { name: "Node, the official web SDK", optional: false, run: hosts::node },
];

pub(crate) fn run() -> anyhow::Result<()> {
    let mut outcomes = vec![("Rust", Outcome::from(rust_suite::run()))];
    match build() {
        Ok(built) => {
            let strict = std::env::var("CI").is_ok_and(|value| value == "true");
            for suite in &SUITES {
                say(format!("\n== {} ==", suite.name));
                let outcome = match (suite.run)(&built) {
                    Outcome::Skipped { lacks, install } if strict && !suite.optional => {
                        Outcome::Failed(format!("CI must run it, but {lacks} is missing: {install}"))
                    }
                    other => other,
                };
                outcomes.push((suite.name, outcome));
            }
        }
        Err(error) => outcomes.push(("library, server and bindings", Outcome::Failed(format!("{error:#}")))),
    }
    summary(&outcomes)
}

fn build() -> anyhow::Result<Built> {
    let built = Built { library: artefacts::library()?, server: artefacts::server()? };
    bindings::generate()?;
    Ok(built)
}

fn summary(outcomes: &[(&str, Outcome)]) -> anyhow::Result<()> {
    say("\n== summary ==");
    let mut failed = Vec::new();
    for (name, outcome) in outcomes {
        match outcome {
            Outcome::Passed => say(format!("passed   {name}")),
            Outcome::Failed(why) => {
                say(format!("FAILED   {name}: {why}"));
                failed.push(*name);
            }
            Outcome::Skipped { lacks, install } => say(format!("skipped  {name}: no {lacks}; {install}")),
        }
    }
    say("left out encryption at rest, a build of its own: `cargo xtask encryption`");
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

//! `cargo xtask kill`: builds the runner in kill/ with the client's kill points in it, and hands it the arguments.

use crate::tools::{cargo, run as start};

/// Of a check; people run more.
const SEEDS: &str = "50";

/// Runs the runner.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let runner = ["run", "--quiet", "-p", "xtask", "--features", "kill", "--bin", "kill", "--"];
    start(cargo(&runner).args(arguments))
}

/// Its own tests, a short run, and the proof that a run can fail.
pub(crate) fn check() -> anyhow::Result<()> {
    start(&mut cargo(&["test", "--quiet", "-p", "xtask", "--features", "kill", "--bin", "kill"]))?;
    run(&["--seeds", SEEDS].map(String::from))?;
    run(&["--seeds", SEEDS, "--wrong-order"].map(String::from))
}

//! `cargo xtask faults`: builds the runner in faults/ and the server's program, and hands the runner the arguments.

use std::env::consts::EXE_SUFFIX;
use std::process::Command;

use crate::artefacts::target_dir;
use crate::tools::{cargo, run as start};

/// Of a check; people run more.
const SEEDS: &str = "20";
/// Within so many a mistake must be found out.
const WRONG_SEEDS: &str = "20";
/// Seeds mostly wait: for time-outs of the clients, and for the end of blackouts.
const JOBS: &str = "20";

/// Runs the runner.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let what = ["-p", "xtask", "-p", "anser-server", "--features", "xtask/faults"];
    let programs = ["--bin", "faults", "--bin", "anser-server"];
    start(cargo(&["build", "--quiet"]).args(what).args(programs))?;
    start(Command::new(target_dir().join("debug").join(format!("faults{EXE_SUFFIX}"))).args(arguments))
}

/// Its own tests, a short run, and the proof that a run can fail.
pub(crate) fn check() -> anyhow::Result<()> {
    start(&mut cargo(&["test", "--quiet", "-p", "xtask", "--features", "faults", "--bin", "faults"]))?;
    run(&["--seeds", SEEDS, "--jobs", JOBS].map(String::from))?;
    run(&["--seeds", WRONG_SEEDS, "--jobs", JOBS, "--wrong", "no-dedupe"].map(String::from))
}

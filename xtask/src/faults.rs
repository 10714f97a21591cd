//! `cargo xtask faults`: builds the runner in faults/ and the server's program, and hands the runner the arguments.

use std::env::consts::EXE_SUFFIX;
use std::process::Command;

use crate::artefacts::target_dir;
use crate::tools::{cargo, run as start};

/// Of a check; people run more.
const SEEDS: &str = "12";
/// All at once: seeds mostly wait, for the clients' own limits and for the end of blackouts.
const JOBS: &str = SEEDS;
/// What a check lets the server do wrong. `kill` looks for the client's mistake, which takes longer here.
const MISTAKE: &str = "no-dedupe";

/// Runs the runner.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let what = ["-p", "xtask", "-p", "anser-server", "--features", "xtask/faults"];
    let programs = ["--bin", "faults", "--bin", "anser-server"];
    start(cargo(&["build", "--quiet"]).args(what).args(programs))?;
    start(Command::new(target_dir().join("debug").join(format!("faults{EXE_SUFFIX}"))).args(arguments))
}

/// Its own tests, a short run, and the proof that a run can fail.
pub(crate) fn check() -> anyhow::Result<()> {
    let own = ["--features", "faults", "--bin", "faults", "--test", "keeper"];
    start(cargo(&["test", "--quiet", "-p", "xtask"]).args(own))?;
    run(&["--seeds", SEEDS, "--jobs", JOBS].map(String::from))?;
    run(&["--seeds", SEEDS, "--jobs", JOBS, "--wrong", MISTAKE].map(String::from))
}

//! `cargo xtask sim`: builds the runner in sim/ with client and server made for virtual time, and hands it the
//! arguments.

use crate::tools::{cargo, run as start};

/// Of a check; people run more.
const SEEDS: &str = "100";
/// Within so many a mistake must be found out.
const WRONG_SEEDS: &str = "50";
/// The mistakes that the runner knows.
const MISTAKES: [&str; 4] = ["cursor-first", "cursor-by-puback", "no-dedupe", "ack-first"];

/// Runs the runner.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let runner = ["run", "--quiet", "-p", "xtask", "--features", "sim", "--bin", "sim", "--"];
    start(cargo(&runner).args(arguments))
}

/// Its own tests, a short run, and the proof that a run can fail.
pub(crate) fn check() -> anyhow::Result<()> {
    start(&mut cargo(&["test", "--quiet", "-p", "xtask", "--features", "sim", "--bin", "sim"]))?;
    run(&["--seeds", SEEDS].map(String::from))?;
    for mistake in MISTAKES {
        run(&["--seeds", WRONG_SEEDS, "--wrong", mistake].map(String::from))?;
    }
    Ok(())
}

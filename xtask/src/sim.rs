//! `cargo xtask sim`: builds the runner in sim/ with client and server made for virtual time, and hands it the
//! arguments. People's runs are long, so everything is built for speed, once; a check builds what it must build
//! anyway.

use crate::tools::{cargo, run as start};

/// Of a check; people run more.
const SEEDS: &str = "100";
/// Messages that each device sends in a check.
const MESSAGES: &str = "100";
/// Within so many a mistake must be found out.
const WRONG_SEEDS: &str = "50";
/// The mistakes that the runner knows.
const MISTAKES: [&str; 4] = ["cursor-first", "cursor-by-puback", "no-dedupe", "ack-first"];
/// The runner.
const RUNNER: [&str; 6] = ["-p", "xtask", "--features", "sim", "--bin", "sim"];
/// How a check builds it: the two crates that are made anew for it are optimised a little, all others are those that
/// the tests have built.
const CHECKED: [&str; 4] = [
    "--config",
    "profile.dev.package.anser.opt-level=1",
    "--config",
    "profile.dev.package.anser-server.opt-level=1",
];

/// Runs the runner.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    start(cargo(&["run", "--quiet", "--profile", "sim"]).args(RUNNER).arg("--").args(arguments))
}

/// Its own tests, a short run, and the proof that a run can fail.
pub(crate) fn check() -> anyhow::Result<()> {
    start(cargo(&["test", "--quiet"]).args(CHECKED).args(RUNNER))?;
    let short = |arguments: &[&str]| {
        start(cargo(&["run", "--quiet"]).args(CHECKED).args(RUNNER).arg("--").args(arguments))
    };
    short(&["--seeds", SEEDS, "--messages", MESSAGES])?;
    for mistake in MISTAKES {
        short(&["--seeds", WRONG_SEEDS, "--messages", MESSAGES, "--wrong", mistake])?;
    }
    Ok(())
}

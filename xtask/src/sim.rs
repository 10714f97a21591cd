//! `cargo xtask sim`: builds the runner in sim/ with client and server made for virtual time, and hands it the
//! arguments.

use crate::tools::{cargo, run as start};

/// Runs the runner.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let runner = ["run", "--quiet", "-p", "xtask", "--features", "sim", "--bin", "sim", "--"];
    start(cargo(&runner).args(arguments))
}

//! `cargo xtask bench`: runs the benches in the profile that they name themselves.

use clap::ValueEnum;

use crate::tools::{cargo, run as start};

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum What {
    /// Encoding and decoding.
    Wire,
    /// Durable acknowledged messages.
    Send,
}

pub(crate) fn run(what: What, arguments: &[String]) -> anyhow::Result<()> {
    let name = match what {
        What::Wire => "wire",
        What::Send => "send",
    };
    start(cargo(&["bench", "-p", "anser", "--bench", name, "--"]).args(arguments))
}

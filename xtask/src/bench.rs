//! `cargo xtask bench`: runs the benches in the profile that they name themselves.

use clap::ValueEnum;

use crate::tools::{cargo, run as start};

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum What {
    /// Encoding and decoding.
    Wire,
    /// Durable acknowledged messages.
    Send,
    /// A database of a million messages: pulling, listing, searching, paging, memory.
    Store,
    /// Latency beside raw echoes, what idling costs, the ways past obstacles, ten thousand held polls.
    Line,
}

pub(crate) fn run(what: What, arguments: &[String]) -> anyhow::Result<()> {
    let name = match what {
        What::Wire => "wire",
        What::Send => "send",
        What::Store => "store",
        What::Line => "line",
    };
    start(cargo(&["bench", "-p", "anser", "--bench", name, "--"]).args(arguments))
}

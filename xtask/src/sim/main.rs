//! `cargo xtask sim`: four devices of three users with the real client core, store and polled line, the real server
//! behind WebSocket and long polling, and one simulated web client, of the 2.5 line over WebSocket or of the engine
//! over long polling, in virtual time over a network that does everything a network can do to them, by seed. The same
//! seed gives the same run. Built with the feature `sim`; nothing of it ships.

mod check;
mod device;
mod faults;
mod ledger;
mod lines;
mod net;
mod peer;
mod polled;
mod run;
mod script;
mod steps;
mod web;
mod world;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

/// Runs clients and a server in virtual time over a bad network, by seed.
#[derive(Debug, Clone, Parser)]
#[command(bin_name = "cargo xtask sim")]
struct Run {
    /// How many seeds. From 50 on, every kind of fault must have happened.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Messages that each of the four devices sends in each.
    #[arg(long, default_value_t = 200)]
    messages: usize,
    /// Seeds that run at a time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Makes client or server do something wrong, and demands that some seed finds it out.
    #[arg(long)]
    wrong: Option<Wrong>,
    /// Prints what happens.
    #[arg(long)]
    trace: bool,
}

/// Mistakes that a run has to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wrong {
    /// The client commits the cursor before the messages that it covers.
    CursorFirst,
    /// The client moves the cursor when the server acknowledges a message.
    CursorByPuback,
    /// The server does not look at client ids.
    NoDedupe,
    /// The server acknowledges before it commits.
    AckFirst,
}

fn main() -> ExitCode {
    match run::run(&Run::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sim: {error:#}");
            ExitCode::FAILURE
        }
    }
}

//! `cargo xtask faults`: three clients and the server, each a process of its own, which are killed and started
//! again, over proxies that do to their lines what networks do, by seed. A life of a client is this same program
//! with a hidden command; the server is the program that ships. Built with the feature `kill-points`; nothing of
//! it ships.

mod check;
mod keeper;
mod life;
#[path = "../lives/mod.rs"]
mod lives;
mod person;
mod plan;
mod record;
mod run;
mod seed;
mod server;
mod tally;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use lives::snapshot;

/// Runs clients and the server as processes over lines that break, kills them, and checks what is left, by seed.
#[derive(Parser)]
#[command(bin_name = "cargo xtask faults")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Run,
}

/// What to run.
#[derive(Args)]
struct Run {
    /// How many seeds. From 12 on, every fault must have happened over each transport.
    #[arg(long, default_value_t = 12)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Seeds that run at a time. They mostly wait.
    #[arg(long, default_value_t = 12)]
    jobs: usize,
    /// Makes client or server do something wrong, and demands that some seed finds it out.
    #[arg(long)]
    wrong: Option<Wrong>,
}

/// Mistakes that a run has to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wrong {
    /// The server forgets client ids: a retry is a second message.
    NoDedupe,
    /// The client commits the cursor before the messages that it covers.
    CursorFirst,
}

impl Wrong {
    fn name(self) -> &'static str {
        match self {
            Self::NoDedupe => "no-dedupe",
            Self::CursorFirst => "cursor-first",
        }
    }
}

#[derive(Subcommand)]
enum Command {
    /// One life of a client.
    #[command(hide = true)]
    Life(life::Life),
    /// A server's keeper.
    #[command(hide = true)]
    Keep(keeper::Keep),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Some(Command::Life(life)) => life::live(life),
        Some(Command::Keep(keep)) => keeper::keep(&keep),
        None => run::run(&cli.run),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("faults: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// See [`lives::folder`].
fn folder(seed: u64) -> PathBuf {
    lives::folder("faults", seed)
}

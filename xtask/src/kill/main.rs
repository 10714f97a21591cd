//! `cargo xtask kill`: real clients that die at every step and are started again, by seed. The parent runs the
//! server and the other person of each conversation; each life of the client under test is a process of its
//! own (this same program with a hidden command). Built with the feature `kill-points`; nothing of it ships.

mod bob;
mod check;
mod import;
mod journal;
mod life;
#[path = "../lives/mod.rs"]
mod lives;
mod plan;
mod run;
mod seed;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use lives::snapshot;

/// Kills clients at every step of their work and checks what is left, by seed.
#[derive(Parser)]
#[command(bin_name = "cargo xtask kill")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Run,
}

/// What to run.
#[derive(Args)]
struct Run {
    /// How many seeds. From 50 on, every kill point must have been met.
    #[arg(long, default_value_t = 50)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Seeds that run at a time.
    #[arg(long, default_value_t = 4)]
    jobs: usize,
    /// Makes the client move its cursor before it has the messages, and demands that some seed finds it out.
    #[arg(long)]
    wrong_order: bool,
}

#[derive(Subcommand)]
enum Command {
    /// One life of the client under test.
    #[command(hide = true)]
    Life(life::Life),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Some(Command::Life(life)) => life::live(life),
        None => run::run(&cli.run),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kill: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// See [`lives::folder`].
fn folder(seed: u64) -> PathBuf {
    lives::folder("kill", seed)
}

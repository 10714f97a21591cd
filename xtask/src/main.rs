//! `cargo xtask`: the project's own commands. People and CI run the same ones. Each command has a file of
//! its own; what they share is in `tools.rs`, `artefacts.rs` and `process.rs`.

mod artefacts;
mod bench;
mod bindings;
mod c_suite;
mod ci;
mod demo;
mod facades;
mod faults;
mod fuzz;
mod hosts;
mod kill;
mod licences;
mod process;
mod rust_suite;
mod sim;
mod size;
mod swift_pack;
mod test;
mod tools;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own commands.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds everything and shows two C programs in conversation over a server on loopback.
    Demo {
        /// Sends the lines of this UTF-8 text file instead of a short text.
        #[arg(long)]
        input: Option<PathBuf>,
    },
    /// Runs every test of every language; what the machine lacks is skipped by name.
    Test,
    /// Checks everything that is not a test: format, lints, header, documentation, licences, sizes.
    Ci {
        /// Writes the present size of the library into the ledger, and does nothing else.
        #[arg(long)]
        update_ledger: bool,
    },
    /// Tests the library with encryption at rest and compares its size with the ledger.
    Encryption {
        /// Writes its present size into the ledger instead.
        #[arg(long)]
        update_ledger: bool,
    },
    /// Generates the C header and the Kotlin, Python and Swift bindings.
    Bindings {
        /// Also makes target/swift-pack, which a machine with only Swift can build and run.
        #[arg(long)]
        pack: Option<bindings::Pack>,
    },
    /// Kills clients at every step of their work and checks what is left; `--help` tells the options.
    #[command(disable_help_flag = true)]
    Kill {
        /// Passed on to the runner: `--seeds 500`, `--first 7`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Runs clients and the server as processes over lines that break, and kills them; `--help` tells the options.
    #[command(disable_help_flag = true)]
    Faults {
        /// Passed on to the runner: `--seeds 100`, `--first 7`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Runs clients and a server in virtual time over a bad network, by seed; `--help` tells the options.
    #[command(disable_help_flag = true)]
    Sim {
        /// Passed on to the runner: `--seeds 1000`, `--first 7`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Feeds what mutation and coverage find to everything that reads foreign bytes; fails on a crash or a hang.
    Fuzz {
        /// How long, all targets together.
        #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..))]
        minutes: u32,
        /// Only this one.
        #[arg(long)]
        target: Option<fuzz::Target>,
        /// Runs the target once with this file, as a finding names it.
        #[arg(long, requires = "target")]
        replay: Option<PathBuf>,
    },
    /// Measures.
    Bench {
        /// What.
        what: bench::What,
        /// Passed on to the bench.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    // A path that the caller gave starts in the caller's folder, all others at the root.
    let caller = std::env::current_dir()?;
    tools::go_to_root()?;
    match command {
        Command::Demo { input } => demo::run(input.map(|path| caller.join(path)).as_deref()),
        Command::Test => test::run(),
        Command::Ci { update_ledger: true } => size::update(),
        Command::Ci { update_ledger: false } => ci::run(),
        Command::Encryption { update_ledger } => size::check_encrypted(update_ledger),
        Command::Bindings { pack } => bindings::run(pack),
        Command::Kill { arguments } => kill::run(&arguments),
        Command::Faults { arguments } => faults::run(&arguments),
        Command::Sim { arguments } => sim::run(&arguments),
        Command::Fuzz { minutes, target, replay } => {
            fuzz::run(minutes, target, replay.map(|path| caller.join(path)).as_deref())
        }
        Command::Bench { what, arguments } => bench::run(what, &arguments),
    }
}

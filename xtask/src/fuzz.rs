//! `cargo xtask fuzz`: builds the targets of fuzz/ with what the fuzzer needs to see where it gets, and runs them in
//! turn. Needs a C++ compiler and nothing else: the fuzzer itself comes from the registry.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context as _, bail};
use clap::ValueEnum;

use crate::artefacts::target_dir;
use crate::tools::{cargo, exists, output, run as start, say};

/// What can be fuzzed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Target {
    /// A server's WebSocket message.
    FrameDown,
    /// A client's WebSocket message.
    FrameUp,
    /// Answers and requests of long polling.
    Polling,
    /// Navigation's answer.
    Navigation,
    /// A script of what can happen to a session.
    Session,
    /// A sequence of calls of the C border.
    CApi,
}

/// Counts each branch taken and sees comparisons. The address sanitizer needs the bootstrap variable.
const FLAGS: [&str; 7] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Zsanitizer=address",
    "-Cforce-frame-pointers=yes",
];
/// A single input that takes longer, in seconds, hangs.
const HANG: u32 = 60;
/// More memory than this, in MiB, is a leak or an attack.
const MEMORY: u32 = 3072;
/// Longest input, in bytes.
const INPUT: u32 = 4096;

/// Runs `only`, or all, `minutes` together; or `only` with one input, the one at `replay`.
pub(crate) fn run(minutes: u32, only: Option<Target>, replay: Option<&Path>) -> anyhow::Result<()> {
    if !exists("c++") && !exists("g++") && !exists("clang++") {
        bail!("the fuzzer needs a C++ compiler: apt-get install g++");
    }
    if let Some(input) = replay {
        let target = only.context("--replay needs --target")?;
        let programs = build(&[target])?;
        return start(Command::new(programs.join(name(target)?)).args(limits()).arg(input));
    }
    let targets = only.map_or_else(|| Target::value_variants().to_vec(), |target| vec![target]);
    let programs = build(&targets)?;
    let seconds = u64::from(minutes) * 60 / targets.len() as u64;
    let mut failed = Vec::new();
    for target in targets {
        let name = name(target)?;
        say(format!("\n== {name}, {seconds} s =="));
        if let Err(error) = fuzz(&programs, &name, seconds) {
            eprintln!("{error:#}");
            failed.push(name);
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("found something: {}", failed.join(", ")) }
}

fn name(target: Target) -> anyhow::Result<String> {
    let value = target.to_possible_value().context("a target without a name")?;
    Ok(value.get_name().to_owned())
}

fn limits() -> Vec<String> {
    vec![format!("-timeout={HANG}"), format!("-rss_limit_mb={MEMORY}"), format!("-max_len={INPUT}")]
}

fn folder() -> PathBuf {
    target_dir().join("fuzz")
}

/// Builds the programs; gives their folder.
fn build(targets: &[Target]) -> anyhow::Result<PathBuf> {
    let version = output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    // With a target named, build scripts and macros are built without the flags.
    let mut command = cargo(&["build", "--release", "--manifest-path", "fuzz/Cargo.toml", "--target", host]);
    for target in targets {
        command.arg("--bin").arg(name(*target)?);
    }
    command.env("CARGO_TARGET_DIR", folder()).env("RUSTFLAGS", FLAGS.join(" ")).env("RUSTC_BOOTSTRAP", "1");
    start(&mut command)?;
    Ok(folder().join(host).join("release"))
}

/// Starts from the committed inputs and those of earlier runs; new ones that get somewhere are kept in the target
/// folder.
fn fuzz(programs: &Path, name: &str, seconds: u64) -> anyhow::Result<()> {
    let (own, findings) = (folder().join("corpus").join(name), folder().join("findings").join(name));
    std::fs::create_dir_all(&own)?;
    std::fs::create_dir_all(&findings)?;
    let before = SystemTime::now();
    let mut command = Command::new(programs.join(name));
    command.args(limits());
    command.arg(format!("-max_total_time={seconds}")).arg("-print_final_stats=1");
    command.arg(format!("-artifact_prefix={}/", findings.display()));
    command.arg(own).arg(std::path::absolute(Path::new("fuzz/corpus").join(name))?);
    let Err(error) = start(&mut command) else { return Ok(()) };
    for entry in std::fs::read_dir(&findings)? {
        let entry = entry?;
        if entry.metadata()?.modified()? >= before {
            say(format!("replay: cargo xtask fuzz --target {name} --replay {}", entry.path().display()));
        }
    }
    Err(error)
}

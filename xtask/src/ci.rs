//! `cargo xtask ci`: everything that is checked besides the tests. Runs all of it, then says what failed.

use anyhow::bail;

use crate::tools::{cargo, run as start, say};
use crate::{bindings, facades, faults, kill, licences, sim, size};

type Check = (&'static str, fn() -> anyhow::Result<()>);

const CHECKS: [Check; 11] = [
    ("format", format),
    ("lints", lints),
    ("features alone", features),
    ("documentation", documentation),
    ("licences", licences::check),
    ("header", header),
    ("bindings", facades::check),
    ("size and symbols", size::check),
    ("kill -9", kill::check),
    ("faults", faults::check),
    ("simulation", sim::check),
];

pub(crate) fn run() -> anyhow::Result<()> {
    let mut failed = Vec::new();
    let mut lines = Vec::new();
    for (name, check) in CHECKS {
        say(format!("\n== {name} =="));
        match check() {
            Ok(()) => lines.push(format!("passed   {name}")),
            Err(error) => {
                lines.push(format!("FAILED   {name}: {error:#}"));
                failed.push(name);
            }
        }
    }
    say("\n== summary ==");
    lines.iter().for_each(say);
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

fn format() -> anyhow::Result<()> {
    start(&mut cargo(&["fmt", "--all", "--check"]))?;
    // A workspace of its own.
    start(&mut cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))
}

fn lints() -> anyhow::Result<()> {
    start(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    start(&mut cargo(&[
        "clippy",
        "-p",
        "xtask",
        "--features",
        "generators,kill,faults,sim",
        "--",
        "-D",
        "warnings",
    ]))
}

/// Each feature set builds alone: features that only work together are no features.
fn features() -> anyhow::Result<()> {
    start(&mut cargo(&["check", "-p", "anser", "--no-default-features", "--features", "protocol"]))?;
    start(&mut cargo(&["check", "-p", "anser", "--no-default-features", "--features", "client"]))?;
    start(&mut cargo(&["check", "-p", "anser", "--no-default-features", "--features", "kill-points"]))?;
    start(&mut cargo(&["check", "-p", "anser", "--no-default-features", "--features", "sim"]))?;
    start(&mut cargo(&["check", "-p", "anser-server"]))
}

fn documentation() -> anyhow::Result<()> {
    start(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

/// The committed header is what the sources say.
fn header() -> anyhow::Result<()> {
    std::fs::create_dir_all("target/ci")?;
    let fresh = "target/ci/anser.h";
    bindings::header(fresh)?;
    if std::fs::read(fresh)? != std::fs::read(bindings::HEADER)? {
        bail!("{} is not what src/ffi/c says: run `cargo xtask bindings` and commit it", bindings::HEADER);
    }
    Ok(())
}

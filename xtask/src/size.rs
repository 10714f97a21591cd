//! The shipped library: how large it may be, and what it may export. What it was last found to be is in
//! `xtask/ledger.json`, so growth is a decision that a change shows.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::artefacts;
use crate::tools::output;

const LEDGER: &str = "xtask/ledger.json";
/// What it should not exceed, bytes, stripped. Missing it is said, here and in `docs/performance.md`; growing
/// further without a decision is what fails.
const TARGET: u64 = 4_500_000;
/// Growth over the ledger that needs no decision, per cent.
const SLACK: u64 = 5;
/// Prefixes of exported symbols: the C border, what generated bindings call, and what generators read.
const EXPORTS: [&str; 4] = ["anser_", "uniffi_", "ffi_", "UNIFFI_META_"];

pub(crate) fn check() -> anyhow::Result<()> {
    let library = artefacts::shipped_library()?;
    let size = library.metadata()?.len();
    let name = ledger_name();
    eprintln!("{name}: {size} bytes");
    symbols(&library)?;
    no_kill_points(&library)?;
    if size > TARGET {
        eprintln!("{name}: the target of {TARGET} bytes is missed");
    }
    match read_ledger()?.get(&name) {
        Some(known) if size * 100 > known * (100 + SLACK) => bail!(
            "{name} has grown from {known} to {size} bytes, more than {SLACK} %: \
             if it is worth it, run `cargo xtask ci --update-ledger` and commit {LEDGER}"
        ),
        Some(_) => Ok(()),
        None => bail!("{LEDGER} has no size of {name}: run `cargo xtask ci --update-ledger` and commit it"),
    }
}

/// Writes the present size down.
pub(crate) fn update() -> anyhow::Result<()> {
    let size = artefacts::shipped_library()?.metadata()?.len();
    let mut ledger = read_ledger()?;
    ledger.insert(ledger_name(), size);
    std::fs::write(LEDGER, serde_json::to_string_pretty(&ledger)? + "\n")?;
    eprintln!("{LEDGER}: {} = {size}", ledger_name());
    Ok(())
}

fn ledger_name() -> String {
    format!("{} {}-{}", artefacts::library_name(), std::env::consts::ARCH, std::env::consts::OS)
}

fn read_ledger() -> anyhow::Result<BTreeMap<String, u64>> {
    match std::fs::read_to_string(LEDGER) {
        Ok(text) => serde_json::from_str(&text).context(LEDGER),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error).context(LEDGER),
    }
}

/// What ends a process on request has no place in what ships.
fn no_kill_points(library: &Path) -> anyhow::Result<()> {
    const VARIABLE: &[u8] = b"ANSER_KILL";
    let bytes = std::fs::read(library)?;
    if bytes.windows(VARIABLE.len()).any(|window| window == VARIABLE) {
        bail!("{} was built with the feature kill-points", library.display());
    }
    Ok(())
}

fn symbols(library: &Path) -> anyhow::Result<()> {
    let list = output(Command::new("nm").args(["-D", "--defined-only", "--format=posix"]).arg(library))?;
    let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    if names.is_empty() {
        bail!("{} exports nothing", library.display());
    }
    let foreign: Vec<&str> =
        names.iter().copied().filter(|name| !EXPORTS.iter().any(|prefix| name.starts_with(prefix))).collect();
    if !foreign.is_empty() {
        bail!("exported, but of no border: {}", foreign.join(" "));
    }
    eprintln!("{} exported symbols, all of a border", names.len());
    Ok(())
}

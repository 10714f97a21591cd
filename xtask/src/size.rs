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
    symbols(&library)?;
    no_kill_points(&library)?;
    if size > TARGET {
        eprintln!("the target of {TARGET} bytes is missed");
    }
    compare(&ledger_name(PLAIN), size)
}

/// The second artefact: its tests and its size.
pub(crate) fn check_encrypted(update: bool) -> anyhow::Result<()> {
    let tests = ["test", "-p", "anser", "--features", "encryption", "--test", "encryption"];
    crate::tools::run(&mut crate::tools::cargo(&tests))?;
    let size = artefacts::encrypted_library()?.metadata()?.len();
    if update { write(&ledger_name(ENCRYPTED), size) } else { compare(&ledger_name(ENCRYPTED), size) }
}

fn compare(name: &str, size: u64) -> anyhow::Result<()> {
    eprintln!("{name}: {size} bytes");
    match read_ledger()?.get(name) {
        Some(known) if size * 100 > known * (100 + SLACK) => bail!(
            "{name} has grown from {known} to {size} bytes, more than {SLACK} %: \
             if it is worth it, run the same command with `--update-ledger` and commit {LEDGER}"
        ),
        Some(_) => Ok(()),
        None => bail!("{LEDGER} has no size of {name}: run the same with `--update-ledger` and commit it"),
    }
}

/// Writes the present size down.
pub(crate) fn update() -> anyhow::Result<()> {
    write(&ledger_name(PLAIN), artefacts::shipped_library()?.metadata()?.len())
}

fn write(name: &str, size: u64) -> anyhow::Result<()> {
    let mut ledger = read_ledger()?;
    ledger.insert(name.to_owned(), size);
    std::fs::write(LEDGER, serde_json::to_string_pretty(&ledger)? + "\n")?;
    eprintln!("{LEDGER}: {name} = {size}");
    Ok(())
}

/// What is behind the file's name in the ledger: nothing, or the second artefact's feature.
const PLAIN: &str = "";
const ENCRYPTED: &str = " with encryption";

fn ledger_name(of: &str) -> String {
    let name = artefacts::library_name();
    format!("{name}{of} {}-{}", std::env::consts::ARCH, std::env::consts::OS)
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

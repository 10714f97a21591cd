//! Owns the installation of the official web SDK: asks whether Node is here and installs the locked packages
//! once into `target/websdk`. Called by the tests of `websdk.rs`. Must never put anything of the SDK under
//! version control, nor let a test pass unseen: without Node it says so, and with `CI=true` it fails.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Oldest version of Node with all that the page needs (`fetch`).
const OLDEST_NODE: u32 = 18;
/// The line for machines without it.
const HOW_TO: &str = "install Node 18 or newer with npm (Debian: apt-get install nodejs npm)";

/// The folder of the installed SDK; `None` where the tests are skipped, which has been said.
pub(crate) fn sdk() -> Option<&'static Path> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let required = std::env::var("CI").is_ok_and(|ci| ci == "true");
    let installed = FOLDER.get_or_init(|| {
        let installed = install();
        if let Err(why) = &installed
            && !required
        {
            let why = why.lines().next().unwrap_or_default();
            // Straight to the stream: the harness swallows what passing tests print by the macros.
            let _ = writeln!(io::stderr(), "SKIPPED: the web SDK as a peer: {why}");
        }
        installed
    });
    match installed {
        Ok(folder) => Some(folder),
        Err(why) if required => panic!("the web SDK: {why}"),
        Err(_) => None,
    }
}

/// Where package.json, its lock and the page's scripts lie.
pub(crate) fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("websdk")
}

fn install() -> Result<PathBuf, String> {
    let version = output(Command::new("node").arg("--version")).map_err(|_| format!("no node; {HOW_TO}"))?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok());
    if major.is_none_or(|major: u32| major < OLDEST_NODE) {
        return Err(format!("node is {}; {HOW_TO}", version.trim()));
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it lies in target").join("websdk");
    locked(&folder).map_err(|error| format!("{}: {error}", folder.display()))?
}

/// Installs unless the folder holds just what the lock file names. One process at a time.
fn locked(folder: &Path) -> io::Result<Result<PathBuf, String>> {
    fs::create_dir_all(folder)?;
    let guard = File::create(folder.join("install.lock"))?;
    guard.lock()?;
    let (manifest, lock) = (sources().join("package.json"), sources().join("package-lock.json"));
    let stamp = folder.join("installed");
    let wanted = [fs::read(&manifest)?, fs::read(&lock)?].concat();
    if fs::read(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(Ok(folder.to_owned()));
    }
    fs::copy(&manifest, folder.join("package.json"))?;
    fs::copy(&lock, folder.join("package-lock.json"))?;
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    if output(Command::new(npm).arg("--version")).is_err() {
        return Ok(Err(format!("no npm; {HOW_TO}")));
    }
    if let Err(why) = output(Command::new(npm).args(arguments).current_dir(folder)) {
        return Ok(Err(format!("`npm ci` failed, is the network there? {}", why.trim())));
    }
    fs::write(&stamp, wanted)?;
    Ok(Ok(folder.to_owned()))
}

/// Standard output of a command that succeeded; else what it complained about.
fn output(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

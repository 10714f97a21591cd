//! The line: how long a message takes beside raw echoes in the same run, what an idle client costs, how fast it
//! connects past obstacles, and what ten thousand held polls take of a server. Names of parts (`latency`, `idle`,
//! `memory`, `ways`, `holds`) choose some; `--strict` fails on a missed target. Starts itself again for what needs a
//! process of its own.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a bench speaks, and a broken one ends"
)]

mod echo;
mod holds;
mod host;
mod http;
mod idle;
mod latency;
mod memory;
mod process;
mod ways;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// What was measured, against its target if it has one.
pub(crate) struct Figure {
    name: String,
    figure: f64,
    unit: &'static str,
    target: Option<f64>,
    note: String,
}

impl Figure {
    fn new(name: impl Into<String>, figure: f64, unit: &'static str) -> Self {
        Self { name: name.into(), figure, unit, target: None, note: String::new() }
    }

    fn at_most(self, target: f64) -> Self {
        Self { target: Some(target), ..self }
    }

    fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    fn missed(&self) -> bool {
        self.target.is_some_and(|target| self.figure > target)
    }

    fn print(&self) {
        let target = match self.target {
            Some(target) if self.missed() => format!("(target {target}) MISSED"),
            Some(target) => format!("(target {target}) ok"),
            None => String::new(),
        };
        println!("  {:<72} {:9.2} {:<5} {target:<20} {}", self.name, self.figure, self.unit, self.note);
    }
}

/// The value below which this part of the times lies, ms.
pub(crate) fn percentile(times: &mut [Duration], part: f64) -> f64 {
    times.sort();
    times[((times.len() - 1) as f64 * part).round() as usize].as_secs_f64() * 1000.0
}

/// An empty folder in the target folder, so that it lies on the disk that builds use.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-line-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(at) = arguments.iter().position(|argument| argument == process::ROLE) {
        let rest = &arguments[at + 2..];
        match arguments[at + 1].as_str() {
            host::ROLE => host::run(rest),
            memory::ROLE => memory::run(rest),
            holds::ROLE => holds::run(rest),
            role => panic!("no such role: {role}"),
        }
        return ExitCode::SUCCESS;
    }
    type Part = (&'static str, fn() -> Vec<Figure>);
    let parts: [Part; 5] = [
        ("latency", latency::figures),
        ("idle", idle::figures),
        ("memory", memory::figures),
        ("ways", ways::figures),
        ("holds", holds::figures),
    ];
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let mut missed = 0;
    for (name, figures) in parts {
        if !wanted.is_empty() && !wanted.iter().any(|part| *part == name) {
            continue;
        }
        println!("{name}");
        for figure in figures() {
            figure.print();
            missed += usize::from(figure.missed());
        }
    }
    if missed > 0 && arguments.iter().any(|argument| argument == "--strict") {
        println!("{missed} missed");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

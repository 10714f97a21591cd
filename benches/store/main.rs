//! The store with a million messages: pulling, opening, searching, paging, and the memory it takes; each
//! beside plain rusqlite doing the same SQL in the same run. `--strict` fails on a missed target, `--pull`
//! measures the pull alone.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench speaks, and a broken one ends"
)]

mod fixture;
mod pull;
mod reading;
mod words;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anser::client::{Client, ClientOptions};
use anser::store::search::SearchQuery;

/// What was measured, against its target.
pub(crate) struct Line {
    name: String,
    target: f64,
    figure: f64,
    unit: &'static str,
    /// What plain rusqlite needs, if it can do it.
    plain: Option<f64>,
    /// Largest ratio to it that is allowed, if any.
    ratio: Option<f64>,
    note: String,
}

impl Line {
    fn missed(&self) -> bool {
        let too_slow = self.plain.zip(self.ratio).is_some_and(|(plain, most)| self.figure / plain > most);
        self.figure > self.target || too_slow
    }

    fn print(&self) {
        let ratio = self
            .plain
            .map_or(String::new(), |plain| format!("plain {plain:7.2}, {:.2} x", self.figure / plain));
        let verdict = if self.missed() { "MISSED" } else { "ok" };
        println!(
            "  {:<46} {:8.2} {:<2} (target {:6.2}) {ratio:<24} {verdict:<7}{}",
            self.name, self.figure, self.unit, self.target, self.note
        );
    }
}

/// The value below which this part of the times lies, ms.
pub(crate) fn percentile(times: &mut [Duration], part: f64) -> f64 {
    times.sort();
    times[((times.len() - 1) as f64 * part).round() as usize].as_secs_f64() * 1000.0
}

pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}

fn pulling() -> Line {
    let pages = pull::Pages::new();
    let (mut ours, mut plain, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    // In turn, so that all see the same moments of the machine.
    for _ in 0..3 {
        ours.push(fresh(|folder| pull::anser(&pages, folder)));
        plain.push(fresh(|folder| pull::plain(&pages, folder, true)));
        rows.push(fresh(|folder| pull::plain(&pages, folder, false)));
    }
    let median = |times: &mut [Duration]| percentile(times, 0.5) / 1000.0;
    Line {
        name: format!("pull to commit of {} offline messages", pull::MESSAGES),
        target: 3.0,
        figure: median(&mut ours),
        unit: "s",
        plain: Some(median(&mut plain)),
        ratio: Some(2.0),
        note: format!("plain without the search index {:.2} s", median(&mut rows)),
    }
}

fn fresh(work: impl FnOnce(&Path) -> Duration) -> Duration {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-pull");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let time = work(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
    time
}

/// Resident memory, MB.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok())
        .map_or(f64::NAN, |kb| kb / 1024.0)
}

/// In a process of its own: what a client with this database takes while its user lists, reads and searches.
fn memory(folder: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let words = words::Words::new();
    let before = resident();
    let options = ClientOptions {
        user_id: Some(fixture::USER.into()),
        ..ClientOptions::new(fixture::APP, "http://127.0.0.1:1").data_dir(folder)
    };
    let client = Client::new(options).unwrap();
    let opened = resident();
    runtime.block_on(async {
        client.conversations().list(Vec::new(), None, 100).await.unwrap();
        for place in 0..100 {
            client.messages().history(fixture::key(place), 0, 50).await.unwrap();
        }
        for text in words.chinese.iter().step_by(400).chain(words.latin.iter().step_by(300)) {
            let query = SearchQuery { text: text.clone(), count: 20, ..SearchQuery::default() };
            client.search().messages(query).await.unwrap();
        }
    });
    println!("{} {}", opened - before, resident() - before);
    client.close();
}

fn measured_memory(folder: &Path) -> Line {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program).arg("--memory").arg(folder).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let figures: Vec<f64> = text.split_whitespace().map(|figure| figure.parse().unwrap()).collect();
    Line {
        name: "memory over the baseline, after use".into(),
        target: 25.0,
        figure: figures[1],
        unit: "MB",
        plain: None,
        ratio: None,
        note: format!("just opened {:.1} MB", figures[0]),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--memory") {
        memory(&arguments[at + 1]);
        return ExitCode::SUCCESS;
    }
    if arguments.iter().any(|argument| argument == "--pull") {
        pulling().print();
        return ExitCode::SUCCESS;
    }
    let folder = fixture::prepare();
    println!("store: {} messages, {} conversations", fixture::MESSAGES, fixture::CONVERSATIONS);
    let mut lines = vec![measured_memory(&folder)];
    lines.extend(reading::lines(&folder));
    lines.push(pulling());
    lines.iter().for_each(Line::print);
    let missed = lines.iter().filter(|line| line.missed()).count();
    if missed > 0 && arguments.iter().any(|argument| argument == "--strict") {
        println!("{missed} missed");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

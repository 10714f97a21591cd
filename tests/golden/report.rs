//! Counts what was checked, keeps what failed and prints both.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde_json::Value;

use super::notes::{Entry, Kind, Note, TableNote, name_of};

/// How a check ends: the reason of a failure is text for people.
pub(crate) type Check = Result<(), String>;

const KINDS: [(Kind, &str); 5] = [
    (Kind::Same, "same"),
    (Kind::Value, "value"),
    (Kind::Match, "match"),
    (Kind::Reject, "reject"),
    (Kind::Skip, "skip"),
];

/// All files.
pub(crate) struct Report {
    files: Vec<FileReport>,
    notes: Vec<String>,
}

/// One file, or one table beside the entries of a file.
pub(crate) struct FileReport {
    name: String,
    /// Rows beside the entries that the README counts stand apart from the total.
    beside: bool,
    counts: [usize; KINDS.len()],
    failed: usize,
    failures: Vec<(String, String)>,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self { files: Vec::new(), notes: Vec::new() }
    }

    /// The row of a file.
    pub(crate) fn file(&mut self, name: &str) -> &mut FileReport {
        self.row(name, false)
    }

    /// A row for checks beside the entries of a file.
    pub(crate) fn beside(&mut self, name: &str) -> &mut FileReport {
        self.row(name, true)
    }

    fn row(&mut self, name: &str, beside: bool) -> &mut FileReport {
        let at = self.files.iter().position(|file| file.name == name).unwrap_or_else(|| {
            self.files.push(FileReport {
                name: name.into(),
                beside,
                counts: [0; KINDS.len()],
                failed: 0,
                failures: Vec::new(),
            });
            self.files.len() - 1
        });
        &mut self.files[at]
    }

    /// Says something about an entry that is no failure.
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Whether nothing failed.
    pub(crate) fn passed(&self) -> bool {
        self.files.iter().all(|file| file.failures.is_empty())
    }

    /// The table, the failures, and the closing line.
    pub(crate) fn print(&self, folder: &Path) {
        println!("\nvectors of {}\n", folder.display());
        print_row("file", "entries", &KINDS.map(|(_, name)| name.to_owned()), "failed");
        for file in self.files.iter().filter(|file| !file.beside) {
            file.print();
        }
        let entries: Vec<_> = self.files.iter().filter(|file| !file.beside).collect();
        let total = std::array::from_fn(|kind| entries.iter().map(|file| file.counts[kind]).sum());
        let failed = entries.iter().map(|file| file.failures.len()).sum();
        counted("together", &total, failed);
        println!("\nbeside the entries");
        for file in self.files.iter().filter(|file| file.beside) {
            file.print();
        }
        for note in &self.notes {
            println!("note: {note}");
        }
        for file in &self.files {
            for (name, reason) in &file.failures {
                println!("FAILED {} {name}: {reason}", file.name);
            }
        }
        let checked: usize = self.files.iter().map(|file| file.counts.iter().sum::<usize>()).sum();
        let failures: usize = self.files.iter().map(|file| file.failures.len()).sum();
        let failed: usize = self.files.iter().map(|file| file.failed).sum();
        let word = if self.passed() { "ok" } else { "FAILED" };
        println!("\ntest result: {word}. {} passed; {failures} failed; 0 ignored\n", checked - failed);
    }
}

impl FileReport {
    /// Counts an entry by its note and checks it. A panic is a failure like any other; a noted skip
    /// needs no check.
    pub(crate) fn check(&mut self, name: &str, note: &Note, check: impl FnOnce() -> Check) {
        let at = KINDS.iter().position(|(kind, _)| *kind == note.kind()).expect("every kind has a column");
        self.counts[at] += 1;
        if matches!(note, Note::Skip) {
            return;
        }
        let outcome = catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|panic| {
            let words = panic.downcast_ref::<String>().cloned();
            let words = words.or_else(|| panic.downcast_ref::<&str>().map(|&words| words.to_owned()));
            Err(format!("panicked: {}", words.unwrap_or_default()))
        });
        if let Err(reason) = outcome {
            self.failed += 1;
            self.failures.push((name.into(), reason));
        }
    }

    /// Reads and checks every entry of a list.
    pub(crate) fn entries(
        &mut self,
        list: &[Value],
        table: Option<&TableNote>,
        known: &[&str],
        check: impl Fn(&Entry<'_>) -> Check,
    ) {
        for (index, value) in list.iter().enumerate() {
            let name = name_of(value, index);
            match Entry::read(value, table, known) {
                Ok(entry) => self.check(&name, &entry.note, || check(&entry)),
                Err(reason) => self.fail(&name, reason),
            }
        }
    }

    /// Something that cannot even be counted.
    pub(crate) fn fail(&mut self, name: &str, reason: String) {
        self.failures.push((name.into(), reason));
    }

    fn print(&self) {
        counted(&self.name, &self.counts, self.failures.len());
    }
}

fn counted(name: &str, counts: &[usize; KINDS.len()], failed: usize) {
    let entries = counts.iter().sum::<usize>().to_string();
    print_row(name, &entries, &counts.map(|count| count.to_string()), &failed.to_string());
}

fn print_row(name: &str, entries: &str, kinds: &[String; KINDS.len()], failed: &str) {
    print!("{name:<24} {entries:>8}");
    for kind in kinds {
        print!(" {kind:>7}");
    }
    println!(" {failed:>7}");
}

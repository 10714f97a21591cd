//! The house rules that a compiler does not check: which module may use which, what the session must not
//! touch, how long a file may be. Reads the sources; runs nothing of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};

/// Longest file, in lines.
const MAX_LINES: usize = 500;

/// Where a module stands; arrows point to the same height or down. The store uses the session's types for
/// what it stores and sends (`Batch`, `Cursors`, `Incoming`, `Outgoing`, `SendOutcome`), the transport its
/// `Generation`: session, transport and store stand side by side.
fn rank(module: &str) -> u32 {
    match module {
        "ffi" => 5,
        "client" => 4,
        "session" | "transport" | "store" => 3,
        "timing" | "clock" | "runtime" | "kill" => 2,
        "wire" => 1,
        "model" => 0,
        other => panic!("module `{other}` has no place in the house yet: give it one here"),
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every source file: its path below `src`, its top module, its text.
fn files() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    assert!(paths.len() > 40, "the sources were not found");
    let read = |path: PathBuf| {
        let below = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        let module = below.split(['/', '.']).next().unwrap().to_owned();
        (below, module, std::fs::read_to_string(&path).unwrap())
    };
    paths.into_iter().map(read).collect()
}

/// The code without comments and without what only tests compile: those may look at anything.
fn code(file: &str, text: &str) -> String {
    if file.contains("/tests") {
        return String::new();
    }
    let shipped = text.split("#[cfg(test)]").next().unwrap();
    let lines = shipped.lines().map(|line| line.split("//").next().unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// The top modules that a text names after `crate::`, groups included.
fn used(code: &str) -> Vec<String> {
    let mut modules = Vec::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            let (mut depth, mut name) = (0, String::new());
            for character in group.chars() {
                match character {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => modules.push(std::mem::take(&mut name)),
                    _ if depth == 0 => name.push(character),
                    _ => {}
                }
            }
            modules.push(name);
        } else {
            modules.push(rest.to_owned());
        }
    }
    let first = |path: &String| {
        path.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>()
    };
    let mut modules: Vec<String> = modules.iter().map(first).filter(|name| !name.is_empty()).collect();
    // Types that lib.rs gives a short name, and macros, are no modules.
    modules.retain(|name| name.chars().next().is_some_and(|c| c.is_ascii_lowercase()));
    modules
}

#[test]
fn used_modules_are_found() {
    assert_eq!(used("use crate::model::{A, B};\ncrate::wire::x()"), ["model", "wire"]);
    assert_eq!(used("use crate::{model::{A, B},\n clock, runtime};"), ["model", "clock", "runtime"]);
}

#[test]
fn arrows_point_down() {
    let mut wrong = Vec::new();
    let mut arrows = 0;
    for (file, module, text) in files() {
        if module == "lib" {
            continue;
        }
        for target in used(&code(&file, &text)) {
            arrows += 1;
            if rank(&target) > rank(&module) {
                wrong.push(format!("{file} uses {target}, which is above it"));
            }
            let session_may = ["session", "timing", "wire", "model"];
            if module == "session" && !session_may.contains(&target.as_str()) {
                wrong.push(format!("{file} uses {target}: the session decides without it"));
            }
        }
    }
    assert!(arrows > 100, "only {arrows} arrows were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_session_does_no_io_and_reads_no_clock() {
    let forbidden = [
        "tokio",
        "std::net",
        "std::fs",
        "std::io",
        "std::thread",
        "std::time",
        "Instant",
        "SystemTime",
        "rusqlite",
    ];
    for (file, module, text) in files() {
        let code = code(&file, &text);
        for word in forbidden.iter().filter(|_| module == "session") {
            assert!(!code.contains(word), "{file} mentions {word}");
        }
    }
}

#[test]
fn clocks_and_threads_have_one_place_each() {
    for (file, module, text) in files() {
        let code = code(&file, &text);
        let mentions = |words: &[&str]| words.iter().any(|word| code.contains(word));
        // How long a host's own call may block is counted where it blocks: no state depends on it.
        if module != "clock" && file != "ffi/c/pull.rs" {
            assert!(!mentions(&["Instant::now", "SystemTime::now"]), "{file} reads a clock");
        }
        if module != "runtime" {
            let starts = ["thread::spawn", "thread::Builder", "tokio::spawn", "runtime::Builder"];
            assert!(!mentions(&starts), "{file} starts threads or tasks");
        }
    }
}

#[test]
fn files_are_short_and_say_what_they_are() {
    for (file, _, text) in files() {
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "{file} has {lines} lines");
        assert!(text.starts_with("//!"), "{file} does not begin by saying what it is");
    }
}

//! Keeps the documents true: `docs/api-map.md` names only what exists and leaves no function of the web SDK
//! out, and `docs/errors.md` is what the table of codes says. `ANSER_UPDATE_DOCS=1` writes the latter anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::string_slice)]

#[path = "docs/raised.rs"]
mod raised;
#[path = "docs/raising.rs"]
mod raising;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anser::model::ErrorCode;
use raised::{RAISED, Raised};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text_of(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The source of the function that `test` (`path::name`) names, from its definition to the end of its body;
/// `None` if the file or the function does not exist. Reads Rust, Kotlin, Python and C by their indentation.
fn function(test: &str) -> Option<String> {
    let (path, name) = test.split_once("::")?;
    let text = fs::read_to_string(root().join(path)).ok()?;
    let is_definition = |line: &str| match path.rsplit_once('.')?.1 {
        "rs" => Some(line.contains(&format!("fn {name}("))),
        "kt" => Some(line.contains(&format!("fun {name}(")) || line.contains(&format!("fun `{name}`("))),
        "py" => Some(line.contains(&format!("def {name}("))),
        "c" => Some(line.contains(&format!(" {name}(")) && line.ends_with('{')),
        _ => None,
    };
    let mut lines = text.lines().skip_while(|line| is_definition(line) != Some(true));
    let first = lines.next()?;
    let indent = |line: &str| line.len() - line.trim_start().len();
    let inside = |line: &&str| line.trim().is_empty() || indent(line) > indent(first);
    Some(std::iter::once(first).chain(lines.take_while(inside)).collect::<Vec<_>>().join("\n"))
}

fn names_number(text: &str, number: i32) -> bool {
    let number = number.to_string();
    let joins = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(&number)
        .any(|(at, _)| !text[..at].ends_with(joins) && !text[at + number.len()..].starts_with(joins))
}

/// Everything between backticks in `text`.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The tables of `docs/api-map.md`: (heading of the section, cells of the row).
fn rows(map: &str) -> Vec<(String, Vec<String>)> {
    let mut section = String::new();
    let mut rows = Vec::new();
    for line in map.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading.to_owned();
        } else if let Some(cells) = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')) {
            rows.push((section.clone(), cells.split('|').map(|cell| cell.trim().to_owned()).collect()));
        }
    }
    rows
}

/// All Rust sources below `folder`.
fn sources(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            texts.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push(text_of(path));
        }
    }
    texts
}

/// Whether a public type of the client, or what it is made of, has such a method or field.
fn has_member(kind: &str, member: &str) -> bool {
    let owns = |text: &String| {
        ["impl ", "pub struct ", "pub trait "].iter().any(|word| text.contains(&format!("{word}{kind} {{")))
            || text.contains(&format!("pub trait {kind}:"))
    };
    let members = [format!("fn {member}("), format!("pub {member}:")];
    ["src/client", "src/store", "src/model"]
        .iter()
        .flat_map(|folder| sources(&root().join(folder)))
        .filter(owns)
        .any(|text| members.iter().any(|form| text.contains(form)))
}

/// Why a name in backticks is wrong; `None` if it is right or no name of ours.
fn wrong(name: &str, header: &str) -> Option<String> {
    if name.contains('.') && name.contains("::") {
        return function(name).is_none().then(|| format!("the test {name} does not exist"));
    }
    if let Some((kind, member)) = name.split_once("::") {
        return (!has_member(kind, member)).then(|| format!("{name} does not exist"));
    }
    if name.starts_with("anser_") {
        return (!header.contains(&format!("{name}("))).then(|| format!("{name} is not in anser.h"));
    }
    if name.starts_with("src/") || name.starts_with("server/") {
        return (!root().join(name).exists()).then(|| format!("{name} does not exist"));
    }
    let (kind, member) = name.split_once('.')?;
    let facade = root().join("bindings/kotlin/src/main/kotlin/im/anser");
    let file = if kind == "Subscription" { "Events" } else { kind };
    let text = fs::read_to_string(facade.join(format!("{file}.kt"))).ok()?;
    let declared = ["fun ", "val ", "var "].iter().any(|word| {
        text.match_indices(&format!("{word}{member}"))
            .any(|(at, form)| !text[at + form.len()..].starts_with(|c: char| c.is_alphanumeric()))
    });
    (!declared).then(|| format!("{name} is not in the Kotlin facade"))
}

#[test]
fn the_connection_names_tests_that_exist() {
    let text = text_of("docs/connection.md");
    let tests: Vec<&str> = quoted(&text).filter(|name| name.contains(".rs::")).collect();
    assert!(tests.len() > 20, "{}", tests.len());
    let missing: Vec<_> = tests.into_iter().filter(|test| function(test).is_none()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_map_has_every_function_of_the_web_sdk() {
    let map = text_of("docs/api-map.md");
    let mapped: BTreeSet<_> = rows(&map)
        .into_iter()
        .filter(|(section, _)| section.starts_with("(a)"))
        .map(|(_, cells)| (cells[0].clone(), cells[1].trim_matches('`').to_owned()))
        .collect();
    let table = text_of("docs/api-functions.tsv");
    let wanted: Vec<_> = table
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .map(|row| (row[0].to_owned(), row[1].to_owned()))
        .collect();
    assert!(wanted.len() > 100, "the table of functions is whole");
    let missing: Vec<_> = wanted.iter().filter(|row| !mapped.contains(*row)).collect();
    assert!(missing.is_empty(), "not in docs/api-map.md: {missing:?}");
}

#[test]
fn the_map_has_every_function_of_the_native_peer() {
    let map = text_of("docs/api-map.md");
    let mapped: BTreeSet<_> = rows(&map)
        .into_iter()
        .filter(|(section, _)| section.starts_with("(c)"))
        .map(|(_, cells)| cells[0].trim_matches('`').to_owned())
        .filter(|name| name.starts_with("rcim_"))
        .collect();
    let wanted: BTreeSet<_> = text_of("docs/native-functions.txt").lines().map(str::to_owned).collect();
    assert!(wanted.len() > 100, "the list of functions is whole");
    assert_eq!(mapped, wanted);
}

#[test]
fn rows_say_what_is_here_and_prove_it() {
    let map = text_of("docs/api-map.md");
    let mut here = BTreeMap::<_, usize>::new();
    for (section, cells) in rows(&map) {
        let Some(state) = cells.iter().position(|cell| matches!(&**cell, "here" | "not yet" | "no")) else {
            assert!(
                section.starts_with("(d)")
                    || cells.iter().any(|cell| cell == "state" || cell.contains("---")),
                "{section}: a row without its state: {cells:?}"
            );
            continue;
        };
        let rest = cells[state + 1..].join(" ");
        if cells[state] == "here" {
            *here.entry(section.clone()).or_default() += 1;
            assert!(quoted(&rest).any(|name| name.contains("::")), "{section}: no name for {cells:?}");
            if section.starts_with("(a)") {
                assert_eq!(cells.len(), 7, "{cells:?}");
                assert!(cells[6].contains('.') && cells[6].contains("::"), "no test for {cells:?}");
            }
        } else {
            assert!(!rest.contains('`'), "{section}: a name for what is not here: {cells:?}");
        }
    }
    assert!(here.len() >= 3 && here.values().all(|count| *count > 0), "{here:?}");
    const WHOLE: [&str; 8] =
        ["connection", "messages", "conversations", "unread", "drafts", "search", "history", "settings"];
    let unfinished: Vec<_> = rows(&map)
        .into_iter()
        .filter(|(section, cells)| {
            (section.starts_with("(a)") || section.starts_with("(b)"))
                && WHOLE.contains(&&*cells[0])
                && cells[2] == "not yet"
                && cells[1] != "`getNavi`"
        })
        .collect();
    assert!(unfinished.is_empty(), "these topics are whole: {unfinished:?}");
}

#[test]
fn no_document_names_what_does_not_exist() {
    let header = text_of("bindings/c/include/anser.h");
    let map = text_of("docs/api-map.md");
    let mut wrongs: Vec<_> = quoted(&map).filter_map(|name| wrong(name, &header)).collect();
    let protocol = text_of("docs/protocol.md");
    wrongs.extend(quoted(&protocol).filter_map(|name| {
        let is_path = ["src/", "server/", "tests/", "proto/"].iter().any(|start| name.starts_with(start));
        (is_path && !root().join(name).exists()).then(|| format!("{name} does not exist"))
    }));
    assert!(wrongs.is_empty(), "{wrongs:#?}");
    // The check itself must be able to fail.
    let invented =
        ["Client::nothing", "anser_nothing", "Client.nothing", "tests/docs.rs::nothing", "src/nothing.rs"];
    for name in invented {
        assert!(wrong(name, &header).is_some(), "{name} passes");
    }
}

fn raised(code: ErrorCode) -> Option<&'static Raised> {
    RAISED.iter().find(|(numbers, _)| numbers.contains(&code.0)).map(|(_, raised)| raised)
}

#[test]
fn tests_that_raise_a_code_exist_and_name_it() {
    for (numbers, raised) in RAISED {
        let codes: Vec<_> = ErrorCode::ALL.iter().filter(|(_, code, _)| numbers.contains(&code.0)).collect();
        assert!(!codes.is_empty(), "{numbers:?} is no code");
        let Raised::By(test) = raised else { continue };
        let source = function(test).unwrap_or_else(|| panic!("{test} does not exist"));
        for (name, code, _) in codes {
            assert!(
                source.contains(name) || names_number(&source, code.0),
                "{test} does not name {name} ({})",
                code.0
            );
        }
    }
}

#[test]
fn errors_are_written_down() {
    let mut written = String::from(
        "# Error codes\n\n\
         Generated from `ErrorCode::ALL` (src/model/code.rs) by tests/docs.rs: `ANSER_UPDATE_DOCS=1 cargo test -p \
         anser --test docs` writes it anew. Hosts see the number, the kind, whether the same call may succeed \
         later unchanged, and the words. Numbers that share two names have one row for each.\n\n\
         | number | name | words | kind | retryable | raised by, or why not |\n|--:|---|---|---|---|---|\n",
    );
    let mut by_test = 0;
    for (name, code, words) in ErrorCode::ALL {
        let raised = match raised(*code) {
            Some(Raised::By(test)) => {
                by_test += 1;
                format!("`{test}`")
            }
            Some(Raised::Untested(when)) => format!("{when}; no test asserts the number yet"),
            Some(Raised::Not(why)) => (*why).to_owned(),
            None => panic!("{name} ({}) is missing in tests/docs/raised.rs", code.0),
        };
        let retryable = if code.retryable() { "yes" } else { "no" };
        writeln!(written, "| {} | `{name}` | {words} | {:?} | {retryable} | {raised} |", code.0, code.kind())
            .unwrap();
    }
    assert!(by_test > 30, "only {by_test} codes are raised by a test");
    let path = root().join("docs/errors.md");
    if std::env::var_os("ANSER_UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::write(&path, &written).unwrap();
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    let differs = there.lines().zip(written.lines()).find(|(there, written)| there != written);
    assert!(
        there == written,
        "docs/errors.md is out of date (ANSER_UPDATE_DOCS=1 writes it anew); first difference: {differs:#?}"
    );
}

//! The README's quick starts are files that the suites compile and run; here they are compared word for word.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The README's block in this language.
fn block(language: &str) -> String {
    let readme = read("README.md");
    let start = format!("```{language}\n");
    let from = readme.find(&start).unwrap_or_else(|| panic!("the README has no {language} block"));
    let rest = readme.get(from + start.len()..).unwrap();
    rest.get(..rest.find("\n```").unwrap()).unwrap().to_owned()
}

#[test]
fn the_c_quick_start_is_the_one_that_runs() {
    assert_eq!(block("c"), read("bindings/c/examples/quickstart.c").trim_end());
}

#[test]
fn the_kotlin_quick_start_is_the_one_that_runs() {
    let file = read("bindings/kotlin/src/test/kotlin/im/anser/QuickStart.kt");
    let from = file.find("import ").expect("it imports something");
    assert_eq!(block("kotlin"), file.get(from..).unwrap().trim_end());
}

#[test]
fn the_swift_quick_start_is_the_one_that_is_packed() {
    let file = read("bindings/swift/Tests/AnserTests/QuickStart.swift");
    let from = file.find("import ").expect("it imports something");
    assert_eq!(block("swift"), file.get(from..).unwrap().trim_end());
}

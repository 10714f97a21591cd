//! The test target `vectors`: reads every file of `tests/vectors/` (or of the folder that
//! `ANSER_VECTORS_DIR` names) and checks every entry as its `native` note says. The rules stand in the
//! README of that folder; nothing here knows a vector by its name or its expected value.
//!
//! It has no harness: it prints a table, every failure, and a closing line like that of `cargo test`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout, clippy::string_slice)]

mod behaviour;
mod behaviour_client;
mod behaviour_queries;
mod bodies;
mod compare;
mod content;
mod enums;
mod files;
mod frames;
mod header;
mod http;
mod modules;
mod notes;
mod polling;
mod polling_answers;
mod proto;
mod report;
mod strings;
mod typed;
mod urls;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use modules::ModuleMap;
use report::Report;
use serde_json::{Map, Value};

/// What every check may ask for.
pub(crate) struct Context {
    /// Module names of the vectors, with their messages and field numbers.
    pub(crate) modules: ModuleMap,
}

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--list") {
        println!("vectors: test");
        return ExitCode::SUCCESS;
    }
    let own = own_folder();
    let folder = std::env::var_os("ANSER_VECTORS_DIR").map_or_else(|| own.clone(), PathBuf::from);
    let mut report = Report::new();
    typed::check_table(&mut report);
    check_folder(&folder, &own, &mut report);
    report.print(&folder);
    if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn own_folder() -> PathBuf {
    let root = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    root.join("tests/vectors")
}

fn check_folder(folder: &Path, own: &Path, report: &mut Report) {
    let files = match files::read_folder(folder) {
        Ok(files) => files,
        Err(error) => return report.file("(folder)").fail("(folder)", error),
    };
    let map = match files.iter().find(|file| file.name == files::MODULE_MAP) {
        Some(file) => file.json.clone(),
        None => files::read_json(&own.join(files::MODULE_MAP)),
    };
    let modules = match map.and_then(|map| ModuleMap::parse(&map)) {
        Ok(modules) => modules,
        Err(error) => {
            report.file(files::MODULE_MAP).fail("(file)", error);
            ModuleMap::default()
        }
    };
    let context = Context { modules };
    for file in &files {
        let object = match &file.json {
            Ok(Value::Object(object)) => object,
            Ok(_) => {
                report.file(&file.name).fail("(file)", "not a JSON object".into());
                continue;
            }
            Err(error) => {
                report.file(&file.name).fail("(file)", error.clone());
                continue;
            }
        };
        if let Err(error) = check_file(&context, &file.name, object, report) {
            report.file(&file.name).fail("(file)", error);
        }
    }
    if files.is_empty() {
        report.file("(folder)").fail("(folder)", "holds no vectors".into());
    }
}

/// A file's name says what it holds; a name without a rule is an error.
fn check_file(
    context: &Context,
    name: &str,
    object: &Map<String, Value>,
    report: &mut Report,
) -> Result<(), String> {
    files::check_count(object)?;
    match name {
        "up-frames.json" | "down-frames.json" | "down-errors.json" => {
            frames::check_file(context, object, report.file(name))
        }
        "bodies.json" => bodies::check_bodies(context, object, report.file(name)),
        "engine-4.4.2.json" => bodies::check_engine(object, report.file(name)),
        files::MODULE_MAP => modules::check_file(object, report.file(name)),
        "strings.json" => strings::check_file(object, report.file(name)),
        "header-bytes.json" => header::check_file(object, report.file(name)),
        "enums.json" => enums::check_file(object, report.file(name)),
        "urls.json" => urls::check_file(object, report.file(name)),
        "content.json" => content::check_file(object, report),
        "polling.json" => polling::check_file(object, report),
        "pipeline.json" => behaviour::check_pipeline(object, report.file(name)),
        "outcomes.json" => behaviour::check_outcomes(object, report.file(name)),
        "query-outcomes.json" => behaviour_queries::check_file(object, report.file(name)),
        _ => Err("there is no rule for a file of this name".into()),
    }
}

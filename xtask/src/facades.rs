//! The facades of Kotlin and Swift pass on every method that the library exports: one that is added in Rust
//! and forgotten there fails here, by name.

use std::fmt::Write as _;

use anyhow::{Context as _, bail};

use crate::bindings;
use crate::tools::files_below;

const OBJECTS: [&str; 11] = [
    "Client",
    "Messages",
    "History",
    "Conversations",
    "Receipts",
    "Settings",
    "Media",
    "Upload",
    "Search",
    "Storage",
    "Subscription",
];

pub(crate) fn check() -> anyhow::Result<()> {
    bindings::generate()?;
    let generated = std::fs::read_to_string("bindings/kotlin/generated/im/anser/ffi/anser.kt")?;
    let kotlin = sources("bindings/kotlin/src/main/kotlin")?;
    let swift = sources("bindings/swift/Sources/Anser")?;
    let mut missing = String::new();
    let mut count = 0;
    for object in OBJECTS {
        for method in methods(&generated, object)? {
            count += 1;
            for (language, facade) in [("Kotlin", &kotlin), ("Swift", &swift)] {
                if !facade.contains(&format!("native.{method}(")) {
                    write!(missing, " {object}.{method} in {language};")?;
                }
            }
        }
    }
    if !missing.is_empty() {
        bail!("the facades pass on nothing of:{missing}");
    }
    eprintln!("both facades pass on all {count} exported methods");
    Ok(())
}

/// Names of an exported object's methods, as the generated Kotlin interface lists them.
fn methods(generated: &str, object: &str) -> anyhow::Result<Vec<String>> {
    let (_, rest) = generated
        .split_once(&format!("public interface {object}Interface {{"))
        .with_context(|| format!("no interface of {object} in the generated code"))?;
    let (body, _) = rest.split_once("companion object").unwrap_or((rest, ""));
    let (body, _) = body.split_once("\n}").unwrap_or((body, ""));
    let names = body.split("fun `").skip(1).filter_map(|text| text.split_once('`'));
    let names: Vec<String> = names.map(|(name, _)| name.to_owned()).collect();
    if names.is_empty() {
        bail!("no methods of {object} in the generated code");
    }
    Ok(names)
}

fn sources(folder: &str) -> anyhow::Result<String> {
    files_below(folder.as_ref())?.iter().map(|file| Ok(std::fs::read_to_string(file)?)).collect()
}

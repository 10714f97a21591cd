//! The Rust suite: every test target of the workspace but one. `websdk` needs Node and is a suite of its
//! own, so that a summary can say whether it ran.

use anyhow::Context as _;
use serde_json::Value;

use crate::tools::{cargo, output, run as start};

const NODE_TARGET: &str = "websdk";

pub(crate) fn run() -> anyhow::Result<()> {
    let targets = test_targets()?;
    let mut anser = cargo(&["test", "-p", "anser", "--no-fail-fast", "--lib"]);
    for target in targets.iter().filter(|target| *target != NODE_TARGET) {
        anser.args(["--test", target]);
    }
    // All run even if the first fails: one run shows everything.
    let results = [
        start(&mut anser),
        start(&mut cargo(&["test", "-p", "anser", "--doc"])),
        start(&mut cargo(&["test", "--workspace", "--exclude", "anser", "--no-fail-fast"])),
    ];
    results.into_iter().collect()
}

/// Names of the test targets of the root package.
fn test_targets() -> anyhow::Result<Vec<String>> {
    let metadata = output(&mut cargo(&["metadata", "--format-version", "1", "--no-deps"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata.get("packages").and_then(Value::as_array).context("no packages")?;
    let is_anser = |package: &&Value| package.get("name").and_then(Value::as_str) == Some("anser");
    let package = packages.iter().find(is_anser).context("no package anser")?;
    let targets = package.get("targets").and_then(Value::as_array).context("no targets")?;
    let is_test = |target: &&Value| target.pointer("/kind/0").and_then(Value::as_str) == Some("test");
    let name = |target: &Value| target.get("name").and_then(Value::as_str).map(str::to_owned);
    Ok(targets.iter().filter(is_test).filter_map(name).collect())
}

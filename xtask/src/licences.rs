//! Every dependency may be used by anybody for anything: its licence expression is met by licences from a
//! list. Packages that only some feature needs are fetched first.

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::tools::{cargo, output, run};

/// Permissive licences.
const ALLOWED: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Zlib",
];

/// Others, with the packages that may have them and why.
const EXCEPTIONS: [(&str, &[&str], &str); 3] = [
    (
        "MPL-2.0",
        &["uniffi", "cbindgen"],
        "copyleft by file: used unchanged, it asks nothing of the program around it",
    ),
    ("blessing", &["sqlcipher-src"], "SQLite's own: public domain"),
    ("WTFPL", &["sqlcipher-src"], "asks for nothing; only in the artefact with encryption"),
];

pub(crate) fn check() -> anyhow::Result<()> {
    let host = output(std::process::Command::new("rustc").arg("-vV"))?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc has no host")?;
    // All features, so that the generators are among them; this host only, since cargo has not fetched what
    // other systems alone need.
    run(&mut cargo(&["fetch", "--locked", "--target", host]))?;
    let arguments = ["metadata", "--format-version", "1", "--locked", "--offline", "--all-features"];
    let metadata = output(cargo(&arguments).args(["--filter-platform", host]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata.get("packages").and_then(Value::as_array).context("no packages")?;
    let mut refused = Vec::new();
    for package in packages {
        let name = package.get("name").and_then(Value::as_str).context("a package without name")?;
        let licence = package.get("licence").or_else(|| package.get("license")).and_then(Value::as_str);
        match licence.map(|expression| (expression, allows(name, expression))) {
            Some((_, Ok(true))) => {}
            Some((expression, Ok(false))) => refused.push(format!("{name}: {expression}")),
            Some((expression, Err(error))) => refused.push(format!("{name}: {expression}: {error:#}")),
            None => refused.push(format!("{name}: no licence expression")),
        }
    }
    if !refused.is_empty() {
        bail!("not allowed: {}", refused.join("; "));
    }
    eprintln!("the licences of {} packages are permissive", packages.len());
    Ok(())
}

/// Whether an SPDX expression is met for this package.
fn allows(package: &str, expression: &str) -> anyhow::Result<bool> {
    // Old manifests write a slash for OR.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let met = any(package, &mut words)?;
    match words.next() {
        None => Ok(met),
        Some(word) => bail!("unexpected {word}"),
    }
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(package: &str, words: &mut Words<'_>) -> anyhow::Result<bool> {
    let mut met = all(package, words)?;
    while words.next_if_eq(&"OR").is_some() {
        // Both sides are parsed in any case.
        met |= all(package, words)?;
    }
    Ok(met)
}

fn all(package: &str, words: &mut Words<'_>) -> anyhow::Result<bool> {
    let mut met = one(package, words)?;
    while words.next_if_eq(&"AND").is_some() {
        met &= one(package, words)?;
    }
    Ok(met)
}

fn one(package: &str, words: &mut Words<'_>) -> anyhow::Result<bool> {
    let word = words.next().context("the expression ends too early")?;
    if word == "(" {
        let met = any(package, words)?;
        return if words.next() == Some(")") { Ok(met) } else { bail!("a parenthesis is not closed") };
    }
    let mut licence = word.to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        licence = format!("{licence} WITH {}", words.next().context("WITH what?")?);
    }
    let excepted = |(id, packages, _): &(&str, &[&str], &str)| {
        *id == licence && packages.iter().any(|prefix| package.starts_with(prefix))
    };
    Ok(ALLOWED.contains(&licence.as_str()) || EXCEPTIONS.iter().any(excepted))
}

#[cfg(test)]
mod tests {
    use super::allows;

    #[test]
    fn expressions_are_understood() {
        for (expression, met) in [
            ("MIT", true),
            ("MIT/Apache-2.0", true),
            ("GPL-3.0-only", false),
            ("GPL-3.0-only OR MIT", true),
            ("GPL-3.0-only AND MIT", false),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
            ("Apache-2.0 WITH LLVM-exception OR GPL-2.0", true),
            ("MIT AND (GPL-2.0 OR LGPL-2.1)", false),
            ("MPL-2.0", false),
        ] {
            assert_eq!(allows("some", expression).unwrap(), met, "{expression}");
        }
        assert!(allows("uniffi_core", "MPL-2.0").unwrap());
        for broken in ["", "MIT OR", "(MIT", "MIT MIT", "MIT WITH"] {
            assert!(allows("some", broken).is_err(), "{broken}");
        }
    }
}

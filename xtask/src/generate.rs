//! Writes the generated halves of the bindings. A program of its own, run by `cargo xtask bindings`: so
//! the generators are built only when somebody needs them. Run from the workspace's root.

use anyhow::{Context as _, bail};
use uniffi::TargetLanguage;

const USAGE: &str = "generate bindings LIBRARY | generate header FILE";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["bindings", library] => bindings(library),
        ["header", file] => header(file),
        _ => bail!(USAGE),
    }
}

/// Kotlin, Python and Swift from what the library's border macros left in it.
fn bindings(library: &str) -> anyhow::Result<()> {
    let languages = [
        (TargetLanguage::Kotlin, "kotlin"),
        (TargetLanguage::Python, "python"),
        (TargetLanguage::Swift, "swift"),
    ];
    for (language, folder) in languages {
        let out = format!("bindings/{folder}/generated");
        uniffi::generate(uniffi::GenerateOptions {
            languages: vec![language],
            source: library.into(),
            out_dir: out.clone().into(),
            crate_filter: Some("anser".into()),
            ..Default::default()
        })
        .with_context(|| format!("cannot generate {out}"))?;
    }
    Ok(())
}

/// The parts of the header, in the order in which a reader needs them.
const HEADER: [&str; 10] = [
    "border",
    "options",
    "client",
    "listeners",
    "pull",
    "event",
    "messages",
    "message",
    "conversations",
    "conversation",
];

/// The C header, from the sources of the C border and nothing else.
fn header(file: &str) -> anyhow::Result<()> {
    let config = cbindgen::Config::from_file("cbindgen.toml").map_err(anyhow::Error::msg)?;
    let builder = cbindgen::Builder::new().with_config(config);
    let sources = HEADER.iter().map(|part| format!("src/ffi/c/{part}.rs"));
    let bindings = sources.fold(builder, cbindgen::Builder::with_src).generate()?;
    let written = bindings.write_to_file(file);
    eprintln!("{file}: {}", if written { "written" } else { "up to date" });
    Ok(())
}

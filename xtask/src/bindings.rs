//! `cargo xtask bindings`: the generated halves of the bindings. The C header is committed, the rest is not.

use std::path::Path;

use clap::ValueEnum;

use crate::tools::{cargo, copy, run as start};
use crate::{artefacts, swift_pack};

/// The committed header.
pub(crate) const HEADER: &str = "bindings/c/include/anser.h";

/// Folders that machines without Rust can use.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Pack {
    /// target/swift-pack.
    Swift,
}

pub(crate) fn run(pack: Option<Pack>) -> anyhow::Result<()> {
    header(HEADER)?;
    generate()?;
    match pack {
        Some(Pack::Swift) => swift_pack::make(),
        None => Ok(()),
    }
}

/// Writes the C header to a file.
pub(crate) fn header(file: &str) -> anyhow::Result<()> {
    generator(&["header", file])
}

/// Writes bindings/{kotlin,python,swift}/generated.
pub(crate) fn generate() -> anyhow::Result<()> {
    let library = artefacts::library()?;
    generator(&["bindings", &library.to_string_lossy()])?;
    // A Swift package wants one folder per module, and a module map that Linux understands too.
    let generated = Path::new("bindings/swift/generated");
    for (file, folder) in [("AnserFFI.h", "AnserFFI"), ("AnserBindings.swift", "AnserBindings")] {
        copy(&generated.join(file), &generated.join(folder).join(file))?;
        std::fs::remove_file(generated.join(file))?;
    }
    std::fs::remove_file(generated.join("AnserFFI.modulemap"))?;
    let module_map = "module AnserFFI {\n    header \"AnserFFI.h\"\n    export *\n}\n";
    std::fs::write(generated.join("AnserFFI/module.modulemap"), module_map)?;
    Ok(())
}

/// The generators are a program of their own, so that only these commands have to build them.
fn generator(arguments: &[&str]) -> anyhow::Result<()> {
    let mut command =
        cargo(&["run", "--quiet", "-p", "xtask", "--features", "generators", "--bin", "generate", "--"]);
    start(command.args(arguments))
}

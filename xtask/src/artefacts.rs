//! Builds the artefacts that the other commands use, and says where they are.

use std::env::consts::{DLL_EXTENSION, DLL_PREFIX, EXE_SUFFIX};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{cargo, copy, run};

/// Cargo's target folder, absolute: other programs run elsewhere.
pub(crate) fn target_dir() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    std::path::absolute(&named).unwrap_or(named)
}

/// File name of the shared library on this system.
pub(crate) fn library_name() -> String {
    format!("{DLL_PREFIX}anser.{DLL_EXTENSION}")
}

/// The shared library in the development profile, built.
pub(crate) fn library() -> anyhow::Result<PathBuf> {
    // One explicit crate type: beside `lib`, a cdylib would lose cross-crate optimisation.
    run(&mut cargo(&["rustc", "--quiet", "-p", "anser", "--lib", "--crate-type", "cdylib"]))?;
    Ok(target_dir().join("debug").join(library_name()))
}

/// The shared library as it ships, built and stripped.
pub(crate) fn shipped_library() -> anyhow::Result<PathBuf> {
    shipped(&[])
}

/// The library with encryption at rest, the second artefact, built and stripped.
pub(crate) fn encrypted_library() -> anyhow::Result<PathBuf> {
    shipped(&["--features", "encryption"])
}

fn shipped(features: &[&str]) -> anyhow::Result<PathBuf> {
    let build = ["rustc", "-p", "anser", "--lib", "--profile", "dist", "--crate-type", "cdylib"];
    run(cargo(&build).args(features))?;
    let shipped = target_dir().join("dist").join("stripped").join(library_name());
    copy(&target_dir().join("dist").join(library_name()), &shipped)?;
    // The compiler leaves local symbols in a shared library, whatever the profile says.
    let all = if cfg!(target_os = "macos") { "-x" } else { "--strip-all" };
    run(Command::new("strip").arg(all).arg(&shipped))?;
    Ok(shipped)
}

/// The server in the development profile, built.
pub(crate) fn server() -> anyhow::Result<PathBuf> {
    run(&mut cargo(&["build", "--quiet", "-p", "anser-server"]))?;
    Ok(target_dir().join("debug").join(format!("anser-server{EXE_SUFFIX}")))
}

/// The folder of a file, for programs that want folders.
pub(crate) fn folder_of(file: &Path) -> PathBuf {
    file.parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

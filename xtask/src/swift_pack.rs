//! `cargo xtask bindings --pack swift`: a folder that a machine with only Swift can build and run: the
//! package as it is in the tree, with its generated half, the library and the server for its tests.

use std::path::Path;

use crate::artefacts;
use crate::tools::{copy, files_below, fresh_folder, say};

const PACK: &str = "target/swift-pack";

const README: &str = "# Anser for Swift

A Swift package, complete with the native library in `lib/` and a server for its tests in `bin/`. Both were
built on TARGET and run there only.

    swift build
    swift test

`Sources/Anser` is the facade that apps import, `generated/` what it stands on.
";

/// Makes the folder; the bindings have been generated.
pub(crate) fn make() -> anyhow::Result<()> {
    let pack = Path::new(PACK);
    fresh_folder(pack)?;
    let package = Path::new("bindings/swift");
    for file in files_below(package)? {
        let place = file.strip_prefix(package)?;
        // SwiftPM's own folder, if somebody built here.
        if !place.starts_with(".build") {
            copy(&file, &pack.join(place))?;
        }
    }
    let library = artefacts::library()?;
    copy(&library, &pack.join("lib").join(artefacts::library_name()))?;
    let server = artefacts::server()?;
    copy(&server, &pack.join("bin").join(server.file_name().unwrap_or_default()))?;
    let target = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    std::fs::write(pack.join("README.md"), README.replace("TARGET", &target))?;
    say(format!("{PACK}: `swift build`, `swift test`"));
    Ok(())
}

//! `cargo xtask demo`: builds the library, the server and a C program, and shows two of that program in
//! conversation. Half of the text is sent before its receiver starts, half while it runs.

mod talk;
mod text;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, bail};

use crate::artefacts;
use crate::process::Server;
use crate::tools::{copy, exists, files_below, fresh_folder, run as start, say};
use text::Text;

const FOLDER: &str = "target/demo";

pub(crate) fn run(input: Option<&Path>) -> anyhow::Result<()> {
    let text = match input {
        Some(path) => {
            let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            Text::new(bytes).with_context(|| format!("{} cannot be sent", path.display()))?
        }
        None => Text::new(include_bytes!("text.txt").to_vec())?,
    };
    let folder = std::path::absolute(FOLDER)?;
    fresh_folder(&folder)?;
    let chat = build_chat(&folder)?;
    let data = folder.join("server");
    let server = Server::start(&artefacts::server()?, "alice,bob", &data)?;
    say(format!("server at {}, data in {}", server.get("/navi")?, data.display()));

    let begin = Instant::now();
    let messages = talk::run(&chat, &server, &folder, &text)?;
    let seconds = begin.elapsed().as_secs_f64();
    server.process.end()?;
    let files = files_below(&data)?;
    let bytes: u64 = files.iter().filter_map(|file| file.metadata().ok()).map(|meta| meta.len()).sum();
    say(format!(
        "{messages} messages in {seconds:.2} s, {:.0} messages/s, server database {:.1} kB",
        messages as f64 / seconds,
        bytes as f64 / 1000.0
    ));
    Ok(())
}

/// Leaves the program with its library beside it: both can be moved together.
fn build_chat(folder: &Path) -> anyhow::Result<PathBuf> {
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    if !exists(&compiler) && !Path::new(&compiler).is_file() {
        bail!("no C compiler {compiler}: apt-get install gcc");
    }
    copy(&artefacts::library()?, &folder.join(artefacts::library_name()))?;
    let chat = folder.join("chat");
    let origin = if cfg!(target_os = "macos") { "@loader_path" } else { "$ORIGIN" };
    let mut compile = Command::new(compiler);
    compile.args([
        "-std=c11",
        "-D_POSIX_C_SOURCE=200809L",
        "-Wall",
        "-Wextra",
        "-O2",
        "-Ibindings/c/include",
    ]);
    compile.arg("-o").arg(&chat).arg("bindings/c/examples/chat.c");
    compile.arg(format!("-L{}", folder.display())).arg("-lanser").arg(format!("-Wl,-rpath,{origin}"));
    start(&mut compile)?;
    Ok(chat)
}

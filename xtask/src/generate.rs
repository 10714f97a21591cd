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

/// The parts of the header, in the order in which a reader needs them, each with its heading.
const HEADER: [(&str, &str); 29] = [
    ("types", "Handles and callbacks"),
    ("options", "Options: how to make a client"),
    ("client", "The client: making one, being connected, what it says about itself"),
    ("line", "The client: foreground, network, tokens, when to try again"),
    ("listeners", "Listening by callback"),
    ("pull", "Listening with a loop of one's own"),
    ("event", "Events: what callbacks and the queue tell"),
    ("results", "Events: pages, tags, readers, quiet hours"),
    ("changes", "Events: changed messages, receipts, typing"),
    ("progress", "Events: how uploads and downloads get on"),
    ("hits", "Events: what searches found"),
    ("reports", "Events: reports of the care of the data"),
    ("message", "Reading a message"),
    ("conversation", "Reading a conversation"),
    ("send_options", "Messages: what they can ask for"),
    ("messages", "Messages: sending and reading"),
    ("edits", "Messages: taking back, changing, marking, deleting"),
    ("insert", "Messages: kinds of one's own, putting in"),
    ("history", "History: pages, here and at the server"),
    ("conversations", "Conversations: the list"),
    ("states", "Conversations: there, on top, muted, hidden"),
    ("unread", "Conversations: counting the unread, marking as read"),
    ("drafts_tags", "Conversations: drafts and tags"),
    ("search", "Search"),
    ("receipts", "Receipts and typing"),
    ("settings", "Settings"),
    ("media", "Files: sending, downloading, the cache"),
    ("uploader", "Files: the program's uploader"),
    ("storage", "Storage: the care of the user's data"),
];

/// The C header, from the sources of the C border and nothing else. Each part is generated alone, so that its
/// constants, types and functions stand together.
fn header(file: &str) -> anyhow::Result<()> {
    let whole = cbindgen::Config::from_file("cbindgen.toml").map_err(anyhow::Error::msg)?;
    let missing = |what: &str| anyhow::anyhow!("cbindgen.toml lacks {what}");
    let guard = whole.include_guard.clone().ok_or_else(|| missing("include_guard"))?;
    let mut text = format!(
        "{}\n\n#ifndef {guard}\n#define {guard}\n\n{}\n\n",
        whole.header.as_deref().ok_or_else(|| missing("header"))?.trim(),
        whole.autogen_warning.as_deref().ok_or_else(|| missing("autogen_warning"))?,
    );
    for include in &whole.sys_includes {
        text.push_str(&format!("#include <{include}>\n"));
    }
    text.push_str("\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
    for (part, heading) in HEADER {
        text.push_str(&format!("\n/* {0}\n * {heading}\n * {0} */\n\n", "=".repeat(100)));
        text.push_str(&generated(part, whole.clone())?);
    }
    text.push_str(&format!("\n#ifdef __cplusplus\n}}\n#endif\n\n#endif  /* {guard} */\n"));
    let same = std::fs::read_to_string(file).is_ok_and(|old| old == text);
    if !same {
        std::fs::write(file, text).with_context(|| format!("cannot write {file}"))?;
    }
    eprintln!("{file}: {}", if same { "up to date" } else { "written" });
    Ok(())
}

/// One part, without what surrounds it.
fn generated(part: &str, config: cbindgen::Config) -> anyhow::Result<String> {
    let config = cbindgen::Config {
        header: None,
        include_guard: None,
        autogen_warning: None,
        sys_includes: Vec::new(),
        cpp_compat: false,
        ..config
    };
    let builder = cbindgen::Builder::new().with_config(config);
    let mut bytes = Vec::new();
    builder.with_src(format!("src/ffi/c/{part}.rs")).generate()?.write(&mut bytes);
    Ok(format!("{}\n", String::from_utf8(bytes)?.trim()))
}

//! The URLs of navigation, probe and WebSocket.

use anser::wire::url::{self, Identity};
use serde_json::{Map, Value};

use super::files::{known_keys, map};
use super::http::Url;
use super::notes::{Note, TableNote};
use super::report::{Check, FileReport};

/// `urls.json`.
pub(crate) fn check_file(file: &Map<String, Value>, report: &mut FileReport) -> Check {
    known_keys(file, &["native", "websocket"])?;
    let table = TableNote::of(file)?.ok_or("the table has no note")?;
    for (name, recorded) in map(file, "websocket")? {
        match table.note(name) {
            Err(error) => report.fail(name, error),
            Ok(note) => report.check(name, &note, || match note {
                Note::Same => check_url(recorded.as_str().ok_or("not text")?),
                _ => Err("a URL can only be the same".into()),
            }),
        }
    }
    Ok(())
}

/// The native client builds this URL for the identity that it names. The path says which it is.
pub(crate) fn check_url(recorded: &str) -> Check {
    let recorded = Url::parse(recorded)?;
    if recorded.origin.is_empty() {
        return Err("the URL names no server".into());
    }
    let native = native(&recorded.filled()?)?;
    recorded.compare(&Url::parse(&native)?, &["r", "apiVer"], true)
}

/// What the native client builds for this path and the identity in the query.
pub(crate) fn native(recorded: &Url) -> Result<String, String> {
    let identity = || {
        Ok::<_, String>(Identity {
            app_key: recorded.need("appId")?.into(),
            token: recorded.need("token")?.into(),
            installation: recorded.parameter("pid").unwrap_or("installation").into(),
            platform: "desktop",
        })
    };
    Ok(match recorded.path.as_str() {
        "/navi.js" => url::navigation(&identity()?, 1_642_057_220_386),
        "/cometnavi.js" => url::polling_navigation(&identity()?, 1_642_057_220_386),
        "/ping" => url::ping(1_642_057_220_386),
        "/websocket" => url::connect(&identity()?, 167_943),
        other => return Err(format!("no rule for the path {other}")),
    })
}

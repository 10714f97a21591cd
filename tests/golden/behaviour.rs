//! Behaviour files.
use serde_json::{Map, Value};
use super::Context;
use super::files::{array, bytes, known_keys};
use super::frames;
use super::notes::{Entry, Note};
use super::report::{Check, FileReport};

const MISSING: &str = "the frames pass, what the client does is NOT YET CHECKED";

pub(crate) struct Polling;
impl Polling { pub(crate) fn new() -> Self { Self } }

pub(crate) fn check_polling(_context: &Context, entry: &Entry<'_>, _polling: &mut Polling) -> Check {
    if entry.object.contains_key("requests") { return Err(MISSING.into()) }
    Ok(())
}

pub(crate) fn check_pipeline(_context: &Context, file: &Map<String, Value>, report: &mut FileReport) -> Check {
    known_keys(file, &["count", "vectors"])?;
    report.entries(array(file, "vectors")?, None, &["fields", "hex", "input", "reply"], |entry| {
        for key in ["input", "reply"] {
            for frame in array(entry.object, key)? {
                let text = if key == "input" { frame.get("hex") } else { Some(frame) };
                let hex = text.and_then(Value::as_str).ok_or("not hex")?;
                frames::passes(&super::files::unhex(hex)?, key == "reply")?;
            }
        }
        frames::passes(&bytes(entry.object, "hex")?, false)?;
        Err(MISSING.into())
    });
    Ok(())
}

pub(crate) fn check_outcomes(_context: &Context, file: &Map<String, Value>, report: &mut FileReport) -> Check {
    known_keys(file, &["count", "vectors"])?;
    report.entries(array(file, "vectors")?, None, &["fields", "hex"], |entry| {
        let frame = frames::passes(&bytes(entry.object, "hex")?, false);
        match (&entry.note, frame) {
            (Note::Reject, Err(_)) => {}
            (Note::Reject, Ok(_)) => return Err("decodes".into()),
            (_, frame) => { frame?; }
        }
        Err(MISSING.into())
    });
    Ok(())
}

pub(crate) fn check_queries(_context: &Context, file: &Map<String, Value>, report: &mut FileReport) -> Check {
    known_keys(file, &["count", "vectors"])?;
    report.entries(array(file, "vectors")?, None, &["fields", "hex", "request"], |entry| {
        frames::passes(&bytes(entry.object, "request")?, true)?;
        frames::passes(&bytes(entry.object, "hex")?, false)?;
        Err(MISSING.into())
    });
    Ok(())
}

//! Content of messages: read as its kind and written again byte for byte, with the flags of the kind.

use anser::model::MessageFlags;
use anser::model::content::{Content, flags_of};
use serde_json::{Map, Value};

use super::compare;
use super::files::{array, bytes, known_keys, map, text};
use super::notes::{Entry, Note, TableNote};
use super::report::{Check, Report};

const KNOWN: &[&str] = &["fields", "json", "hex"];

/// `content.json`.
pub(crate) fn check_file(file: &Map<String, Value>, report: &mut Report) -> Check {
    known_keys(file, &["native", "table", "count", "vectors"])?;
    let note = TableNote::of(file)?;
    let empty = Map::new();
    let table = if file.contains_key("table") { map(file, "table")? } else { &empty };
    if file.contains_key("vectors") {
        report.file("content.json").entries(array(file, "vectors")?, None, KNOWN, check_entry);
    }
    note_untyped(file, report)?;
    let row = report.beside("content.json table");
    for (class, kind) in table {
        match note.as_ref().ok_or("the table has no note")?.note(class) {
            Err(error) => row.fail(class, error),
            Ok(note) => row.check(class, &note, || match note {
                Note::Same => check_kind(kind),
                _ => Err("a kind can only be the same".into()),
            }),
        }
    }
    Ok(())
}

/// Content that does not fit the type of its kind is kept as it came, which is right for a peer's broken
/// message; that an entry is such a one is said aloud, for the types are tested by the others only.
fn note_untyped(file: &Map<String, Value>, report: &mut Report) -> Check {
    let vectors = file.get("vectors").and_then(Value::as_array).into_iter().flatten();
    for (index, vector) in vectors.enumerate() {
        let Ok(entry) = Entry::read(vector, None, KNOWN) else { continue };
        let Ok(expected) = entry.expected(&["json"], |_| true) else { continue };
        let (Ok(name), Ok(json)) = (text(&expected, "objectName"), text(&expected, "json")) else { continue };
        if Content::TYPED.contains(&name) && matches!(Content::read(name, json), Content::Other { .. }) {
            let entry = super::notes::name_of(vector, index);
            report.note(format!("content.json {entry}: does not fit the type of {name}, kept as it came"));
        }
    }
    Ok(())
}

/// The native project knows the object name with these flags.
fn check_kind(kind: &Value) -> Check {
    let kind = kind.as_object().ok_or("not an object")?;
    let name = text(kind, "objectName")?;
    if name.is_empty() {
        return Err("an empty object name stands for no kind".into());
    }
    let flags = flags_of(name).ok_or_else(|| format!("{name} is not known"))?;
    compare::fields(kind, |key, value| match key {
        "objectName" => Some(Ok(())),
        "isCounted" => Some(compare::value(value, Some(&flags.contains(MessageFlags::COUNTED).into()))),
        "isPersited" => Some(compare::value(value, Some(&flags.contains(MessageFlags::PERSISTED).into()))),
        "sessionId" => Some(compare::value(value, Some(&flags.0.into()))),
        _ => None,
    })
}

fn check_entry(entry: &Entry<'_>) -> Check {
    if let Note::Reject = entry.note {
        return Err("content is never refused: what is broken is kept as it came".into());
    }
    let known = ["objectName", "sessionId", "constructorArgument", "json"];
    let expected = entry.expected(&["json"], |key| known.contains(&key))?;
    let name = text(&expected, "objectName")?;
    let json = text(&expected, "json")?;
    let recorded = match entry.object.get("json") {
        Some(Value::String(recorded)) => recorded,
        _ => "",
    };
    // `hex` is the recorded text, also where the note puts another in its place.
    let hex = bytes(entry.object, "hex")?;
    if hex != json.as_bytes() || entry.note.replaces("json").is_some() {
        compare::bytes("the UTF-8 of json", &hex, Ok(recorded.as_bytes()))?;
    }
    let content = Content::read(name, json);
    if content.object_name() != name {
        return Err(format!("reads as {}", content.object_name()));
    }
    let written = content.write().map_err(|error| error.to_string())?;
    super::bodies::same_or_other(&entry.note, json.as_bytes(), Ok(written.as_bytes()))?;
    compare::fields(&expected, |key, value| match key {
        "objectName" | "json" => Some(Ok(())),
        // What the web client made the content from explains it.
        "constructorArgument" => Some(Ok(())),
        "sessionId" => Some(compare_flags(name, value)),
        _ => None,
    })
}

/// The flags of a kind. What has no object name of its own stands for kinds that nobody knows: their
/// sender gives the flags.
fn compare_flags(name: &str, expected: &Value) -> Check {
    match flags_of(name) {
        Some(flags) => compare::value(expected, Some(&flags.0.into())),
        None if name.is_empty() && expected.is_u64() => Ok(()),
        None => Err(format!("the flags of {name:?} are not known")),
    }
}

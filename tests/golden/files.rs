//! Reads a folder of vectors. Everything in it but the README must be JSON.

use std::path::Path;

use serde_json::{Map, Value};

use super::notes::EXPLAIN;

/// The file that names the bodies.
pub(crate) const MODULE_MAP: &str = "module-map.json";

/// One file of the folder.
pub(crate) struct File {
    pub(crate) name: String,
    /// Its content, or why it is not JSON.
    pub(crate) json: Result<Value, String>,
}

/// All files, ordered by name.
pub(crate) fn read_folder(folder: &Path) -> Result<Vec<File>, String> {
    let listing = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files = Vec::new();
    for entry in listing {
        let entry = entry.map_err(|error| error.to_string())?;
        let name = entry.file_name().into_string().map_err(|name| format!("{name:?} is not text"))?;
        if name != "README.md" {
            files.push(File { name, json: read_json(&entry.path()) });
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// One file.
pub(crate) fn read_json(path: &Path) -> Result<Value, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("not JSON: {error}"))
}

/// Where a file gives a count, it is the number of its vectors.
pub(crate) fn check_count(object: &Map<String, Value>) -> Result<(), String> {
    let Some(count) = object.get("count") else { return Ok(()) };
    let vectors = object.get("vectors").and_then(Value::as_array).ok_or("a count, but no vectors")?.len();
    if count.as_u64() == u64::try_from(vectors).ok() {
        Ok(())
    } else {
        Err(format!("count is {count}, but there are {vectors} vectors"))
    }
}

/// Refuses keys that no rule reads.
pub(crate) fn known_keys(object: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    match object.keys().find(|key| !known.contains(&key.as_str()) && !EXPLAIN.contains(&key.as_str())) {
        Some(key) => Err(format!("no rule reads the key {key}")),
        None => Ok(()),
    }
}

/// A key that must be text.
pub(crate) fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Result<&'a str, String> {
    object.get(key).and_then(Value::as_str).ok_or_else(|| format!("{key} is missing or not text"))
}

/// A key that must be an array.
pub(crate) fn array<'a>(object: &'a Map<String, Value>, key: &str) -> Result<&'a Vec<Value>, String> {
    object.get(key).and_then(Value::as_array).ok_or_else(|| format!("{key} is missing or not an array"))
}

/// A key that must be an object.
pub(crate) fn map<'a>(object: &'a Map<String, Value>, key: &str) -> Result<&'a Map<String, Value>, String> {
    object.get(key).and_then(Value::as_object).ok_or_else(|| format!("{key} is missing or not an object"))
}

/// The bytes of hex digits.
pub(crate) fn unhex(text: &str) -> Result<Vec<u8>, String> {
    if !text.len().is_multiple_of(2) {
        return Err(format!("{text:?} has an odd number of hex digits"));
    }
    let digit = |byte: u8| {
        char::from(byte).to_digit(16).map(|digit| digit as u8).ok_or_else(|| format!("{text:?} is not hex"))
    };
    text.as_bytes().chunks(2).map(|pair| Ok(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// Bytes as hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A key that must be bytes in hex.
pub(crate) fn bytes(object: &Map<String, Value>, key: &str) -> Result<Vec<u8>, String> {
    unhex(text(object, key)?)
}

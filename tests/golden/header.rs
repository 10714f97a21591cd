//! The header byte: all 256 values split and join; types 0 and 15 only as numbers.

use anser::wire::{FrameType, Header, Qos};
use serde_json::{Map, Value, json};

use super::compare as compared;
use super::enums;
use super::files::{array, bytes, known_keys};
use super::notes::{Note, TableNote};
use super::report::{Check, FileReport};

/// `header-bytes.json`.
pub(crate) fn check_file(file: &Map<String, Value>, report: &mut FileReport) -> Check {
    let table = TableNote::of(file)?;
    let tables = ["decode", "encode", "encodeByName"];
    known_keys(file, &[&["native"], &tables[..]].concat())?;
    for name in tables.into_iter().filter(|name| file.contains_key(*name)) {
        report.entries(array(file, name)?, table.as_ref(), &["fields", "hex"], |entry| {
            if let Note::Reject = entry.note {
                return Err("every header byte splits, none is refused".into());
            }
            let byte = match bytes(entry.object, "hex")?[..] {
                [byte] => byte,
                _ => return Err("hex is not one byte".into()),
            };
            if !entry.note.reencode() {
                return Err("every header byte joins again".into());
            }
            let known = ["type", "qos", "dup", "retain", "syncMsg", "reencoded"];
            let expected = entry.expected(&[], |key| known.contains(&key))?;
            if name == "decode" { check_decode(&expected, byte) } else { check_encode(&expected, byte) }
        });
    }
    Ok(())
}

fn check_decode(expected: &Map<String, Value>, byte: u8) -> Check {
    let mut got = split(byte);
    got.insert("reencoded".into(), Header::from_byte(byte).to_byte().into());
    compared::plain(expected, &got)
}

fn check_encode(expected: &Map<String, Value>, byte: u8) -> Check {
    known_keys(expected, &["type", "qos", "dup", "retain"])?;
    let small = |key: &str| expected.get(key).and_then(Value::as_u64).and_then(|n| u8::try_from(n).ok());
    let truth = |key: &str| match expected.get(key) {
        None => Ok(false),
        Some(value) => value.as_bool().ok_or_else(|| format!("{key} is not a truth value")),
    };
    let qos = match expected.get("qos") {
        Some(Value::String(name)) => enums::number("Qos", name)?.try_into().map_err(|_| "no such QoS")?,
        _ => small("qos").ok_or("qos is missing or no small number")?,
    };
    let kind = small("type").filter(|kind| *kind < 16).ok_or("type is missing or above 15")?;
    if qos > 3 {
        return Err(format!("there is no QoS {qos}"));
    }
    let header = Header { kind, dup: truth("dup")?, qos: Qos::from_bits(qos), retain: truth("retain")? };
    compared::bytes("encoding", &[byte], Ok(&[header.to_byte()]))?;
    match FrameType::from_number(kind) {
        None if !matches!(kind, 0 | 15) => Err(format!("type {kind} does not exist")),
        Some(known) if known as u8 != kind => Err(format!("type {kind} has another number")),
        _ => Ok(()),
    }
}

/// Compares a recorded header, an object or a number, with the byte.
pub(crate) fn compare(expected: &Value, byte: u8) -> Check {
    match expected {
        Value::Object(object) => compared::plain(object, &split(byte)),
        number => compared::value(number, Some(&byte.into())),
    }
}

fn split(byte: u8) -> Map<String, Value> {
    let Header { kind, dup, qos, retain } = Header::from_byte(byte);
    match json!({ "type": kind, "qos": qos as u8, "dup": dup, "retain": retain, "syncMsg": dup }) {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

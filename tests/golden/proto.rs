//! A reader of protobuf bytes of its own, driven by the field table only. It is what recorded fields are
//! compared with, so that the typed reader under test is not its own judge.

use anser::wire::schema::{FieldInfo, Kind, Label, MessageInfo};
use anser::wire::string;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::modules::Names;
use super::report::Check;

enum Raw<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
}

/// Compares the body in `bytes` with the recorded one. True where the recording client saw every field;
/// what it has no name for it cannot have recorded.
pub(crate) fn compare(
    info: &'static MessageInfo,
    names: Names<'_>,
    bytes: &[u8],
    expected: &Map<String, Value>,
) -> Result<bool, String> {
    let set = read(bytes)?;
    let mut complete = true;
    let mut looked_at = Vec::new();
    for (name, value) in expected {
        let number = names.number(info, name)?;
        let field = info.field(number).ok_or_else(|| format!("{} has no field {number}", info.name))?;
        looked_at.push(number);
        let found: Vec<&Raw<'_>> = set.iter().filter(|(n, _)| *n == number).map(|(_, raw)| raw).collect();
        let context = |error| format!("{name}: {error}");
        complete &= compare_field(field, names, &found, value).map_err(context)?;
    }
    for (number, _) in set.iter().filter(|(number, _)| !looked_at.contains(number)) {
        let Some(field) = info.field(*number) else {
            complete = false;
            continue;
        };
        if names.knows(info, *number) {
            return Err(format!("{} is set, but not recorded", field.json_name));
        }
        complete = false;
    }
    Ok(complete)
}

fn compare_field(
    field: &FieldInfo,
    names: Names<'_>,
    found: &[&Raw<'_>],
    expected: &Value,
) -> Result<bool, String> {
    match (field.label, expected, found) {
        (_, Value::Null, []) => Ok(true),
        (_, Value::Null, _) => Err("is set, but there is to be none".into()),
        (Label::Repeated, Value::Array(list), found) => {
            if list.len() != found.len() {
                return Err(format!("{} elements, not {}", found.len(), list.len()));
            }
            let mut complete = true;
            for (item, raw) in list.iter().zip(found) {
                complete &= compare_value(field, names, raw, item)?;
            }
            Ok(complete)
        }
        (Label::Repeated, ..) => Err("a repeated field is recorded as an array".into()),
        (_, expected, [.., raw]) => compare_value(field, names, raw, expected),
        (_, expected, []) => Err(format!("expected {expected}, but it is not set")),
    }
}

fn compare_value(
    field: &FieldInfo,
    names: Names<'_>,
    raw: &Raw<'_>,
    expected: &Value,
) -> Result<bool, String> {
    let got = match (field.kind, raw) {
        (Kind::Int32 | Kind::Enum, Raw::Varint(number)) => Value::from(*number as i32),
        (Kind::Int64, Raw::Varint(number)) => Value::from((*number as i64).to_string()),
        (Kind::Bool, Raw::Varint(number)) => Value::from(*number != 0),
        (Kind::Text, Raw::Bytes(text)) => {
            Value::from(std::str::from_utf8(text).map_err(|error| error.to_string())?)
        }
        (Kind::Bytes, Raw::Bytes(bytes)) => return compare_bytes(bytes, expected).map(|()| true),
        (Kind::Message(inner), Raw::Bytes(bytes)) => {
            let expected = expected.as_object().ok_or("a body inside is recorded as an object")?;
            return compare(inner, names.inner(), bytes, expected);
        }
        _ => return Err("has the wrong wire type".into()),
    };
    if got == *expected { Ok(true) } else { Err(format!("expected {expected}, got {got}")) }
}

fn compare_bytes(bytes: &[u8], expected: &Value) -> Check {
    if recorded_bytes(expected)? != bytes {
        return Err(format!("expected {expected}, got {}", STANDARD.encode(bytes)));
    }
    match (string::read(bytes), expected.get("utf8").and_then(Value::as_str)) {
        (Ok(text), Some(utf8)) if text != utf8 => Err(format!("reads {text:?}, not {utf8:?}")),
        _ => Ok(()),
    }
}

/// The bytes of a recorded `{utf8, base64}`.
pub(crate) fn recorded_bytes(value: &Value) -> Result<Vec<u8>, String> {
    let object = value.as_object().ok_or("bytes are recorded as {utf8, base64}")?;
    if let Some(key) = object.keys().find(|key| !["utf8", "base64"].contains(&key.as_str())) {
        return Err(format!("no rule reads {key} beside base64"));
    }
    if object.get("utf8").is_some_and(|utf8| !utf8.is_string()) {
        return Err("utf8 is not text".into());
    }
    let text = object.get("base64").and_then(Value::as_str).ok_or("bytes without base64")?;
    STANDARD.decode(text).map_err(|error| format!("base64: {error}"))
}

/// A recorded body in the JSON form of long polling, and whether its byte fields are plain UTF-8 (that
/// form has no other). `None` where bytes are no text at all.
pub(crate) fn polling_form(
    info: &'static MessageInfo,
    names: Names<'_>,
    recorded: &Map<String, Value>,
) -> Result<Option<(Value, bool)>, String> {
    let mut object = Map::new();
    let mut plain = true;
    for (name, value) in recorded.iter().filter(|(_, value)| !value.is_null()) {
        let number = names.number(info, name)?;
        let field = info.field(number).ok_or_else(|| format!("{} has no field {number}", info.name))?;
        let items = match value {
            Value::Array(list) if field.label == Label::Repeated => list.as_slice(),
            other => std::slice::from_ref(other),
        };
        let mut converted = Vec::new();
        for item in items {
            let Some((item, utf8)) = polling_value(field, names, item)? else { return Ok(None) };
            plain &= utf8;
            converted.push(item);
        }
        if field.label == Label::Repeated {
            if !converted.is_empty() {
                object.insert(field.json_name.into(), Value::Array(converted));
            }
        } else {
            object.extend(converted.pop().map(|item| (field.json_name.to_owned(), item)));
        }
    }
    Ok(Some((Value::Object(object), plain)))
}

fn polling_value(
    field: &FieldInfo,
    names: Names<'_>,
    value: &Value,
) -> Result<Option<(Value, bool)>, String> {
    Ok(match field.kind {
        Kind::Int64 => {
            let text = value.as_str().ok_or("int64 is recorded as decimal text")?;
            Some((Value::from(text.parse::<i64>().map_err(|error| error.to_string())?), true))
        }
        Kind::Bytes => {
            let bytes = recorded_bytes(value)?;
            let plain = std::str::from_utf8(&bytes).is_ok();
            string::read(&bytes).ok().map(|text| (Value::from(text.into_owned()), plain))
        }
        Kind::Message(inner) => {
            let object = value.as_object().ok_or("a body inside is recorded as an object")?;
            polling_form(inner, names.inner(), object)?
        }
        _ => Some((value.clone(), true)),
    })
}

/// The bytes of the last occurrence of a byte field.
pub(crate) fn byte_field(bytes: &[u8], number: u32) -> Result<Option<&[u8]>, String> {
    let found = read(bytes)?.into_iter().rfind(|(n, _)| *n == number);
    match found {
        None => Ok(None),
        Some((_, Raw::Bytes(bytes))) => Ok(Some(bytes)),
        Some(_) => Err(format!("field {number} has the wrong wire type")),
    }
}

fn read(mut bytes: &[u8]) -> Result<Vec<(u32, Raw<'_>)>, String> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let number = u32::try_from(key >> 3).map_err(|_| "a field number is too large")?;
        let raw = match key & 7 {
            0 => Raw::Varint(varint(&mut bytes)?),
            1 => Raw::Bytes(take(&mut bytes, 8)?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).map_err(|error| error.to_string())?;
                Raw::Bytes(take(&mut bytes, length)?)
            }
            5 => Raw::Bytes(take(&mut bytes, 4)?),
            other => return Err(format!("wire type {other} does not occur")),
        };
        fields.push((number, raw));
    }
    Ok(fields)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err("a number does not end".into())
}

fn take<'a>(bytes: &mut &'a [u8], size: usize) -> Result<&'a [u8], String> {
    let (head, tail) = bytes.split_at_checked(size).ok_or("the body is cut off")?;
    *bytes = tail;
    Ok(head)
}

//! Bodies as the JSON of the long-polling transport: keys are the web clients' field names, 64-bit
//! numbers are JSON numbers, byte fields are the text they hold.
//!
//! One walk over the field table serves every body in both directions; it goes by way of the protobuf
//! encoding, so that both transports hand the same bytes to the layers above.

use prost::bytes::Buf;
use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};
use serde_json::{Map, Value};

use super::schema::{FieldInfo, Kind, Label, MessageInfo};
use super::{WireError, string};

/// Bodies nest four deep at most; hostile ones are cut off here.
const MAX_DEPTH: usize = 16;

/// The JSON form of an encoded body. Repeated fields are always present, since clients do not tolerate
/// a missing list.
///
/// # Errors
/// Not the encoding of this body, or a required field is absent.
pub fn to_json(info: &'static MessageInfo, bytes: &[u8]) -> Result<Value, WireError> {
    read_message(info, bytes, MAX_DEPTH)
}

/// The protobuf encoding of a body given as JSON. Unknown keys and `null` are skipped.
///
/// # Errors
/// Not an object, a value of the wrong type, or a required field is absent.
pub fn from_json(info: &'static MessageInfo, value: &Value) -> Result<Vec<u8>, WireError> {
    let mut out = Vec::new();
    write_message(info, value, &mut out, MAX_DEPTH)?;
    Ok(out)
}

fn bad_body(info: &'static MessageInfo, reason: impl ToString) -> WireError {
    WireError::Body { message: info.name, reason: reason.to_string() }
}

fn read_message(info: &'static MessageInfo, mut bytes: &[u8], depth: usize) -> Result<Value, WireError> {
    let depth = depth.checked_sub(1).ok_or_else(|| bad_body(info, "nested too deep"))?;
    let mut object = Map::new();
    for field in info.fields.iter().filter(|field| field.label == Label::Repeated) {
        object.insert(field.json_name.into(), Value::Array(Vec::new()));
    }
    while bytes.has_remaining() {
        let (number, wire_type) = decode_key(&mut bytes).map_err(|error| bad_body(info, error))?;
        let raw = read_raw(info, wire_type, &mut bytes)?;
        let Some(field) = info.field(number) else { continue };
        let value = read_value(info, field, raw, depth)?;
        match (field.label, object.get_mut(field.json_name)) {
            (Label::Repeated, Some(Value::Array(list))) => list.push(value),
            _ => {
                object.insert(field.json_name.into(), value);
            }
        }
    }
    match info
        .fields
        .iter()
        .find(|field| field.label == Label::Required && !object.contains_key(field.json_name))
    {
        Some(field) => Err(WireError::MissingField(field.name)),
        None => Ok(Value::Object(object)),
    }
}

enum Raw<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Other,
}

fn read_raw<'a>(
    info: &'static MessageInfo,
    wire_type: WireType,
    bytes: &mut &'a [u8],
) -> Result<Raw<'a>, WireError> {
    let skip = |bytes: &mut &'a [u8], size: usize| {
        let (head, tail) = bytes.split_at_checked(size).ok_or_else(|| bad_body(info, "cut off"))?;
        *bytes = tail;
        Ok(head)
    };
    match wire_type {
        WireType::Varint => decode_varint(bytes).map(Raw::Varint).map_err(|error| bad_body(info, error)),
        WireType::LengthDelimited => {
            let length = decode_varint(bytes).map_err(|error| bad_body(info, error))?;
            let length = usize::try_from(length).map_err(|error| bad_body(info, error))?;
            skip(bytes, length).map(Raw::Bytes)
        }
        WireType::ThirtyTwoBit => skip(bytes, 4).map(|_| Raw::Other),
        WireType::SixtyFourBit => skip(bytes, 8).map(|_| Raw::Other),
        WireType::StartGroup | WireType::EndGroup => Err(bad_body(info, "groups do not occur")),
    }
}

fn read_value(
    info: &'static MessageInfo,
    field: &FieldInfo,
    raw: Raw<'_>,
    depth: usize,
) -> Result<Value, WireError> {
    Ok(match (field.kind, raw) {
        // Varints hold the two's complement: the low bits are the number.
        (Kind::Int32 | Kind::Enum, Raw::Varint(number)) => Value::from(number as i32),
        (Kind::Int64, Raw::Varint(number)) => Value::from(number as i64),
        (Kind::Bool, Raw::Varint(number)) => Value::Bool(number != 0),
        (Kind::Text, Raw::Bytes(text)) => {
            let text = std::str::from_utf8(text).map_err(|error| bad_body(info, error))?;
            Value::from(text)
        }
        (Kind::Bytes, Raw::Bytes(text)) => {
            let text = string::read(text).map_err(|offset| WireError::Text { field: field.name, offset })?;
            Value::from(text.into_owned())
        }
        (Kind::Message(inner), Raw::Bytes(bytes)) => read_message(inner, bytes, depth)?,
        _ => return Err(bad_body(info, format!("{} has the wrong wire type", field.name))),
    })
}

fn bad_json(what: impl Into<String>, reason: impl ToString) -> WireError {
    WireError::Json { what: what.into(), reason: reason.to_string() }
}

fn write_message(
    info: &'static MessageInfo,
    value: &Value,
    out: &mut Vec<u8>,
    depth: usize,
) -> Result<(), WireError> {
    let depth = depth.checked_sub(1).ok_or_else(|| bad_body(info, "nested too deep"))?;
    let object = value.as_object().ok_or_else(|| bad_json(info.name, "not an object"))?;
    for field in info.fields {
        match (field.label, object.get(field.json_name)) {
            (Label::Required, None | Some(Value::Null)) => return Err(WireError::MissingField(field.name)),
            (_, None | Some(Value::Null)) => {}
            (Label::Repeated, Some(Value::Array(list))) => {
                for item in list {
                    write_value(field, item, out, depth)?;
                }
            }
            (Label::Repeated, Some(_)) => return Err(bad_json(field.json_name, "not an array")),
            (_, Some(item)) => write_value(field, item, out, depth)?,
        }
    }
    Ok(())
}

fn write_value(field: &FieldInfo, value: &Value, out: &mut Vec<u8>, depth: usize) -> Result<(), WireError> {
    let wrong = |expected: &str| bad_json(field.json_name, format!("not {expected}"));
    let varint = |number: i64, out: &mut Vec<u8>| {
        encode_key(field.number, WireType::Varint, out);
        // Negative numbers take the ten bytes of their two's complement.
        encode_varint(number as u64, out);
    };
    match field.kind {
        Kind::Int32 | Kind::Enum => {
            let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
            varint(number.ok_or_else(|| wrong("a 32-bit integer"))?.into(), out);
        }
        Kind::Int64 => varint(integer(value).ok_or_else(|| wrong("an integer"))?, out),
        Kind::Bool => {
            let truth = match value {
                Value::Number(number) => number.as_i64().map(|number| number != 0),
                other => other.as_bool(),
            };
            varint(truth.ok_or_else(|| wrong("a truth value"))?.into(), out);
        }
        Kind::Text | Kind::Bytes => {
            put_bytes(field.number, value.as_str().ok_or_else(|| wrong("a string"))?.as_bytes(), out);
        }
        Kind::Message(inner) => {
            let mut bytes = Vec::new();
            write_message(inner, value, &mut bytes, depth)?;
            put_bytes(field.number, &bytes, out);
        }
    }
    Ok(())
}

/// Clients write 64-bit numbers as JSON numbers, exact up to 2^53, or as decimal text.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    }
}

fn put_bytes(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

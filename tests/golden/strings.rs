//! The frame string codec, alone and inside frames of both halves.

use anser::wire::{ByteString, Bytes, DownFrame, PubAck, Qos, Query, UpFrame, string};
use serde_json::{Map, Value};

use super::compare;
use super::files::{array, bytes, known_keys};
use super::notes::{Entry, Note, TableNote};
use super::report::{Check, FileReport};

const FIELDS: &[&str] = &["string", "repeat", "roundTrip", "sameAsUtf8", "utf16"];

/// `strings.json`.
pub(crate) fn check_file(file: &Map<String, Value>, report: &mut FileReport) -> Check {
    let table = TableNote::of(file)?;
    known_keys(file, &["native", "encode", "decodeOnly"])?;
    let known = ["fields", "hex"];
    if file.contains_key("encode") {
        report.entries(array(file, "encode")?, table.as_ref(), &known, check_encode);
    }
    if file.contains_key("decodeOnly") {
        report.entries(array(file, "decodeOnly")?, table.as_ref(), &known, check_decode);
    }
    Ok(())
}

/// `hex` is the length and the bytes.
fn check_encode(entry: &Entry<'_>) -> Check {
    let came = bytes(entry.object, "hex")?;
    let expected = entry.expected(&[], |key| FIELDS.contains(&key))?;
    if let Note::Reject = entry.note {
        return match text_of(&expected) {
            Ok(text) if string::written_len(&text) > usize::from(u16::MAX) => not_written(&text),
            _ => refused(&came, came.get(2..).unwrap_or_default()),
        };
    }
    let text = text_of(&expected)?;
    let payload = came.get(2..).ok_or("hex has no length")?;
    let read = check_text(entry, &text, &came, payload)?;
    compare::fields(&expected, |key, value| match key {
        "string" | "repeat" => Some(Ok(())),
        "roundTrip" => Some(compare::value(value, Some(&(read == text).into()))),
        "sameAsUtf8" => Some(compare::value(value, Some(&(payload == text.as_bytes()).into()))),
        "utf16" => Some(compare_units(value, &text)),
        _ => None,
    })
}

/// A string too long for its length is not written.
fn not_written(text: &str) -> Check {
    match (write_ack(text), write_query(text)) {
        (Err(_), Err(_)) => Ok(()),
        _ => Err("is written, but does not fit".into()),
    }
}

/// The text itself, or a text and how often it is repeated.
fn text_of(expected: &Map<String, Value>) -> Result<String, String> {
    match (expected.get("string"), expected.get("repeat")) {
        (Some(Value::String(text)), None) => Ok(text.clone()),
        (None, Some(Value::Array(repeat))) => match &repeat[..] {
            [Value::String(text), count] => {
                let count = count.as_u64().and_then(|count| usize::try_from(count).ok());
                Ok(text.repeat(count.ok_or("repeat has no count")?))
            }
            _ => Err("repeat is not text and count".into()),
        },
        _ => Err("neither string nor repeat, or both".into()),
    }
}

/// `hex` is the bytes without a length.
fn check_decode(entry: &Entry<'_>) -> Check {
    let payload = bytes(entry.object, "hex")?;
    let length = u16::try_from(payload.len()).map_err(|error| error.to_string())?;
    let came = [&length.to_be_bytes()[..], &payload].concat();
    if let Note::Reject = entry.note {
        return refused(&came, &payload);
    }
    let expected = entry.expected(&[], |key| FIELDS.contains(&key))?;
    let text = super::files::text(&expected, "string")?;
    check_text(entry, text, &came, &payload)?;
    compare::fields(&expected, |key, value| match key {
        "string" => Some(Ok(())),
        "utf16" => Some(compare_units(value, text)),
        _ => None,
    })
}

/// Reads and writes alone, as the last string of a PUBACK down and as the topic of a QUERY up.
fn check_text(entry: &Entry<'_>, text: &str, came: &[u8], payload: &[u8]) -> Result<String, String> {
    let read = string::read(payload).map_err(|at| format!("does not read at byte {at}"))?.into_owned();
    if read != text {
        return Err(format!("reads {read:?}, not {text:?}"));
    }
    let mut written = Vec::new();
    string::write(text, &mut written);
    if string::written_len(text) != written.len() {
        return Err("written_len is not the length written".into());
    }
    super::bodies::same_or_other(&entry.note, payload, Ok(&written))?;
    let [ack, query] = framed(came);
    for (frame, got) in [(&ack, read_ack(&ack)), (&query, read_query(&query))] {
        let got = got.map_err(|error| format!("in a frame: {error}"))?;
        if got != text {
            return Err(format!("in a frame reads {got:?}"));
        }
        let written = if *frame == ack { write_ack(&got) } else { write_query(&got) };
        super::bodies::same_or_other(&entry.note, frame, written.as_deref().map_err(String::clone))
            .map_err(|error| format!("in a frame: {error}"))?;
    }
    Ok(read)
}

fn refused(came: &[u8], payload: &[u8]) -> Check {
    if let Ok(text) = string::read(payload) {
        return Err(format!("reads {text:?}, but is to be refused"));
    }
    let [ack, query] = framed(came);
    match (read_ack(&ack), read_query(&query)) {
        (Err(_), Err(_)) => Ok(()),
        _ => Err("reads inside a frame, but is to be refused".into()),
    }
}

/// The string in a PUBACK down and in a QUERY up, the other fields zero.
fn framed(came: &[u8]) -> [Vec<u8>; 2] {
    let mut ack = vec![0x40];
    ack.extend_from_slice(&[0; 10]);
    ack.extend_from_slice(came);
    let mut query = vec![0x50];
    query.extend_from_slice(came);
    query.extend_from_slice(&[0; 4]);
    [ack, query]
}

fn read_ack(frame: &[u8]) -> Result<String, String> {
    match DownFrame::decode(Bytes::copy_from_slice(frame)) {
        Ok(DownFrame::PubAck(ack)) => Ok(ack.uid.to_string()),
        other => Err(format!("{other:?}")),
    }
}

fn read_query(frame: &[u8]) -> Result<String, String> {
    match UpFrame::decode(Bytes::copy_from_slice(frame)) {
        Ok(UpFrame::Query(query)) => Ok(query.topic.to_string()),
        other => Err(format!("{other:?}")),
    }
}

fn write_ack(text: &str) -> Result<Bytes, String> {
    DownFrame::PubAck(PubAck::new(0, 0, 0, ByteString::from(text)))
        .encode()
        .map_err(|error| error.to_string())
}

fn write_query(text: &str) -> Result<Bytes, String> {
    let query = Query {
        qos: Qos::AtMostOnce,
        dup: false,
        retain: false,
        topic: text.into(),
        target: "".into(),
        message_id: 0,
        body: Bytes::new(),
    };
    UpFrame::Query(query).encode().map_err(|error| error.to_string())
}

fn compare_units(expected: &Value, text: &str) -> Check {
    let units = text.encode_utf16().map(|unit| Value::from(format!("{unit:04x}"))).collect();
    compare::value(expected, Some(&Value::Array(units)))
}

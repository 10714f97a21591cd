//! Answers of a long-polling server: the client half reads their signals, the server half writes them
//! again with every recorded key.

use anser::wire::polling::{Family, Signal, write_answer, write_connect_answer};
use anser::wire::{DownFrame, FrameType, Topic};
use serde_json::{Map, Value, json};

use super::files::text;
use super::http::open_content;
use super::notes::{Entry, Note};
use super::polling::Asked;
use super::report::Check;
use super::{compare, frames, header};

/// Fields of an answer that say what a client does with it, see the behaviour checks.
const BEHAVIOUR: &[&str] = &["statuses", "messages"];

/// What a server says to a session that it does not know: no signal at all.
pub(crate) const SESSION_GONE: &str = "lost params";

/// Whether a field of an answer has a rule.
pub(crate) fn is_field(key: &str) -> bool {
    let signal = [
        "header",
        "status",
        "userId",
        "sessionid",
        "timestrap",
        "timestamp",
        "messageId",
        "topic",
        "targetId",
        "data",
        "date",
        "messageUId",
        "syncMsg",
        "requests",
    ];
    signal.contains(&key) || BEHAVIOUR.contains(&key)
}

/// Checks one answer.
pub(crate) fn check(entry: &Entry<'_>, asked: &Asked) -> Check {
    let text = text(entry.object, "text")?;
    let signals = Signal::parse_answer(text);
    if let Note::Reject = entry.note {
        return match signals {
            Err(_) => Ok(()),
            Ok(signals) => Err(format!("reads as {signals:?}, but is to be refused")),
        };
    }
    let signals = match signals {
        Err(_) if text == SESSION_GONE => Vec::new(),
        signals => signals.map_err(|error| format!("does not read: {error}"))?,
    };
    let expected = entry.expected(&["requests"], is_field)?;
    let behaves =
        entry.object.contains_key("requests") || BEHAVIOUR.iter().any(|key| expected.contains_key(*key));
    let got = match &signals[..] {
        [signal] => fields_of(signal),
        _ => Map::new(),
    };
    compare::fields(&expected, |key, value| match key {
        "requests" => Some(Ok(())),
        key if behaves && BEHAVIOUR.contains(&key) => Some(Ok(())),
        "header" => match &signals[..] {
            [signal] => Some(header::compare(value, signal.header.to_byte())),
            _ => None,
        },
        _ => compare::known(value, &got, key),
    })?;
    if text == SESSION_GONE {
        return Ok(());
    }
    let written = rewrite(text, signals, asked);
    if entry.note.reencode() {
        return written;
    }
    match written {
        Ok(()) => Err("writes the same signal, the note says it does not".into()),
        Err(_) => Ok(()),
    }
}

/// What a signal says under the vectors' names. Absent keys are null.
fn fields_of(signal: &Signal) -> Map<String, Value> {
    // The time of a CONNACK and that of a PUBACK go by two names.
    let (timestrap, timestamp) = match FrameType::from_number(signal.header.kind) {
        Some(FrameType::ConnAck) => (signal.timestamp, None),
        _ => (None, signal.timestamp),
    };
    let fields = json!({
        "status": signal.status,
        "userId": signal.user_id,
        "sessionid": signal.session_id,
        "timestrap": timestrap,
        "timestamp": timestamp,
        "messageId": signal.message_id,
        "topic": signal.topic,
        "targetId": signal.target_id,
        "data": signal.data,
        "date": signal.date,
        "messageUId": signal.message_uid,
        "syncMsg": signal.header.dup,
    });
    match fields {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// The server writes these signals again: every recorded key with its value.
fn rewrite(text: &str, signals: Vec<Signal>, asked: &Asked) -> Check {
    let recorded: Value = match text.trim() {
        "" => json!([]),
        text => serde_json::from_str(text).map_err(|error| error.to_string())?,
    };
    let recorded = match recorded {
        Value::Array(list) => list,
        other => vec![other],
    };
    let mut frames = Vec::new();
    let mut topics = Vec::new();
    for signal in signals {
        // What only goes up, no server writes; a client must not take it for anything.
        if frames::only_goes_up(signal.header.kind) {
            return match signal.into_frame(|_| None) {
                Err(_) => Ok(()),
                Ok(frame) => Err(format!("becomes {frame:?}, which does not come down")),
            };
        }
        let topic = asked_topic(&signal, asked)?;
        frames.push(signal.into_frame(|_| topic).map_err(|error| format!("is no frame: {error}"))?);
        topics.push(topic);
    }
    for family in [Family::Web25, Family::Engine] {
        let written = match &frames[..] {
            [DownFrame::ConnAck(ack)] => {
                let text = write_connect_answer(ack, family).map_err(|error| error.to_string())?;
                if text.contains(char::is_whitespace) && !ack_has_blanks(&recorded) {
                    return Err(format!("the answer to connecting has blanks: {text}"));
                }
                let value: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
                if !value.is_object() {
                    return Err("the answer to connecting is no object".into());
                }
                vec![value]
            }
            frames => {
                let mut next =
                    topics.iter().zip(frames).filter(|(_, frame)| matches!(frame, DownFrame::QueryAck(_)));
                let text = write_answer(frames, family, |_| next.next().and_then(|(topic, _)| *topic))
                    .map_err(|error| error.to_string())?;
                let disconnects = frames.iter().any(|frame| matches!(frame, DownFrame::Disconnect { .. }));
                if disconnects && family == Family::Web25 && !text.contains("\"headerCode\":-32,") {
                    return Err(format!("2.5.x does not find the end in {text}"));
                }
                match serde_json::from_str(&text).map_err(|error| error.to_string())? {
                    Value::Array(list) => list,
                    other => return Err(format!("the answer is no array: {other}")),
                }
            }
        };
        if written.len() != recorded.len() {
            return Err(format!("{} signals, not {}", written.len(), recorded.len()));
        }
        for (written, recorded) in written.iter().zip(&recorded) {
            compare_signal(recorded, written)?;
        }
    }
    Ok(())
}

/// Blanks inside a recorded name are the name's.
fn ack_has_blanks(recorded: &[Value]) -> bool {
    let strings =
        recorded.iter().filter_map(Value::as_object).flat_map(Map::values).filter_map(Value::as_str);
    strings.into_iter().any(|text| text.contains(char::is_whitespace))
}

/// The topic of the QUERY that a QUERYACK answers: one that the file asked under this id, else any whose
/// answer this data is.
fn asked_topic(signal: &Signal, asked: &Asked) -> Result<Option<Topic>, String> {
    if FrameType::from_number(signal.header.kind) != Some(FrameType::QueryAck) {
        return Ok(None);
    }
    let Some(data) = &signal.data else { return Ok(None) };
    let data: Value = serde_json::from_str(data).map_err(|error| format!("data: {error}"))?;
    let known = signal.message_id.and_then(|id| asked.get(&id)).into_iter().flatten();
    let fits = |topic: &Topic| {
        let Some(info) = topic.answer() else { return false };
        let bytes = anser::wire::json_body::from_json(info, &data);
        bytes.is_ok_and(|bytes| {
            anser::wire::json_body::to_json(info, &bytes).is_ok_and(|json| contains(&data, &json))
        })
    };
    let topic = known.chain(Topic::ALL).copied().find(|topic| fits(topic));
    topic.map(Some).ok_or_else(|| "data is the answer to no topic".into())
}

/// Keys that the flow specification lists for each signal; a server may add them where none is recorded.
fn listed(kind: Option<FrameType>) -> &'static [&'static str] {
    match kind {
        Some(FrameType::ConnAck) => {
            &["status", "userId", "headerCode", "messageId", "sessionid", "timestamp"]
        }
        Some(FrameType::Publish) => &["headerCode", "date", "topic", "targetId", "messageId", "data"],
        Some(FrameType::PubAck) => {
            &["headerCode", "messageId", "status", "timestamp", "messageUId", "date", "millisecond"]
        }
        Some(FrameType::QueryAck) => &["headerCode", "messageId", "status", "date", "data"],
        Some(FrameType::Disconnect) => &["headerCode", "messageId", "status"],
        _ => &["headerCode"],
    }
}

fn compare_signal(recorded: &Value, written: &Value) -> Check {
    let recorded = recorded.as_object().ok_or("a signal is an object")?;
    let written = written.as_object().ok_or("a written signal is no object")?;
    let code = |object: &Map<String, Value>| object.get("headerCode").and_then(Value::as_i64);
    let byte = code(recorded).ok_or("headerCode is missing")?.rem_euclid(256);
    let kind = FrameType::from_number((byte >> 4) as u8);
    for (key, value) in recorded {
        let got = written.get(key).ok_or_else(|| format!("{key} is not written"))?;
        let same = match key.as_str() {
            "headerCode" => code(written).map(|code| code.rem_euclid(256)) == Some(byte),
            "data" => opened(value)? == opened(got)?,
            _ => value == got,
        };
        if !same {
            return Err(format!("{key} is written as {got}, not {value}"));
        }
    }
    match written.keys().find(|key| !recorded.contains_key(*key) && !listed(kind).contains(&key.as_str())) {
        Some(key) => Err(format!("{key} is written, but does not belong to this signal")),
        None => Ok(()),
    }
}

/// Data as JSON, content inside it too. A server writes empty lists where none were recorded.
fn opened(data: &Value) -> Result<Value, String> {
    let mut json =
        serde_json::from_str(data.as_str().ok_or("data is not text")?).map_err(|error| error.to_string())?;
    open_content(&mut json);
    super::bodies::drop_empty_lists(&mut json);
    Ok(json)
}

/// Whether `json` holds everything in `part`.
fn contains(part: &Value, json: &Value) -> bool {
    match (part, json) {
        (Value::Object(part), Value::Object(json)) => {
            part.iter().all(|(key, value)| json.get(key).is_some_and(|json| contains(value, json)))
        }
        (Value::Array(part), Value::Array(json)) => {
            part.len() == json.len() && part.iter().zip(json).all(|(part, json)| contains(part, json))
        }
        (part, json) => part == json,
    }
}

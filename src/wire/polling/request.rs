//! The requests of a long-polling client, written by the client and read by the server.

use serde_json::Value;

use super::super::url::QueryString;
use super::super::{Bytes, FrameType, Header, Query, Topic, UpFrame, UpPublish, WireError, json_body};

/// An HTTP request, relative to the server's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// "GET" or "POST".
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// JSON text; its content type is a form's on purpose.
    pub body: Option<String>,
}

/// The request that waits for signals. `timestamp` is any number that differs each time.
pub fn hold(session_id: &str, timestamp: u64, pid: &str) -> HttpRequest {
    let query = QueryString::new("/pullmsg.js")
        .add("sessionid", session_id)
        .add("timestrap", &timestamp.to_string())
        .add("pid", pid);
    HttpRequest { method: "GET", path: query.finish(), body: None }
}

/// The request that carries one frame up.
///
/// # Errors
/// A frame that long polling does not carry (there is no heartbeat), or an unreadable body.
pub fn send(frame: &UpFrame, session_id: &str, pid: &str) -> Result<HttpRequest, WireError> {
    let (header, message_id, address) = match frame {
        UpFrame::Publish(UpPublish { qos, dup, retain, topic, target, message_id, body }) => {
            let header = Header { kind: FrameType::Publish as u8, dup: *dup, qos: *qos, retain: *retain };
            (header, *message_id, Some((topic, target, body)))
        }
        UpFrame::Query(Query { qos, dup, retain, topic, target, message_id, body }) => {
            let header = Header { kind: FrameType::Query as u8, dup: *dup, qos: *qos, retain: *retain };
            (header, *message_id, Some((topic, target, body)))
        }
        UpFrame::PubAck { message_id } => (Header::plain(FrameType::PubAck), *message_id, None),
        UpFrame::QueryCon { message_id } => (Header::plain(FrameType::QueryCon), *message_id, None),
        UpFrame::Connect(_) => return Err(WireError::NoWriter(FrameType::Connect as u8)),
        UpFrame::PingReq => return Err(WireError::NoWriter(FrameType::PingReq as u8)),
        UpFrame::Disconnect { .. } => return Err(WireError::NoWriter(FrameType::Disconnect as u8)),
        UpFrame::Ignored(kind) => return Err(WireError::NoWriter(*kind as u8)),
    };
    let mut query = QueryString::new("/websocket")
        .add("messageid", &message_id.to_string())
        .add("header", &header.to_byte().to_string())
        .add("sessionid", session_id);
    let mut json = Value::String(String::new());
    if let Some((topic, target, body)) = address {
        query = query.add("topic", topic).add("targetid", target);
        let info = Topic::parse(topic).and_then(Topic::request);
        json = json_body::to_json(info.ok_or_else(|| unknown(topic))?, body)?;
        drop_empty_lists(&mut json);
    }
    Ok(HttpRequest { method: "POST", path: query.add("pid", pid).finish(), body: Some(json.to_string()) })
}

/// Clients leave unset lists out; only answers must have them.
fn drop_empty_lists(value: &mut Value) {
    if let Value::Object(object) = value {
        object.retain(|_, member| !matches!(member, Value::Array(list) if list.is_empty()));
        object.values_mut().for_each(drop_empty_lists);
    }
}

/// Reads the frame of a POST from its decoded query parameters and its body.
///
/// # Errors
/// A missing or malformed parameter, or a body that is not the JSON of its topic.
pub fn read_send<'a>(parameter: impl Fn(&str) -> Option<&'a str>, body: &str) -> Result<UpFrame, WireError> {
    let number = |name: &'static str| {
        let text = parameter(name).ok_or_else(|| bad(name, "missing"))?;
        text.parse::<u16>().map_err(|error| bad(name, error))
    };
    let header = Header::from_byte(u8::try_from(number("header")?).map_err(|error| bad("header", error))?);
    let message_id = number("messageid")?;
    let kind = FrameType::from_number(header.kind).ok_or(WireError::UnknownType(header.kind))?;
    let Header { qos, dup, retain, .. } = header;
    match kind {
        FrameType::PubAck => Ok(UpFrame::PubAck { message_id }),
        FrameType::QueryCon => Ok(UpFrame::QueryCon { message_id }),
        FrameType::Publish | FrameType::Query => {
            let topic = parameter("topic").ok_or_else(|| bad("topic", "missing"))?;
            let target = parameter("targetid").ok_or_else(|| bad("targetid", "missing"))?.into();
            let info = Topic::parse(topic).and_then(Topic::request).ok_or_else(|| unknown(topic))?;
            let json: Value = serde_json::from_str(body).map_err(|error| bad("body", error))?;
            let body = Bytes::from(json_body::from_json(info, &json)?);
            let topic = topic.into();
            Ok(if kind == FrameType::Publish {
                UpFrame::Publish(UpPublish { qos, dup, retain, topic, target, message_id, body })
            } else {
                UpFrame::Query(Query { qos, dup, retain, topic, target, message_id, body })
            })
        }
        _ => Err(WireError::WrongDirection(header.kind)),
    }
}

fn unknown(topic: &str) -> WireError {
    bad("topic", format!("{topic} is not known"))
}

fn bad(what: &str, reason: impl ToString) -> WireError {
    WireError::Json { what: what.into(), reason: reason.to_string() }
}

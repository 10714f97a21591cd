//! One signal of an answer: a JSON envelope whose `data` is JSON text inside a string.

use bytestring::ByteString;
use serde_json::{Map, Value, json};

use super::super::down::LEAVING;
use super::super::{
    Accepted, ConnAck, DownFrame, DownPublish, FrameType, Header, PubAck, Qos, QueryAck, Topic, WireError,
    json_body, schema::MessageInfo,
};

/// Which web client reads an answer: the two generations want different bytes for DISCONNECT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// 2.5.x searches the raw text for `"headerCode":-32,`.
    Web25,
    /// Engine 4.x and Anser read the unsigned number.
    Engine,
}

/// A signal as it stands in an answer. Absent keys stay absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// The header bits; the keys `qos`, `dup`, `retained` and `syncMsg` override them.
    pub header: Header,
    /// PUBLISH, PUBACK, QUERYACK.
    pub message_id: Option<u16>,
    /// CONNACK, PUBACK, QUERYACK, DISCONNECT.
    pub status: Option<u16>,
    /// CONNACK.
    pub user_id: Option<String>,
    /// CONNACK.
    pub session_id: Option<String>,
    /// CONNACK and PUBACK, ms since 1970.
    pub timestamp: Option<u64>,
    /// PUBLISH.
    pub topic: Option<String>,
    /// PUBLISH.
    pub target_id: Option<String>,
    /// PUBLISH and QUERYACK: the body's JSON text.
    pub data: Option<String>,
    /// PUBLISH and QUERYACK, seconds since 1970.
    pub date: Option<u32>,
    /// PUBACK.
    pub message_uid: Option<String>,
    /// DISCONNECT, ms: Anser's addition.
    pub retry_after: Option<u32>,
}

impl Signal {
    /// The signals of an answer: one object, an array of them, or nothing.
    ///
    /// # Errors
    /// Not JSON, not a signal, or a key of the wrong type.
    pub fn parse_answer(text: &str) -> Result<Vec<Self>, WireError> {
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        match serde_json::from_str(text).map_err(|error| bad("answer", error))? {
            Value::Array(list) => list.iter().map(Self::from_value).collect(),
            other => Ok(vec![Self::from_value(&other)?]),
        }
    }

    fn from_value(value: &Value) -> Result<Self, WireError> {
        let object = value.as_object().ok_or_else(|| bad("signal", "not an object"))?;
        let code = number(object, "headerCode")?.ok_or_else(|| bad("headerCode", "missing"))?;
        // Servers write the byte signed or unsigned.
        let byte = i16::try_from(code).ok().filter(|code| (-128..256).contains(code));
        let mut header = Header::from_byte(byte.ok_or_else(|| bad("headerCode", "not a byte"))? as u8);
        if let Some(qos) = number(object, "qos")? {
            header.qos = u8::try_from(qos).map(Qos::from_bits).map_err(|error| bad("qos", error))?;
        }
        for key in ["dup", "syncMsg"] {
            header.dup = truth(object, key)?.unwrap_or(header.dup);
        }
        header.retain = truth(object, "retained")?.unwrap_or(header.retain);
        Ok(Self {
            header,
            message_id: narrow(object, "messageId")?,
            status: narrow(object, "status")?,
            user_id: text(object, "userId")?,
            session_id: text(object, "sessionid")?,
            timestamp: time(object, "timestamp")?,
            topic: text(object, "topic")?,
            target_id: text(object, "targetId")?,
            data: text(object, "data")?,
            date: narrow(object, "date")?,
            message_uid: text(object, "messageUId")?,
            retry_after: narrow(object, "retryAfter").unwrap_or_default(),
        })
    }

    /// The frame this signal stands for. `asked` names the topic of a pending QUERY by its id: the
    /// answer does not say it, and without it the body cannot be read.
    ///
    /// # Errors
    /// A missing key, or data that is not the JSON of its body.
    pub fn into_frame(self, asked: impl FnOnce(u16) -> Option<Topic>) -> Result<DownFrame, WireError> {
        let kind =
            FrameType::from_number(self.header.kind).ok_or(WireError::UnknownType(self.header.kind))?;
        let Header { qos, dup, retain, .. } = self.header;
        Ok(match kind {
            FrameType::ConnAck => {
                let status = byte_status(self.status)?;
                let accepted = if status == 0 {
                    Some(Accepted {
                        user_id: need(self.user_id, "userId")?.into(),
                        session_id: need(self.session_id, "sessionid")?.into(),
                        time: need(self.timestamp, "timestamp")?,
                    })
                } else {
                    None
                };
                DownFrame::ConnAck(ConnAck { status, accepted })
            }
            FrameType::Publish => {
                let topic = need(self.topic, "topic")?;
                let body = body_bytes(published_body(&topic, dup), self.data.as_deref())?;
                DownFrame::Publish(DownPublish {
                    qos,
                    dup,
                    retain,
                    date: self.date.unwrap_or_default(),
                    topic: topic.into(),
                    target: ByteString::from(self.target_id.unwrap_or_default()),
                    message_id: self.message_id.unwrap_or_default(),
                    body,
                })
            }
            FrameType::PubAck => {
                let status = self.status.unwrap_or_default();
                // A refused message may have no time; an accepted one is sorted by it.
                let time = if status == 0 {
                    need(self.timestamp, "timestamp")?
                } else {
                    self.timestamp.unwrap_or(0)
                };
                let message_id = need(self.message_id, "messageId")?;
                DownFrame::PubAck(PubAck::new(message_id, status, time, self.message_uid.unwrap_or_default()))
            }
            FrameType::QueryAck => {
                let message_id = need(self.message_id, "messageId")?;
                let info = asked(message_id).and_then(Topic::answer);
                DownFrame::QueryAck(QueryAck {
                    qos,
                    dup,
                    retain,
                    message_id,
                    date: self.date.unwrap_or_default(),
                    status: self.status.unwrap_or_default(),
                    body: body_bytes(info, self.data.as_deref())?,
                })
            }
            FrameType::PingResp => DownFrame::PingResp,
            FrameType::Disconnect => match (byte_status(self.status)?, self.retry_after) {
                (LEAVING, Some(retry_after)) => DownFrame::Leaving { retry_after },
                (status, _) => DownFrame::Disconnect { status },
            },
            FrameType::SubAck | FrameType::UnsubAck => DownFrame::Ignored(kind),
            _ => return Err(WireError::WrongDirection(self.header.kind)),
        })
    }
}

/// The body of a PUBLISH: by topic, and for a sync copy always the message that was sent.
fn published_body(topic: &str, sync: bool) -> Option<&'static MessageInfo> {
    match Topic::parse(topic) {
        Some(topic) => topic.request(),
        None if sync => Topic::PrivateMessage.request(),
        None => None,
    }
}

fn body_bytes(info: Option<&'static MessageInfo>, data: Option<&str>) -> Result<bytes::Bytes, WireError> {
    let (Some(info), Some(data)) = (info, data.filter(|data| !data.is_empty())) else {
        return Ok(bytes::Bytes::new());
    };
    let value = serde_json::from_str(data).map_err(|error| bad("data", error))?;
    Ok(json_body::from_json(info, &value)?.into())
}

/// The answer to a request that connects: one object without blanks.
///
/// # Errors
/// A frame without a JSON form.
pub fn write_connect_answer(frame: &ConnAck, family: Family) -> Result<String, WireError> {
    Ok(to_value(&DownFrame::ConnAck(frame.clone()), None, family)?.to_string())
}

/// Any other answer: an array, empty when there is nothing to say. `asked` names the topic of the QUERY
/// that a QUERYACK answers.
///
/// # Errors
/// A body that does not decode, or a frame without a JSON form.
pub fn write_answer(
    frames: &[DownFrame],
    family: Family,
    mut asked: impl FnMut(u16) -> Option<Topic>,
) -> Result<String, WireError> {
    let mut list = Vec::with_capacity(frames.len());
    for frame in frames {
        let topic = match frame {
            DownFrame::QueryAck(ack) => asked(ack.message_id),
            _ => None,
        };
        list.push(to_value(frame, topic, family)?);
    }
    Ok(Value::Array(list).to_string())
}

fn to_value(frame: &DownFrame, asked: Option<Topic>, family: Family) -> Result<Value, WireError> {
    Ok(match frame {
        DownFrame::ConnAck(ConnAck { status, accepted: None }) => json!({
            "status": status, "headerCode": 32, "messageId": 0,
        }),
        DownFrame::ConnAck(ConnAck { status, accepted: Some(accepted) }) => json!({
            "status": status,
            "userId": &*accepted.user_id,
            "headerCode": 32,
            "messageId": 0,
            "sessionid": &*accepted.session_id,
            "timestamp": accepted.time,
        }),
        DownFrame::Publish(publish) => {
            let DownPublish { qos, dup, retain, .. } = *publish;
            let header = Header { kind: FrameType::Publish as u8, dup, qos, retain };
            json!({
                "headerCode": header.to_byte(),
                "date": publish.date,
                "topic": &*publish.topic,
                "targetId": &*publish.target,
                "messageId": publish.message_id,
                "data": data_text(published_body(&publish.topic, dup), &publish.body)?,
            })
        }
        DownFrame::PubAck(ack) => json!({
            "headerCode": 64,
            "messageId": ack.message_id,
            "status": ack.status,
            "timestamp": ack.time(),
            "messageUId": &*ack.uid,
            "date": ack.date,
            "millisecond": ack.millisecond,
        }),
        DownFrame::QueryAck(ack) => {
            let QueryAck { qos, dup, retain, .. } = *ack;
            let header = Header { kind: FrameType::QueryAck as u8, dup, qos, retain };
            let mut object = json!({
                "headerCode": header.to_byte(),
                "messageId": ack.message_id,
                "status": ack.status,
                "date": ack.date,
            });
            let info = asked.and_then(Topic::answer);
            if let (Some(object), Some(_)) = (object.as_object_mut(), info.filter(|_| ack.status == 0)) {
                object.insert("data".into(), data_text(info, &ack.body)?.into());
            }
            object
        }
        DownFrame::PingResp => json!({ "headerCode": 208 }),
        DownFrame::Disconnect { status } => {
            let code = match family {
                Family::Web25 => -32,
                Family::Engine => 224,
            };
            json!({ "headerCode": code, "messageId": 0, "status": status })
        }
        DownFrame::Leaving { retry_after } => {
            json!({ "headerCode": 224, "messageId": 0, "status": LEAVING, "retryAfter": retry_after })
        }
        DownFrame::Ignored(kind) => return Err(WireError::NoWriter(*kind as u8)),
    })
}

fn data_text(info: Option<&'static MessageInfo>, body: &[u8]) -> Result<String, WireError> {
    match info {
        Some(info) => Ok(json_body::to_json(info, body)?.to_string()),
        None => Ok("{}".into()),
    }
}

fn bad(what: &str, reason: impl ToString) -> WireError {
    WireError::Json { what: what.into(), reason: reason.to_string() }
}

fn need<T>(value: Option<T>, key: &str) -> Result<T, WireError> {
    value.ok_or_else(|| bad(key, "missing"))
}

fn byte_status(status: Option<u16>) -> Result<u8, WireError> {
    u8::try_from(need(status, "status")?).map_err(|error| bad("status", error))
}

fn number(object: &Map<String, Value>, key: &str) -> Result<Option<i64>, WireError> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or_else(|| bad(key, "not an integer")),
    }
}

fn narrow<T: TryFrom<i64>>(object: &Map<String, Value>, key: &str) -> Result<Option<T>, WireError> {
    number(object, key)?.map(|number| T::try_from(number).map_err(|_| bad(key, "out of range"))).transpose()
}

/// A time fills all 64 bits without a sign.
fn time(object: &Map<String, Value>, key: &str) -> Result<Option<u64>, WireError> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_u64().map(Some).ok_or_else(|| bad(key, "not a time")),
    }
}

fn truth(object: &Map<String, Value>, key: &str) -> Result<Option<bool>, WireError> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_bool().map(Some).ok_or_else(|| bad(key, "not a truth value")),
    }
}

fn text(object: &Map<String, Value>, key: &str) -> Result<Option<String>, WireError> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_str().map(|text| Some(text.into())).ok_or_else(|| bad(key, "not a string")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str) -> Result<DownFrame, WireError> {
        Signal::parse_answer(text).unwrap().remove(0).into_frame(|_| None)
    }

    #[test]
    fn only_a_refused_message_may_lack_its_time() {
        let refused = frame(r#"{"headerCode":64,"messageId":3,"status":405}"#).unwrap();
        assert_eq!(refused, DownFrame::PubAck(PubAck::new(3, 405, 0, "")));
        assert!(frame(r#"{"headerCode":64,"messageId":3,"status":0}"#).is_err());
    }

    #[test]
    fn who_leaves_may_say_when_to_come_again() {
        let leaving = DownFrame::Leaving { retry_after: 70_000 };
        let text = write_answer(std::slice::from_ref(&leaving), Family::Engine, |_| None).unwrap();
        assert_eq!(frame(&text).unwrap(), leaving);
        assert_eq!(DownFrame::decode(leaving.encode().unwrap()).unwrap(), leaving);
        // Without the addition, or with one of another kind, it is what everybody writes.
        for plain in ["", r#","retryAfter":"soon""#, r#","retryAfter":-1"#] {
            let text = format!(r#"{{"headerCode":224,"messageId":0,"status":3{plain}}}"#);
            assert_eq!(frame(&text).unwrap(), DownFrame::Disconnect { status: 3 });
        }
        for (bytes, status) in
            [(vec![0xe0, 0, 3], 3), (vec![0xe0, 0, 3, 1], 3), (vec![0xe0, 0, 1, 0, 0, 0, 9], 1)]
        {
            assert_eq!(DownFrame::decode(bytes.into()).unwrap(), DownFrame::Disconnect { status });
        }
    }

    #[test]
    fn times_fill_64_bits() {
        let text =
            r#"{"headerCode":32,"status":0,"userId":"u","sessionid":"s","timestamp":18446744073709551615}"#;
        let DownFrame::ConnAck(ConnAck { accepted: Some(accepted), .. }) = frame(text).unwrap() else {
            panic!("not accepted");
        };
        assert_eq!(accepted.time, u64::MAX);
    }
}

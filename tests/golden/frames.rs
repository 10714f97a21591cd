//! Frames over WebSocket: decoded by the half that reads them, compared under the vectors' names,
//! encoded by the half that writes them. The layouts' values are in [`fields_of`].

use anser::wire::schema::MessageInfo;
use anser::wire::{Bytes, DownFrame, FrameType, Header, Topic, UpFrame};
use serde_json::{Map, Value, json};

use super::files::{array, bytes, hex, known_keys, unhex};
use super::modules::Names;
use super::notes::{Entry, Note};
use super::report::{Check, FileReport};
use super::{Context, bodies, compare, header, proto};

/// A decoded frame of either half.
pub(crate) enum Frame {
    Up(UpFrame),
    Down(DownFrame),
}

/// Every name that a frame of the vectors may record.
#[rustfmt::skip]
const FIELDS: &[&str] = &[
    "header", "type", "dup", "qos", "retain", "syncMsg", "status", "userId", "sessionId", "timestrap",
    "topic", "targetId", "targetIdHex", "messageId", "date", "millisecond", "timestamp", "messageUId",
    "dataHex", "bodyHex", "body", "bodyModule", "responseModule", "contentAsRead",
    "protocolId", "protocolVersion", "cleanSession", "keepAlive", "clientId", "hasWill", "willTopic", "will",
    "willQos", "retainWill", "hasAppId", "appId", "hasToken", "token",
];

/// `up-frames.json`, `down-frames.json` and `down-errors.json`.
pub(crate) fn check_file(context: &Context, file: &Map<String, Value>, report: &mut FileReport) -> Check {
    known_keys(file, &["count", "vectors"])?;
    let known = ["fields", "hex", "trigger", "bodyModule", "responseModule"];
    report.entries(array(file, "vectors")?, None, &known, |entry| check_entry(context, entry));
    Ok(())
}

fn check_entry(context: &Context, entry: &Entry<'_>) -> Check {
    let came = bytes(entry.object, "hex")?;
    let up = entry.goes_up()?;
    if entry.object.contains_key("trigger") {
        let trigger = bytes(entry.object, "trigger")?;
        let context = |error| format!("trigger: {error}");
        passes(&trigger, !up).map_err(context)?;
        if up {
            super::behaviour::check_trigger(&trigger, &came).map_err(context)?;
        }
    }
    let frame = Frame::decode(&came, up);
    if let Note::Reject = entry.note {
        return match frame {
            Err(_) => Ok(()),
            Ok(_) => Err("decodes, but is to be refused".into()),
        };
    }
    let mut frame = frame?;
    let beside = ["bodyModule", "responseModule"];
    let expected = entry.expected(&beside, |key| FIELDS.contains(&key))?;
    check_bodies(context, entry, &expected, &mut frame)?;
    let got = fields_of(&frame, &came)?;
    compare::fields(&expected, |key, value| match key {
        "body" | "bodyModule" | "responseModule" | "contentAsRead" => Some(Ok(())),
        "header" => Some(header::compare(value, came[0])),
        "dataHex" | "bodyHex" => Some(frame_body(&frame).and_then(|body| compare_hex(value, body))),
        "targetIdHex" => Some(compare_target(value, &got)),
        _ => compare::known(value, &got, key),
    })?;
    let written = frame.encode();
    let written = written.as_ref().map(|written| &written[..]).map_err(String::clone);
    bodies::same_or_other(&entry.note, &came, written)?;
    reads_as_before(&frame, up)
}

/// The body is that of the module, the topic carries it, and the frame goes on with what its type wrote.
fn check_bodies(
    context: &Context,
    entry: &Entry<'_>,
    expected: &Map<String, Value>,
    frame: &mut Frame,
) -> Check {
    let (carried, answer) = bodies_of_topic(frame)?;
    if let Some(response) = expected.get("responseModule") {
        let message = match response {
            Value::Null => None,
            other => Some(context.modules.message(other.as_str().ok_or("responseModule is not text")?)?),
        };
        let answer = answer.ok_or("an answer's module, but no topic")?;
        if answer.map(|info| info.name) != message.map(|info| info.name) {
            return Err(format!("the answer is {answer:?}, not {message:?}"));
        }
    }
    let body = bodies::body_of(entry, expected)?;
    let module = match expected.get("bodyModule") {
        None | Some(Value::Null) if body.is_none() && !expected.contains_key("contentAsRead") => {
            return Ok(());
        }
        Some(Value::String(module)) => module,
        _ => return Err("a body without a module".into()),
    };
    let info = context.modules.message(module)?;
    let carried = match carried {
        Some(Some(carried)) if bodies::is_part(carried, info) => carried,
        Some(carried) => {
            return Err(format!("the topic carries {:?}, not {}", carried.map(|info| info.name), info.name));
        }
        None => info,
    };
    let names = Names::Module(&context.modules, module);
    let bytes = frame_body(frame)?.clone();
    let written = bodies::check(info, names, &bytes, body.as_ref(), &entry.note)
        .map_err(|error| format!("body: {error}"))?;
    if carried.name != info.name {
        let as_carried = bodies::check(carried, names, &bytes, body.as_ref(), &entry.note)?;
        compare::bytes("the topic's own body", &written, Ok(&as_carried))?;
    }
    if let Some(read) = expected.get("contentAsRead") {
        let content =
            proto::byte_field(&bytes, names.number(info, "content")?)?.ok_or("there is no content")?;
        let text = anser::wire::string::read(content).map_err(|at| format!("content is no text at {at}"))?;
        compare::value(read, Some(&Value::from(text.into_owned())))
            .map_err(|error| format!("contentAsRead: {error}"))?;
    }
    *frame_body_mut(frame).ok_or("the frame has no body")? = written;
    Ok(())
}

type MaybeBody = Option<&'static MessageInfo>;

/// What the topic carries and what answers it; `None` each for a frame without a topic. A message of a
/// client is an `UpstreamMessage` under whatever topic, and so is its copy on the way down.
fn bodies_of_topic(frame: &Frame) -> Result<(Option<MaybeBody>, Option<MaybeBody>), String> {
    let (topic, message) = match frame {
        Frame::Up(UpFrame::Publish(publish)) => (&publish.topic, true),
        Frame::Up(UpFrame::Query(query)) => (&query.topic, false),
        Frame::Down(DownFrame::Publish(publish)) => (&publish.topic, publish.dup),
        _ => return Ok((None, None)),
    };
    match Topic::parse(topic) {
        Some(topic) => Ok((Some(topic.request()), Some(topic.answer()))),
        None if message => Ok((Some(Topic::PrivateMessage.request()), Some(None))),
        None if matches!(frame, Frame::Down(_)) => Ok((Some(None), Some(None))),
        None => Err(format!("topic {topic} is not known")),
    }
}

/// Types that no server sends.
pub(crate) fn only_goes_up(kind: u8) -> bool {
    use FrameType::{Connect, PingReq, Query, QueryCon, Subscribe, Unsubscribe};
    let types = [Connect, Query, QueryCon, Subscribe, Unsubscribe, PingReq];
    FrameType::from_number(kind).is_some_and(|kind| types.contains(&kind))
}

impl Frame {
    /// Decodes by the half that reads such a frame: types that only go up belong to the server half.
    pub(crate) fn decode(came: &[u8], up: bool) -> Result<Self, String> {
        let bytes = Bytes::copy_from_slice(came);
        let kind = came.first().map(|byte| Header::from_byte(*byte).kind);
        let up = up || kind.is_some_and(only_goes_up);
        let frame =
            if up { UpFrame::decode(bytes).map(Self::Up) } else { DownFrame::decode(bytes).map(Self::Down) };
        frame.map_err(|error| format!("does not decode: {error}"))
    }

    /// Encodes by the half that writes it.
    pub(crate) fn encode(&self) -> Result<Bytes, String> {
        match self {
            Self::Up(frame) => frame.encode(),
            Self::Down(frame) => frame.encode(),
        }
        .map_err(|error| error.to_string())
    }
}

/// A frame that only has to decode and to encode to the same bytes.
pub(crate) fn passes(came: &[u8], up: bool) -> Result<Frame, String> {
    passes_as(&Note::Same, came, up)
}

/// The same for the `hex` of an entry, whose note may say that the bytes differ.
pub(crate) fn passes_as(note: &Note, came: &[u8], up: bool) -> Result<Frame, String> {
    let frame = Frame::decode(came, up)?;
    fields_of(&frame, came)?;
    bodies::same_or_other(note, came, frame.encode().as_deref().map_err(String::clone))?;
    Ok(frame)
}

/// Whatever its bytes, an encoded frame reads as the frame it was made of.
fn reads_as_before(frame: &Frame, up: bool) -> Check {
    let Ok(written) = frame.encode() else { return Ok(()) };
    let same = match (Frame::decode(&written, up)?, frame) {
        (Frame::Up(again), Frame::Up(frame)) => again == *frame,
        (Frame::Down(again), Frame::Down(frame)) => again == *frame,
        _ => false,
    };
    if same { Ok(()) } else { Err(format!("{} reads as another frame", hex(&written))) }
}

/// What a frame holds under the vectors' names; null where it holds none. Its type and, where the frame
/// keeps them, its flags must be those of the header byte.
pub(crate) fn fields_of(frame: &Frame, came: &[u8]) -> Result<Map<String, Value>, String> {
    let header = Header::from_byte(*came.first().ok_or("there is no header")?);
    let (kind, flags, mut fields) = match frame {
        Frame::Up(frame) => up_fields(frame),
        Frame::Down(frame) => down_fields(frame),
    };
    if kind as u8 != header.kind {
        return Err(format!("type {} decodes as {kind:?}", header.kind));
    }
    if flags.is_some_and(|flags| flags != (header.qos as u8, header.dup, header.retain)) {
        return Err("the flags are not those of the header byte".into());
    }
    let Value::Object(shared) = json!({
        "type": header.kind,
        "dup": header.dup,
        "syncMsg": header.dup,
        "qos": header.qos as u8,
        "retain": header.retain,
    }) else {
        return Err("a literal object is no object".into());
    };
    fields.extend(shared);
    Ok(fields)
}

type Parts = (FrameType, Option<(u8, bool, bool)>, Map<String, Value>);

fn parts(kind: FrameType, flags: Option<(u8, bool, bool)>, fields: Value) -> Parts {
    let fields = match fields {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    (kind, flags, fields)
}

fn up_fields(frame: &UpFrame) -> Parts {
    match frame {
        UpFrame::Connect(connect) => {
            let will = connect.will.as_ref();
            let fields = json!({
                "protocolId": &*connect.protocol,
                "protocolVersion": connect.version,
                "cleanSession": connect.clean_session,
                "keepAlive": connect.keep_alive,
                "clientId": &*connect.client_id,
                "hasWill": will.is_some(),
                "willTopic": will.map(|will| &*will.topic),
                "will": will.map(|will| &*will.message),
                "willQos": will.map(|will| will.qos),
                "retainWill": will.is_some_and(|will| will.retain),
                "hasAppId": connect.app_id.is_some(),
                "appId": connect.app_id.as_deref(),
                "hasToken": connect.token.is_some(),
                "token": connect.token.as_deref(),
            });
            parts(FrameType::Connect, None, fields)
        }
        UpFrame::Publish(publish) => parts(
            FrameType::Publish,
            Some((publish.qos as u8, publish.dup, publish.retain)),
            json!({ "topic": &*publish.topic, "targetId": &*publish.target, "messageId": publish.message_id }),
        ),
        UpFrame::Query(query) => parts(
            FrameType::Query,
            Some((query.qos as u8, query.dup, query.retain)),
            json!({ "topic": &*query.topic, "targetId": &*query.target, "messageId": query.message_id }),
        ),
        UpFrame::PubAck { message_id } => parts(FrameType::PubAck, None, json!({ "messageId": message_id })),
        UpFrame::QueryCon { message_id } => {
            parts(FrameType::QueryCon, None, json!({ "messageId": message_id }))
        }
        UpFrame::PingReq => parts(FrameType::PingReq, None, json!({})),
        UpFrame::Disconnect { status } => parts(FrameType::Disconnect, None, json!({ "status": status })),
        UpFrame::Ignored(kind) => parts(*kind, None, json!({})),
    }
}

fn down_fields(frame: &DownFrame) -> Parts {
    match frame {
        DownFrame::ConnAck(ack) => {
            let accepted = ack.accepted.as_ref();
            let fields = json!({
                "status": ack.status,
                "userId": accepted.map(|accepted| &*accepted.user_id),
                "sessionId": accepted.map(|accepted| &*accepted.session_id),
                "timestrap": accepted.map(|accepted| accepted.time),
            });
            parts(FrameType::ConnAck, None, fields)
        }
        DownFrame::Publish(publish) => parts(
            FrameType::Publish,
            Some((publish.qos as u8, publish.dup, publish.retain)),
            json!({
                "date": publish.date,
                "topic": &*publish.topic,
                "targetId": &*publish.target,
                "messageId": publish.message_id,
            }),
        ),
        DownFrame::PubAck(ack) => {
            let fields = json!({
                "messageId": ack.message_id,
                "date": ack.date,
                "status": ack.status,
                "millisecond": ack.millisecond,
                "timestamp": ack.time(),
                "messageUId": &*ack.uid,
            });
            parts(FrameType::PubAck, None, fields)
        }
        DownFrame::QueryAck(ack) => parts(
            FrameType::QueryAck,
            Some((ack.qos as u8, ack.dup, ack.retain)),
            json!({ "messageId": ack.message_id, "date": ack.date, "status": ack.status }),
        ),
        DownFrame::PingResp => parts(FrameType::PingResp, None, json!({})),
        DownFrame::Disconnect { status } => parts(FrameType::Disconnect, None, json!({ "status": status })),
        DownFrame::Leaving { retry_after } => {
            parts(FrameType::Disconnect, None, json!({ "status": 3, "retryAfter": retry_after }))
        }
        DownFrame::Ignored(kind) => parts(*kind, None, json!({})),
    }
}

fn frame_body(frame: &Frame) -> Result<&Bytes, String> {
    match frame {
        Frame::Up(UpFrame::Publish(publish)) => Ok(&publish.body),
        Frame::Up(UpFrame::Query(query)) => Ok(&query.body),
        Frame::Down(DownFrame::Publish(publish)) => Ok(&publish.body),
        Frame::Down(DownFrame::QueryAck(ack)) => Ok(&ack.body),
        _ => Err("the frame has no body".into()),
    }
}

fn frame_body_mut(frame: &mut Frame) -> Option<&mut Bytes> {
    match frame {
        Frame::Up(UpFrame::Publish(publish)) => Some(&mut publish.body),
        Frame::Up(UpFrame::Query(query)) => Some(&mut query.body),
        Frame::Down(DownFrame::Publish(publish)) => Some(&mut publish.body),
        Frame::Down(DownFrame::QueryAck(ack)) => Some(&mut ack.body),
        _ => None,
    }
}

/// Bytes in hex, whole or cut: 64 digits, `…`, `(N bytes)`.
fn compare_hex(expected: &Value, body: &[u8]) -> Check {
    let text = expected.as_str().ok_or("is not text")?;
    let Some((start, length)) = text.split_once('…') else {
        return compare::bytes("the body", &unhex(text)?, Ok(body));
    };
    let length = length.strip_prefix('(').and_then(|length| length.strip_suffix(" bytes)"));
    let length: usize = length.and_then(|length| length.parse().ok()).ok_or("is cut in an unknown way")?;
    let start = unhex(start)?;
    if start.len() != 32 {
        return Err("is cut, but does not have 64 digits".into());
    }
    if body.len() != length {
        return Err(format!("{} bytes, not {length}", body.len()));
    }
    compare::bytes("the start of the body", &start, Ok(&body[..32]))
}

fn compare_target(expected: &Value, got: &Map<String, Value>) -> Check {
    let expected = unhex(expected.as_str().ok_or("is not text")?)?;
    let target = got.get("targetId").and_then(Value::as_str).ok_or("the frame has no target")?;
    let mut written = Vec::new();
    anser::wire::string::write(target, &mut written);
    compare::bytes("the target", &expected, Ok(&written))
}

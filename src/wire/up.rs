//! Frames that travel from the client to the server.

use bytes::Bytes;
use bytestring::ByteString;

use super::cursor::{Reader, put_text};
use super::{Body, Connect, FrameType, Header, Qos, Topic, WireError};

/// A frame on its way up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpFrame {
    /// Identity, on transports that have no URL.
    Connect(Box<Connect>),
    /// A message.
    Publish(UpPublish),
    /// Acknowledges a PUBLISH of the server.
    PubAck {
        /// The server's message id.
        message_id: u16,
    },
    /// A request.
    Query(Query),
    /// Confirms a QUERYACK that asked for it.
    QueryCon {
        /// The id of the QUERY.
        message_id: u16,
    },
    /// Heartbeat.
    PingReq,
    /// Goodbye of a native client; web clients just close.
    Disconnect {
        /// Its status byte.
        status: u8,
    },
    /// Types 8 to 11: nothing but their type.
    Ignored(FrameType),
}

/// A message of the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpPublish {
    /// Whether a PUBACK is expected.
    pub qos: Qos,
    /// Never set by clients.
    pub dup: bool,
    /// Never set by clients.
    pub retain: bool,
    /// What kind of message, see [`super::Topic`].
    pub topic: ByteString,
    /// The conversation's target.
    pub target: ByteString,
    /// 1..=65535, shared with QUERY.
    pub message_id: u16,
    /// An `UpstreamMessage`.
    pub body: Bytes,
}

/// A request of the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// 1 where the answer is to be confirmed.
    pub qos: Qos,
    /// Never set by clients.
    pub dup: bool,
    /// Never set by clients.
    pub retain: bool,
    /// What is asked, see [`super::Topic`].
    pub topic: ByteString,
    /// What or whom it is about.
    pub target: ByteString,
    /// 1..=65535, shared with PUBLISH.
    pub message_id: u16,
    /// The request, by topic.
    pub body: Bytes,
}

impl UpFrame {
    /// Reads a frame. `bytes` is the whole WebSocket message.
    ///
    /// # Errors
    /// Names the field and the offset of the first thing that is wrong.
    pub fn decode(bytes: Bytes) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        if reader.is_empty() {
            return Err(WireError::Empty);
        }
        let header = Header::from_byte(reader.u8("header")?);
        let kind = FrameType::from_number(header.kind).ok_or(WireError::UnknownType(header.kind))?;
        Ok(match kind {
            FrameType::Connect => Self::Connect(Box::new(Connect::read(reader)?)),
            FrameType::Publish => {
                let Addressed { topic, target, message_id, body } = Addressed::read(reader)?;
                let Header { qos, dup, retain, .. } = header;
                Self::Publish(UpPublish { qos, dup, retain, topic, target, message_id, body })
            }
            FrameType::Query => {
                let Addressed { topic, target, message_id, body } = Addressed::read(reader)?;
                let Header { qos, dup, retain, .. } = header;
                Self::Query(Query { qos, dup, retain, topic, target, message_id, body })
            }
            FrameType::PubAck => Self::PubAck { message_id: reader.u16("message id")? },
            FrameType::QueryCon => Self::QueryCon { message_id: reader.u16("message id")? },
            FrameType::PingReq => Self::PingReq,
            FrameType::Disconnect => {
                reader.u8("reserved byte")?;
                Self::Disconnect { status: reader.u8("status")? }
            }
            FrameType::Subscribe | FrameType::SubAck | FrameType::Unsubscribe | FrameType::UnsubAck => {
                Self::Ignored(kind)
            }
            FrameType::ConnAck | FrameType::QueryAck | FrameType::PingResp => {
                return Err(WireError::WrongDirection(header.kind));
            }
        })
    }

    /// Writes the frame.
    ///
    /// # Errors
    /// A string that does not fit its 16-bit length, or a frame that nobody writes.
    pub fn encode(&self) -> Result<Bytes, WireError> {
        match self {
            Self::Connect(connect) => {
                let mut out = Vec::with_capacity(64);
                connect.write(&mut out)?;
                Ok(out.into())
            }
            Self::Publish(UpPublish { qos, dup, retain, topic, target, message_id, body }) => {
                let header = Header { kind: FrameType::Publish as u8, dup: *dup, qos: *qos, retain: *retain };
                write_addressed(header, topic, target, *message_id, body)
            }
            Self::Query(Query { qos, dup, retain, topic, target, message_id, body }) => {
                let header = Header { kind: FrameType::Query as u8, dup: *dup, qos: *qos, retain: *retain };
                write_addressed(header, topic, target, *message_id, body)
            }
            Self::PubAck { message_id } => Ok(id_frame(FrameType::PubAck, *message_id)),
            Self::QueryCon { message_id } => Ok(id_frame(FrameType::QueryCon, *message_id)),
            Self::PingReq => Ok(Bytes::from_static(&[(FrameType::PingReq as u8) << 4])),
            Self::Disconnect { status } => {
                Ok(Bytes::copy_from_slice(&[Header::plain(FrameType::Disconnect).to_byte(), 0, *status]))
            }
            Self::Ignored(kind) => Err(WireError::NoWriter(*kind as u8)),
        }
    }
}

impl UpPublish {
    /// Writes the PUBLISH of a body that is not encoded yet, straight into one buffer.
    ///
    /// # Errors
    /// A string that does not fit its 16-bit length.
    pub fn encode_body<B: Body>(
        qos: Qos,
        topic: Topic,
        target: &str,
        message_id: u16,
        body: &B,
    ) -> Result<Bytes, WireError> {
        let header = Header { kind: FrameType::Publish as u8, dup: false, qos, retain: false };
        let mut out = head(header, topic.as_str(), target, message_id, body.encoded_len())?;
        let whole = body.encode(&mut out);
        whole.map_err(|error| WireError::Body { message: B::INFO.name, reason: error.to_string() })?;
        Ok(out.into())
    }
}

/// The part that PUBLISH and QUERY share.
struct Addressed {
    topic: ByteString,
    target: ByteString,
    message_id: u16,
    body: Bytes,
}

impl Addressed {
    fn read(mut reader: Reader) -> Result<Self, WireError> {
        let topic = reader.text("topic")?;
        let target = reader.text("target")?;
        let message_id = reader.u16("message id")?;
        Ok(Self { topic, target, message_id, body: reader.rest() })
    }
}

fn write_addressed(
    header: Header,
    topic: &str,
    target: &str,
    message_id: u16,
    body: &[u8],
) -> Result<Bytes, WireError> {
    let mut out = head(header, topic, target, message_id, body.len())?;
    out.extend_from_slice(body);
    Ok(out.into())
}

/// Everything before the body, with room for it.
fn head(
    header: Header,
    topic: &str,
    target: &str,
    message_id: u16,
    body_len: usize,
) -> Result<Vec<u8>, WireError> {
    // CESU-8 may need half as much again for the target: reserve for the plain case.
    let mut out = Vec::with_capacity(7 + topic.len() + target.len() + body_len);
    out.push(header.to_byte());
    put_text(&mut out, "topic", topic)?;
    put_text(&mut out, "target", target)?;
    out.extend_from_slice(&message_id.to_be_bytes());
    Ok(out)
}

fn id_frame(kind: FrameType, message_id: u16) -> Bytes {
    let [high, low] = message_id.to_be_bytes();
    Bytes::copy_from_slice(&[Header::plain(kind).to_byte(), high, low])
}

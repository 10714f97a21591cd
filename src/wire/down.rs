//! Frames that travel from the server to the client.

use bytes::Bytes;
use bytestring::ByteString;

use super::cursor::{Reader, put_text};
use super::{FrameType, Header, Qos, WireError};

/// A frame on its way down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DownFrame {
    /// The first frame of every connection.
    ConnAck(ConnAck),
    /// A message, a notice, or a copy of the user's own message.
    Publish(DownPublish),
    /// The server's answer to a PUBLISH.
    PubAck(PubAck),
    /// The answer to a QUERY.
    QueryAck(QueryAck),
    /// The answer to a heartbeat.
    PingResp,
    /// The server ends the connection.
    Disconnect {
        /// Why; the session knows what the numbers mean.
        status: u8,
    },
    /// The server goes down and asks this client to come again only then, so that not all come at once. DISCONNECT 3
    /// with an addition that only Anser writes, to its own clients, and reads.
    Leaving {
        /// In milliseconds.
        retry_after: u32,
    },
    /// Types 8 to 11: nothing but their type. Must not count as PINGRESP.
    Ignored(FrameType),
}

/// The status of a DISCONNECT by which a server leaves.
pub(super) const LEAVING: u8 = 3;

/// CONNACK. Every status decodes; what it means is the session's matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnAck {
    /// 0 accepted, anything else refused.
    pub status: u8,
    /// Present when accepted.
    pub accepted: Option<Accepted>,
}

/// What an accepted connection is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Who the token belongs to.
    pub user_id: ByteString,
    /// The server's name for this connection.
    pub session_id: ByteString,
    /// Server time, ms since 1970.
    pub time: u64,
}

/// A PUBLISH of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownPublish {
    /// Whether a PUBACK is expected (never for sync copies).
    pub qos: Qos,
    /// Sync flag: a copy of a message that the user sent from another device.
    pub dup: bool,
    /// Never used.
    pub retain: bool,
    /// Seconds since 1970.
    pub date: u32,
    /// What it is, see [`super::Topic`].
    pub topic: ByteString,
    /// The receiver, or the conversation's target in a sync copy.
    pub target: ByteString,
    /// The server's id, a space of its own.
    pub message_id: u16,
    /// The body, by topic.
    pub body: Bytes,
}

/// PUBACK on its way down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PubAck {
    /// The id being acknowledged.
    pub message_id: u16,
    /// Whole seconds of the message's time.
    pub date: u32,
    /// 0 accepted, else an error code.
    pub status: u16,
    /// The milliseconds within that second.
    pub millisecond: u16,
    /// The message's uid, possibly empty on errors.
    pub uid: ByteString,
}

impl PubAck {
    /// `time` in ms since 1970.
    pub fn new(message_id: u16, status: u16, time: u64, uid: impl Into<ByteString>) -> Self {
        let date = u32::try_from(time / 1000).unwrap_or(u32::MAX);
        // A remainder below 1000 always fits.
        let millisecond = (time % 1000) as u16;
        Self { message_id, date, status, millisecond, uid: uid.into() }
    }

    /// The message's server time, ms since 1970.
    pub fn time(&self) -> u64 {
        u64::from(self.date) * 1000 + u64::from(self.millisecond)
    }
}

/// The answer to a QUERY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryAck {
    /// Not zero asks for a QUERYCON.
    pub qos: Qos,
    /// Never used.
    pub dup: bool,
    /// Never used.
    pub retain: bool,
    /// The id of the QUERY.
    pub message_id: u16,
    /// Seconds since 1970.
    pub date: u32,
    /// 0 ok, else an error code or, for some topics, a small answer value.
    pub status: u16,
    /// The answer, by topic; may be empty.
    pub body: Bytes,
}

impl DownFrame {
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
            FrameType::ConnAck => Self::ConnAck(ConnAck::read(reader)?),
            FrameType::Publish => Self::Publish(DownPublish::read(header, reader)?),
            FrameType::PubAck => Self::PubAck(PubAck::read(reader)?),
            FrameType::QueryAck => Self::QueryAck(QueryAck::read(header, reader)?),
            FrameType::PingResp => Self::PingResp,
            FrameType::Disconnect => {
                reader.u8("reserved byte")?;
                match (reader.u8("status")?, reader.u32("retry after")) {
                    (LEAVING, Ok(retry_after)) => Self::Leaving { retry_after },
                    (status, _) => Self::Disconnect { status },
                }
            }
            FrameType::SubAck | FrameType::UnsubAck => Self::Ignored(kind),
            _ => return Err(WireError::WrongDirection(header.kind)),
        })
    }

    /// Writes the frame.
    ///
    /// # Errors
    /// A string that does not fit its 16-bit length, or a frame that nobody writes.
    pub fn encode(&self) -> Result<Bytes, WireError> {
        let mut out = Vec::new();
        match self {
            Self::ConnAck(connack) => connack.write(&mut out)?,
            Self::Publish(publish) => publish.write(&mut out)?,
            Self::PubAck(puback) => puback.write(&mut out)?,
            Self::QueryAck(queryack) => queryack.write(&mut out),
            Self::PingResp => out.push(Header::plain(FrameType::PingResp).to_byte()),
            Self::Disconnect { status } => {
                out.extend_from_slice(&[Header::plain(FrameType::Disconnect).to_byte(), 0, *status]);
            }
            Self::Leaving { retry_after } => {
                out.extend_from_slice(&[Header::plain(FrameType::Disconnect).to_byte(), 0, LEAVING]);
                out.extend_from_slice(&retry_after.to_be_bytes());
            }
            Self::Ignored(kind) => return Err(WireError::NoWriter(*kind as u8)),
        }
        Ok(out.into())
    }
}

impl ConnAck {
    /// The short form, for refusals.
    pub fn refused(status: u8) -> Self {
        Self { status, accepted: None }
    }

    fn read(mut reader: Reader) -> Result<Self, WireError> {
        reader.u8("reserved byte")?;
        let status = reader.u8("status")?;
        if reader.is_empty() {
            return if status == 0 { Err(WireError::ShortConnAck) } else { Ok(Self::refused(status)) };
        }
        let user_id = reader.text("user id")?;
        let session_id = reader.text("session id")?;
        let time = reader.u64("time")?;
        Ok(Self { status, accepted: Some(Accepted { user_id, session_id, time }) })
    }

    fn write(&self, out: &mut Vec<u8>) -> Result<(), WireError> {
        out.extend_from_slice(&[Header::plain(FrameType::ConnAck).to_byte(), 0x80, self.status]);
        match &self.accepted {
            Some(Accepted { user_id, session_id, time }) => {
                put_text(out, "user id", user_id)?;
                put_text(out, "session id", session_id)?;
                out.extend_from_slice(&time.to_be_bytes());
                Ok(())
            }
            None if self.status == 0 => Err(WireError::ShortConnAck),
            None => Ok(()),
        }
    }
}

impl DownPublish {
    fn read(header: Header, mut reader: Reader) -> Result<Self, WireError> {
        let date = reader.u32("date")?;
        let topic = reader.text("topic")?;
        let target = reader.text("target")?;
        let message_id = reader.u16("message id")?;
        let Header { qos, dup, retain, .. } = header;
        Ok(Self { qos, dup, retain, date, topic, target, message_id, body: reader.rest() })
    }

    fn write(&self, out: &mut Vec<u8>) -> Result<(), WireError> {
        out.reserve(11 + self.topic.len() + self.target.len() + self.body.len());
        let Self { qos, dup, retain, .. } = *self;
        out.push(Header { kind: FrameType::Publish as u8, dup, qos, retain }.to_byte());
        out.extend_from_slice(&self.date.to_be_bytes());
        put_text(out, "topic", &self.topic)?;
        put_text(out, "target", &self.target)?;
        out.extend_from_slice(&self.message_id.to_be_bytes());
        out.extend_from_slice(&self.body);
        Ok(())
    }
}

impl PubAck {
    fn read(mut reader: Reader) -> Result<Self, WireError> {
        Ok(Self {
            message_id: reader.u16("message id")?,
            date: reader.u32("date")?,
            status: reader.u16("status")?,
            millisecond: reader.u16("millisecond")?,
            uid: reader.text("message uid")?,
        })
    }

    fn write(&self, out: &mut Vec<u8>) -> Result<(), WireError> {
        out.reserve(13 + self.uid.len());
        out.push(Header::plain(FrameType::PubAck).to_byte());
        out.extend_from_slice(&self.message_id.to_be_bytes());
        out.extend_from_slice(&self.date.to_be_bytes());
        out.extend_from_slice(&self.status.to_be_bytes());
        out.extend_from_slice(&self.millisecond.to_be_bytes());
        put_text(out, "message uid", &self.uid)
    }
}

impl QueryAck {
    fn read(header: Header, mut reader: Reader) -> Result<Self, WireError> {
        let message_id = reader.u16("message id")?;
        let date = reader.u32("date")?;
        let status = reader.u16("status")?;
        let Header { qos, dup, retain, .. } = header;
        Ok(Self { qos, dup, retain, message_id, date, status, body: reader.rest() })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.reserve(9 + self.body.len());
        let Self { qos, dup, retain, .. } = *self;
        out.push(Header { kind: FrameType::QueryAck as u8, dup, qos, retain }.to_byte());
        out.extend_from_slice(&self.message_id.to_be_bytes());
        out.extend_from_slice(&self.date.to_be_bytes());
        out.extend_from_slice(&self.status.to_be_bytes());
        out.extend_from_slice(&self.body);
    }
}

//! The first byte of every frame: `type << 4 | dup << 3 | qos << 1 | retain`.

/// The four parts of a header byte. Pure arithmetic: all 256 values split and join without loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Frame type, 0..=15. 0 and 15 exist here only; the frame decoders refuse them.
    pub kind: u8,
    /// Bit 3. On a PUBLISH that comes down it marks a copy of the user's own message.
    pub dup: bool,
    /// Delivery promise.
    pub qos: Qos,
    /// Bit 0, never used by the protocol.
    pub retain: bool,
}

impl Header {
    /// A header of this type with all flags clear.
    pub const fn plain(kind: FrameType) -> Self {
        Self { kind: kind as u8, dup: false, qos: Qos::AtMostOnce, retain: false }
    }

    /// Splits a header byte.
    pub const fn from_byte(byte: u8) -> Self {
        Self {
            kind: byte >> 4,
            dup: byte & 0b1000 != 0,
            qos: Qos::from_bits(byte >> 1),
            retain: byte & 1 != 0,
        }
    }

    /// Joins the parts again. Only the low four bits of `kind` count.
    pub const fn to_byte(self) -> u8 {
        (self.kind & 0x0f) << 4 | (self.dup as u8) << 3 | (self.qos as u8) << 1 | self.retain as u8
    }
}

/// Delivery promise of a frame. On receipt only zero or not zero matters: anything else asks for an
/// acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Qos {
    /// Nothing answers the frame.
    #[default]
    AtMostOnce = 0,
    /// The receiver acknowledges.
    AtLeastOnce = 1,
    /// Never sent by the known clients; treated like `AtLeastOnce`.
    ExactlyOnce = 2,
    /// Never sent by the known clients; treated like `AtLeastOnce`.
    Default = 3,
}

impl Qos {
    /// The low two bits of `bits`.
    pub const fn from_bits(bits: u8) -> Self {
        match bits & 0b11 {
            0 => Self::AtMostOnce,
            1 => Self::AtLeastOnce,
            2 => Self::ExactlyOnce,
            _ => Self::Default,
        }
    }

    /// Whether the receiver has to acknowledge.
    pub const fn wants_ack(self) -> bool {
        !matches!(self, Self::AtMostOnce)
    }
}

/// The frame types of the protocol, with their numbers on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum FrameType {
    /// Defined, but on WebSocket identity travels in the URL.
    Connect = 1,
    /// The server's first frame.
    ConnAck = 2,
    /// A message, in either direction.
    Publish = 3,
    /// Acknowledges a PUBLISH.
    PubAck = 4,
    /// A request of the client.
    Query = 5,
    /// The answer to a QUERY.
    QueryAck = 6,
    /// Confirms that the answer arrived.
    QueryCon = 7,
    /// A number only.
    Subscribe = 8,
    /// A number only.
    SubAck = 9,
    /// A number only.
    Unsubscribe = 10,
    /// A number only.
    UnsubAck = 11,
    /// Heartbeat of the client.
    PingReq = 12,
    /// The server's answer to the heartbeat.
    PingResp = 13,
    /// The server's goodbye.
    Disconnect = 14,
}

impl FrameType {
    /// The type of this number; `None` for 0, 15 and above.
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Connect,
            2 => Self::ConnAck,
            3 => Self::Publish,
            4 => Self::PubAck,
            5 => Self::Query,
            6 => Self::QueryAck,
            7 => Self::QueryCon,
            8 => Self::Subscribe,
            9 => Self::SubAck,
            10 => Self::Unsubscribe,
            11 => Self::UnsubAck,
            12 => Self::PingReq,
            13 => Self::PingResp,
            14 => Self::Disconnect,
            _ => return None,
        })
    }
}

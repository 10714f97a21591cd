//! CONNECT, the frame of the protocol's native ancestors. Over WebSocket nobody sends it (identity
//! travels in the URL), but its layout is public and both halves know it.

use bytestring::ByteString;

use super::cursor::{Reader, put_text};
use super::{FrameType, Header, WireError};

const CLEAN_SESSION: u8 = 0x02;
const WILL: u8 = 0x04;
const WILL_QOS: u8 = 0x18;
const RETAIN_WILL: u8 = 0x20;
const TOKEN: u8 = 0x40;
const APP_ID: u8 = 0x80;

/// Everything a CONNECT says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    /// Protocol name, "RCloud".
    pub protocol: ByteString,
    /// Protocol version, 3.
    pub version: u8,
    /// Whether the server forgets the client's former state.
    pub clean_session: bool,
    /// Seconds between heartbeats.
    pub keep_alive: u16,
    /// Name of this installation.
    pub client_id: ByteString,
    /// What the server says for a client that vanished.
    pub will: Option<Will>,
    /// App key.
    pub app_id: Option<ByteString>,
    /// The user's token.
    pub token: Option<ByteString>,
}

/// A message left with the server for the case that the client vanishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Will {
    /// Its topic.
    pub topic: ByteString,
    /// Its text.
    pub message: ByteString,
    /// Its QoS bits, 0..=3.
    pub qos: u8,
    /// Whether it is kept.
    pub retain: bool,
}

impl Connect {
    pub(super) fn read(mut reader: Reader) -> Result<Self, WireError> {
        let protocol = reader.text("protocol")?;
        let version = reader.u8("version")?;
        let flags = reader.u8("flags")?;
        let keep_alive = reader.u16("keep alive")?;
        let client_id = reader.text("client id")?;
        let will = if flags & WILL == 0 {
            None
        } else {
            Some(Will {
                topic: reader.text("will topic")?,
                message: reader.text("will")?,
                qos: (flags & WILL_QOS) >> 3,
                retain: flags & RETAIN_WILL != 0,
            })
        };
        let app_id = if flags & APP_ID == 0 { None } else { Some(reader.text("app id")?) };
        let token = if flags & TOKEN == 0 { None } else { Some(reader.text("token")?) };
        let clean_session = flags & CLEAN_SESSION != 0;
        Ok(Self { protocol, version, clean_session, keep_alive, client_id, will, app_id, token })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) -> Result<(), WireError> {
        out.push(Header::plain(FrameType::Connect).to_byte());
        put_text(out, "protocol", &self.protocol)?;
        out.extend_from_slice(&[self.version, self.flags()]);
        out.extend_from_slice(&self.keep_alive.to_be_bytes());
        put_text(out, "client id", &self.client_id)?;
        if let Some(will) = &self.will {
            put_text(out, "will topic", &will.topic)?;
            put_text(out, "will", &will.message)?;
        }
        for (field, text) in [("app id", &self.app_id), ("token", &self.token)] {
            if let Some(text) = text {
                put_text(out, field, text)?;
            }
        }
        Ok(())
    }

    fn flags(&self) -> u8 {
        let mut flags = if self.clean_session { CLEAN_SESSION } else { 0 };
        if let Some(will) = &self.will {
            flags |= WILL | will.qos << 3 & WILL_QOS | if will.retain { RETAIN_WILL } else { 0 };
        }
        flags | if self.app_id.is_some() { APP_ID } else { 0 } | if self.token.is_some() { TOKEN } else { 0 }
    }
}

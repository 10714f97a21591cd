//! The field table of every body, generated from `proto/rmtp.proto`, and the [`Body`] trait that reads
//! and writes them with the presence check that prost lacks.

use bytes::Bytes;

use super::{WireError, body};

/// A protobuf body of the protocol.
pub trait Body: prost::Message + Default + Sized {
    /// Its name and fields.
    const INFO: &'static MessageInfo;

    /// The first required field that is absent, in this body or one inside it.
    fn missing(&self) -> Option<&'static str>;

    /// Reads a body. Byte fields share the memory of `bytes`; unknown fields are skipped.
    ///
    /// # Errors
    /// Not the encoding of this body, or a required field is absent.
    fn from_bytes(bytes: Bytes) -> Result<Self, WireError> {
        let message = Self::decode(bytes)
            .map_err(|error| WireError::Body { message: Self::INFO.name, reason: error.to_string() })?;
        match message.missing() {
            None => Ok(message),
            Some(field) => Err(WireError::MissingField(field)),
        }
    }

    /// Writes a body, fields in ascending order.
    fn to_bytes(&self) -> Bytes {
        self.encode_to_vec().into()
    }
}

/// Name and fields of one body.
#[derive(Debug)]
pub struct MessageInfo {
    /// Its name in `rmtp.proto`.
    pub name: &'static str,
    /// Ascending by number.
    pub fields: &'static [FieldInfo],
}

impl MessageInfo {
    /// The field of this number.
    pub fn field(&self, number: u32) -> Option<&'static FieldInfo> {
        self.fields.iter().find(|field| field.number == number)
    }
}

/// One field of a body.
#[derive(Debug)]
pub struct FieldInfo {
    /// Its number on the wire.
    pub number: u32,
    /// Its name in `rmtp.proto`.
    pub name: &'static str,
    /// Its name in the polling JSON form.
    pub json_name: &'static str,
    /// How often it occurs.
    pub label: Label,
    /// What it holds.
    pub kind: Kind,
}

/// How often a field occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// At most once.
    Optional,
    /// Exactly once.
    Required,
    /// Any number of times.
    Repeated,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// 32-bit number.
    Int32,
    /// 64-bit number.
    Int64,
    /// Truth value.
    Bool,
    /// UTF-8 text.
    Text,
    /// Bytes, in practice JSON text.
    Bytes,
    /// An open enum: any number passes.
    Enum,
    /// Another body.
    Message(&'static MessageInfo),
}

/// The body of this name in `rmtp.proto`.
pub fn find(name: &str) -> Option<&'static MessageInfo> {
    MESSAGES.iter().find(|info| info.name == name).copied()
}

include!(concat!(env!("OUT_DIR"), "/schema.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_required_field_is_an_error() {
        let body =
            body::UpstreamMessage { flags: Some(3), content: Some(Bytes::new()), ..Default::default() };
        assert_eq!(
            body::UpstreamMessage::from_bytes(body.to_bytes()),
            Err(WireError::MissingField("UpstreamMessage.object_name"))
        );
    }

    #[test]
    fn presence_is_checked_inside_lists_and_fields() {
        let inner = body::DownstreamMessage { from_user_id: Some("a".into()), ..Default::default() };
        let page = body::DownstreamMessages { list: vec![inner], sync_time: Some(1), finished: None };
        assert_eq!(page.missing(), Some("DownstreamMessage.type"));
    }

    #[test]
    fn explicit_zeros_are_written() {
        let placeholder = body::RequiredPlaceholder { nothing: Some(0) };
        assert_eq!(&placeholder.to_bytes()[..], [0x08, 0x00]);
    }
}

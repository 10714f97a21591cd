//! What messages say. Content travels as JSON text and is kept byte for byte; the types here read and
//! write the built-in kinds in the web client's key order.
//!
//! An object name without a type here (other built-ins, custom and unknown ones) carries its JSON
//! untouched as [`Content::Other`].

mod media;
mod notices;
mod receipts;
mod registry;
mod text;

pub use media::{
    FileMessage, GifMessage, HqVoiceMessage, ImageMessage, LocationMessage, SightMessage, VoiceMessage,
};
pub use notices::{
    CommandMessage, CommandNotification, ContactNotification, GroupNotification, InformationNotification,
    ProfileNotification, PublicServiceCommand, PublicServiceMultiRichContent, PublicServiceRichContent,
};
pub use receipts::{ReadReceipt, ReadReceiptRequest, ReadReceiptResponse, RecallCommand, TypingStatus};
pub use registry::{BUILT_IN, flags_of};
pub use text::{CombineMessage, MentionedInfo, ReferenceMessage, RichContentMessage, TextMessage, UserInfo};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::ErrorCode;

/// Keys that a type does not name: kept, and written after its own.
pub type Rest = Map<String, Value>;

macro_rules! contents {
    ($($(#[$doc:meta])* $variant:ident($type:ty) $name:literal,)*) => {
        /// A message's content, typed where the kind is known.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Content {
            $($(#[$doc])* $variant($type),)*
            /// Any other kind: its JSON stays untouched.
            Other {
                /// What kind.
                object_name: String,
                /// Its JSON text.
                json: String,
            },
        }

        impl Content {
            /// Object names of the typed kinds.
            pub const TYPED: &'static [&'static str] = &[$($name),*];

            /// What kind it is.
            pub fn object_name(&self) -> &str {
                match self {
                    $(Self::$variant(_) => $name,)*
                    Self::Other { object_name, .. } => object_name,
                }
            }

            /// Reads content by its object name. JSON that does not fit its kind comes back as
            /// [`Content::Other`], byte for byte: a broken message of a peer is shown, not lost.
            pub fn read(object_name: &str, json: &str) -> Self {
                match object_name {
                    $($name => from_json(json).map(Self::$variant),)*
                    _ => None,
                }
                .unwrap_or_else(|| Self::Other { object_name: object_name.into(), json: json.into() })
            }

            /// Writes the JSON text, keys in the order of the web client.
            ///
            /// # Errors
            /// [`ErrorCode::CONTENT_INVALID`] for numbers that JSON cannot hold.
            pub fn write(&self) -> Result<String, ErrorCode> {
                match self {
                    $(Self::$variant(content) => {
                        serde_json::to_string(content).map_err(|_| ErrorCode::CONTENT_INVALID)
                    })*
                    Self::Other { json, .. } => Ok(json.clone()),
                }
            }
        }

        $(impl From<$type> for Content {
            fn from(content: $type) -> Self {
                Self::$variant(content)
            }
        })*
    };
}

contents! {
    /// Text.
    Text(TextMessage) "RC:TxtMsg",
    /// A short recording inside the message.
    Voice(VoiceMessage) "RC:VcMsg",
    /// A recording in a file.
    HqVoice(HqVoiceMessage) "RC:HQVCMsg",
    /// A picture.
    Image(ImageMessage) "RC:ImgMsg",
    /// A moving picture.
    Gif(GifMessage) "RC:GIFMsg",
    /// A link with title and picture.
    RichContent(RichContentMessage) "RC:ImgTextMsg",
    /// A file.
    File(FileMessage) "RC:FileMsg",
    /// A place.
    Location(LocationMessage) "RC:LBSMsg",
    /// A short film.
    Sight(SightMessage) "RC:SightMsg",
    /// An article of a public service.
    PublicServiceRichContent(PublicServiceRichContent) "RC:PSImgTxtMsg",
    /// Several articles of a public service.
    PublicServiceMultiRichContent(PublicServiceMultiRichContent) "RC:PSMultiImgTxtMsg",
    /// Something about a friendship.
    ContactNotification(ContactNotification) "RC:ContactNtf",
    /// Something about a profile.
    ProfileNotification(ProfileNotification) "RC:ProfileNtf",
    /// A stored command.
    CommandNotification(CommandNotification) "RC:CmdNtf",
    /// A grey line in the chat.
    InformationNotification(InformationNotification) "RC:InfoNtf",
    /// Something about a group.
    GroupNotification(GroupNotification) "RC:GrpNtf",
    /// The peer has read up to here.
    ReadReceipt(ReadReceipt) "RC:ReadNtf",
    /// A menu command to a public service.
    PublicServiceCommand(PublicServiceCommand) "RC:PSCmd",
    /// A command that is not stored.
    Command(CommandMessage) "RC:CmdMsg",
    /// The peer is typing.
    TypingStatus(TypingStatus) "RC:TypSts",
    /// Who read which group messages.
    ReadReceiptResponse(ReadReceiptResponse) "RC:RRRspMsg",
    /// A request for such receipts.
    ReadReceiptRequest(ReadReceiptRequest) "RC:RRReqMsg",
    /// Takes a message back.
    Recall(RecallCommand) "RC:RcCmd",
    /// Several messages forwarded as one.
    Combine(CombineMessage) "RC:CombineMsg",
    /// An answer that quotes a message.
    Reference(ReferenceMessage) "RC:ReferenceMsg",
}

/// Keys are read with their order and unknown ones kept, so that what was read is written again.
fn from_json<T: DeserializeOwned>(json: &str) -> Option<T> {
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_content_is_kept_as_it_came() {
        for json in ["", "not json", "{\"content\":", "[1,2]", "{\"content\":{\"a\":1}}"] {
            let content = Content::read("RC:TxtMsg", json);
            assert_eq!(content.write().unwrap(), json);
            assert!(matches!(content, Content::Other { .. }), "{json}");
        }
    }

    #[test]
    fn keys_of_newer_clients_survive() {
        let json = r#"{"content":"hi","extra":"","burnDuration":30}"#;
        assert_eq!(Content::read("RC:TxtMsg", json).write().unwrap(), json);
    }
}

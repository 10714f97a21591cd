//! One message, as hosts see it and as the store keeps it.

use super::{ConversationKey, MessageDirection, SentStatus};

/// The sender's own number for a message: unique per sender, kept across every retry, so that a server
/// that knows it stores the message once.
pub type ClientUniqueId = i64;

/// What a message asks of the server and of receivers. Bits as on the wire (field `sessionId`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MessageFlags(pub i32);

impl MessageFlags {
    /// Kept in the history.
    pub const PERSISTED: Self = Self(1);
    /// Counts as unread.
    pub const COUNTED: Self = Self(2);
    /// Mentions somebody.
    pub const MENTIONED: Self = Self(4);
    /// No push notification. [4.x]
    pub const SILENT: Self = Self(32);
    /// Key-value pairs can be attached later. [4.x]
    pub const EXPANDABLE: Self = Self(64);

    /// Whether all bits of `other` are set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The `status` bits of a delivered message for these flags of a sent one (flows §7.6).
    pub const fn delivered_status(self) -> i64 {
        let mut status = 0;
        let map = [(1, 0x10), (2, 0x20), (4, 0x40), (0x10, 0x100), (0x20, 0x200), (0x40, 0x400)];
        let mut at = 0;
        while at < map.len() {
            #[expect(clippy::indexing_slicing, reason = "bounded by the loop; iterators are not const")]
            let (sent, delivered) = map[at];
            if self.0 & sent != 0 {
                status |= delivered;
            }
            at += 1;
        }
        status
    }
}

/// A message. What is unknown until the server answers is `None` or 0.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "client", derive(uniffi::Record))]
pub struct Message {
    /// Local number, unique in this user's store, never reused. 0 for a message that is not stored.
    pub id: i64,
    /// The server's name for it, the same on every device.
    pub uid: Option<String>,
    /// Where it belongs.
    pub conversation: ConversationKey,
    /// Whose it is.
    pub direction: MessageDirection,
    /// Who wrote it.
    pub sender_user_id: String,
    /// What kind of content, "RC:TxtMsg" for text.
    pub object_name: String,
    /// The content's JSON text, byte for byte as it was sent.
    pub content: String,
    /// Server time, ms since 1970; the local estimate until the server has acknowledged it.
    pub sent_time: i64,
    /// When this device stored it, ms since 1970.
    pub received_time: i64,
    /// How far an own message has come; [`SentStatus::Sent`] for those of others.
    pub sent_status: SentStatus,
    /// Why sending failed, 0 if it did not.
    pub error_code: i32,
    /// Bit set of [`super::ReceivedStatus`]; 0 unread.
    pub received_status: i32,
    /// Whether it counts as unread and moves the conversation up.
    pub counted: bool,
    /// Whether it mentions the user.
    pub mentioned: bool,
    /// Whether it was already waiting when the client connected.
    pub offline: bool,
    /// The host's own note on it, never sent.
    pub extra: String,
    /// Where its media file lies on this device.
    pub local_path: Option<String>,
}

//! One message, as hosts see it and as the store keeps it.

use std::collections::HashMap;

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
    /// How far an own message has come; [`SentStatus::Sent`] for those of others. In private chats Received
    /// and Read follow from the peer's receipts.
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
    /// Whether it asks not to disturb anybody.
    pub silent: bool,
    /// Whether key-value pairs can be attached to it.
    pub expandable: bool,
    /// The pairs attached to it.
    pub expansion: HashMap<String, String>,
    /// Where its media file lies on this device.
    pub local_path: Option<String>,
    /// Group chats: whether its sender asked who reads it.
    pub receipt_requested: bool,
    /// Own messages of a group: how many are known to have read it.
    pub read_count: u32,
    /// When it destroys itself, ms since 1970; 0 never.
    pub destruct_at: i64,
}

/// What happened to a stored message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "client", derive(uniffi::Enum))]
pub enum MessageChangeKind {
    /// Its sender took it back: `message` is what is left, of kind "RC:RcCmd".
    Recalled,
    /// Content, note, status, receipts or local path changed; `message` is the new form.
    Updated,
    /// `keys` of its expansion have new values.
    ExpansionSet,
    /// `keys` of its expansion are gone.
    ExpansionRemoved,
    /// `message_ids` are gone from this device.
    Deleted,
    /// Everything up to `time` is gone from this device.
    Cleared,
}

/// A change of stored messages, for hosts that show them.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "client", derive(uniffi::Record))]
pub struct MessageChange {
    /// What happened.
    pub kind: MessageChangeKind,
    /// Where.
    pub conversation: ConversationKey,
    /// The message in its new form, where one message changed.
    pub message: Option<Message>,
    /// Local ids of what is gone.
    pub message_ids: Vec<i64>,
    /// Keys of the expansion.
    pub keys: Vec<String>,
    /// Up to when everything is gone, server time, ms.
    pub time: i64,
}

impl MessageChange {
    /// One message has a new form.
    pub fn of(kind: MessageChangeKind, message: Message) -> Self {
        Self {
            kind,
            conversation: message.conversation.clone(),
            message: Some(message),
            message_ids: Vec::new(),
            keys: Vec::new(),
            time: 0,
        }
    }

    /// Messages are gone.
    pub fn deleted(conversation: ConversationKey, message_ids: Vec<i64>) -> Self {
        let kind = MessageChangeKind::Deleted;
        Self { kind, conversation, message: None, message_ids, keys: Vec::new(), time: 0 }
    }

    /// Everything up to `time` is gone.
    pub fn cleared(conversation: ConversationKey, time: i64) -> Self {
        let kind = MessageChangeKind::Cleared;
        Self { kind, conversation, message: None, message_ids: Vec::new(), keys: Vec::new(), time }
    }

    /// The same with the keys that it is about.
    #[must_use]
    pub fn with_keys(self, keys: Vec<String>) -> Self {
        Self { keys, ..self }
    }
}

/// What a receipt says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "client", derive(uniffi::Enum))]
pub enum ReceiptKind {
    /// A device of the peer has stored everything up to `time`.
    Delivered,
    /// The peer has read everything up to `time`.
    Read,
    /// A member of the group asks who reads `message_uids`.
    GroupRequest,
    /// A member of the group has read `message_uids`.
    GroupRead,
}

/// A receipt that arrived.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "client", derive(uniffi::Record))]
pub struct Receipt {
    /// What it says.
    pub kind: ReceiptKind,
    /// In which conversation.
    pub conversation: ConversationKey,
    /// Whose it is.
    pub user_id: String,
    /// Which messages it is about; empty where a time says it.
    pub message_uids: Vec<String>,
    /// Server time, ms.
    pub time: i64,
}

/// Somebody who is typing.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "client", derive(uniffi::Record))]
pub struct TypingUser {
    /// Who.
    pub user_id: String,
    /// What kind of content it will be, "RC:TxtMsg" for text.
    pub object_name: String,
}

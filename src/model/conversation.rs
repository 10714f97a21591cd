//! A conversation: where messages go, and what the list shows of it.

use super::{ConversationType, Message, MuteLevel};

/// Names a conversation: kind of place and target id. Together unique for a user.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "client", derive(uniffi::Record))]
pub struct ConversationKey {
    /// What kind of place.
    pub conversation_type: ConversationType,
    /// The other user's, the group's or the service's id; 1 to 64 bytes, not blank.
    pub target_id: String,
}

impl ConversationKey {
    /// The chat with one user.
    pub fn private(user_id: impl Into<String>) -> Self {
        Self { conversation_type: ConversationType::Private, target_id: user_id.into() }
    }

    /// A conversation of any kind.
    pub fn new(conversation_type: ConversationType, target_id: impl Into<String>) -> Self {
        Self { conversation_type, target_id: target_id.into() }
    }

    /// The chat in a group.
    pub fn group(group_id: impl Into<String>) -> Self {
        Self { conversation_type: ConversationType::Group, target_id: group_id.into() }
    }
}

/// A row of the conversation list.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "client", derive(uniffi::Record))]
pub struct Conversation {
    /// Which one.
    pub key: ConversationKey,
    /// Its newest message, if any is stored here.
    pub latest_message: Option<Message>,
    /// Counted messages of others after the read mark.
    pub unread_count: u32,
    /// What the list is sorted by within the top ones and the rest: time of the newest message or of the
    /// draft, whichever is later, ms since 1970.
    pub sort_time: i64,
    /// Up to which server time everything is read, ms since 1970.
    pub read_time: i64,
    /// Whether it stands above the others.
    pub top: bool,
    /// What of it may disturb the user.
    pub mute: MuteLevel,
    /// Whether it is out of the lists until a newer message comes.
    pub hidden: bool,
    /// Text that was begun and not sent; empty for none.
    pub draft: String,
    /// Unread messages that mention the user.
    pub mention_count: u32,
    /// Ids of its tags.
    pub tags: Vec<String>,
    /// Private chats: up to when the peer's devices have stored what was sent, server time, ms.
    pub peer_delivered_time: i64,
    /// Private chats: up to when the peer has read, server time, ms.
    pub peer_read_time: i64,
}

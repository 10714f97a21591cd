//! Plain data, without I/O and without behaviour beyond itself: what hosts, store, session and server
//! all mean when they say message, conversation, content, status or code.

pub mod code;
pub mod content;
mod conversation;
pub mod enums;
mod message;
mod navigation;

pub use code::{ErrorCode, ErrorKind};
pub use conversation::{Conversation, ConversationKey};
pub use enums::{
    ConnectionChannel, ConnectionStatus, ConversationType, MessageDirection, MuteLevel, NetworkKind,
    ReceivedStatus, SentStatus,
};
pub use message::{
    ClientUniqueId, Message, MessageChange, MessageChangeKind, MessageFlags, Receipt, ReceiptKind, TypingUser,
};
pub use navigation::NavigationInfo;

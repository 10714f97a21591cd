//! What a store keeps about conversations and messages beside them: delivery, mute and top, settings, group
//! readers. Plain data.

use std::sync::Arc;

/// `user`'s devices have what `sender` sent to them up to `time`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Who received.
    pub user: Arc<str>,
    /// Who sent.
    pub sender: Arc<str>,
    /// The newest message's time, ms.
    pub time: i64,
}

/// A change of one conversation's states; `None` leaves one as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// The conversation's type as the protocol numbers it.
    pub kind: i32,
    /// Its target.
    pub target: String,
    /// Mute: `0` is off, `1` on, other numbers are levels.
    pub silent: Option<String>,
    /// Whether it stands at the top: `1` or `0`.
    pub top: Option<String>,
}

/// The states of one conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateRow {
    /// The conversation's type as the protocol numbers it.
    pub kind: i32,
    /// Its target.
    pub target: String,
    /// Mute, if ever set.
    pub silent: Option<String>,
    /// Top, if ever set.
    pub top: Option<String>,
    /// The version that the last change got, ms.
    pub version: i64,
}

/// States of a user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct States {
    /// The version of the last change, 0 if there was none.
    pub version: i64,
    /// By version.
    pub rows: Vec<StateRow>,
}

/// One setting of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRow {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
    /// The version that the last change got, ms.
    pub version: i64,
}

/// Settings of a user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The version of the last change, 0 if there was none.
    pub version: i64,
    /// By version.
    pub rows: Vec<SettingRow>,
}

/// Who has read a group message, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupReader {
    /// The member.
    pub user: Arc<str>,
    /// When the server heard of it, ms.
    pub time: i64,
}

/// The readers of a group message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readers {
    /// How many members the group has, the sender included.
    pub members: usize,
    /// By time.
    pub readers: Vec<GroupReader>,
}

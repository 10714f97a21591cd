//! The chatrooms that the user is in: how far their messages and entries are known.

use std::collections::HashMap;

use super::Answer;
use crate::model::ErrorCode;
use crate::wire::Topic;

/// Up to which server time a room is known, ms since 1970.
#[derive(Debug, Default)]
struct Known {
    entries: i64,
    messages: i64,
}

/// The joined rooms.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    joined: HashMap<String, Known>,
}

impl Rooms {
    /// Follows the host's joining and leaving.
    pub(super) fn answered(&mut self, topic: Topic, room: &str, result: &Result<Answer, ErrorCode>) {
        match (topic, result) {
            (Topic::JoinChatroom | Topic::RejoinChatroom, Ok(_)) => {
                self.joined.entry(room.to_owned()).or_default();
            }
            (Topic::LeaveChatroom, Ok(_)) => {
                self.joined.remove(room);
            }
            (Topic::PullChatroomEntries, result) => self.entries(room, result),
            _ => {}
        }
    }

    /// Entries arrived.
    pub(super) fn entries(&mut self, room: &str, result: &Result<Answer, ErrorCode>) {
        if let (Ok(Answer::RoomEntries { sync_time, .. }), Some(known)) = (result, self.joined.get_mut(room))
        {
            known.entries = known.entries.max(*sync_time);
        }
    }

    /// Messages up to this time arrived.
    pub(super) fn messages(&mut self, room: &str, time: i64) {
        if let Some(known) = self.joined.get_mut(room) {
            known.messages = known.messages.max(time);
        }
    }

    /// From when on entries are missing, if a notice of `time` says that there are newer ones.
    pub(super) fn entries_missing_since(&self, room: &str, time: i64) -> Option<i64> {
        self.joined.get(room).map(|known| known.entries).filter(|known| *known < time)
    }

    /// From when on messages are missing, if a notice of `time` says that there are newer ones.
    pub(super) fn messages_missing_since(&self, room: &str, time: i64) -> Option<i64> {
        self.joined.get(room).map(|known| known.messages).filter(|known| *known < time)
    }
}

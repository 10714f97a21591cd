//! The chatrooms that the user is in, and how far their entries are known.

use std::collections::HashMap;

use super::Answer;
use crate::model::ErrorCode;
use crate::wire::Topic;

/// Joined rooms with the time of their newest known entry.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    entry_times: HashMap<String, i64>,
}

impl Rooms {
    /// Follows the host's joining and leaving.
    pub(super) fn answered(&mut self, topic: Topic, room: &str, result: &Result<Answer, ErrorCode>) {
        match (topic, result) {
            (Topic::JoinChatroom | Topic::RejoinChatroom, Ok(_)) => {
                self.entry_times.entry(room.to_owned()).or_insert(0);
            }
            (Topic::LeaveChatroom, Ok(_)) => {
                self.entry_times.remove(room);
            }
            (Topic::PullChatroomEntries, result) => self.entries(room, result),
            _ => {}
        }
    }

    /// Entries arrived.
    pub(super) fn entries(&mut self, room: &str, result: &Result<Answer, ErrorCode>) {
        if let (Ok(Answer::RoomEntries { sync_time, .. }), Some(known)) =
            (result, self.entry_times.get_mut(room))
        {
            *known = (*known).max(*sync_time);
        }
    }

    /// From when on entries are missing, if a notice of `time` says that there are newer ones.
    pub(super) fn missing_since(&self, room: &str, time: i64) -> Option<i64> {
        self.entry_times.get(room).copied().filter(|known| *known < time)
    }
}

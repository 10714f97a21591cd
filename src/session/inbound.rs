//! What the server pushes: notices, messages, copies of own messages, presence.

use std::collections::VecDeque;

use serde::Deserialize;
use serde_json::Value;

use super::pull::Receipt;
use super::requests::Asker;
use super::{AccountPart, Action, Answer, Cursors, Millis, Session};
use crate::model::content::{Content, MentionedInfo, flags_of};
use crate::model::enums::MentionedType;
use crate::model::{ConversationKey, ConversationType, MessageDirection, MessageFlags};
use crate::wire::{
    Body, Bytes, DownPublish, FIRST_OF_INBOX, OUTSIDE_INBOX, PubAck, Qos, Topic, UpFrame, body, string,
};

const STATUS_PERSISTED: i64 = 0x10;
const STATUS_COUNTED: i64 = 0x20;
const STATUS_MENTIONED: i64 = 0x40;
/// Silent as 2.5.9 and as 4.x say it.
const STATUS_SILENT: i64 = 0x100;
const STATUS_SILENT_4: i64 = 0x200;
const STATUS_EXPANDABLE: i64 = 0x400;

/// A message that arrived, on its way to the store.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// The server's name for it; without one it cannot be told from its double.
    pub uid: Option<String>,
    /// Where it belongs.
    pub conversation: ConversationKey,
    /// Whose it is.
    pub direction: MessageDirection,
    /// Who wrote it.
    pub sender: String,
    /// What kind of content.
    pub object_name: String,
    /// Its JSON text.
    pub content: String,
    /// Server time, ms since 1970; 0 if the server gave none.
    pub sent_time: i64,
    /// Whether it belongs in the history; what does not is told to the host and not kept.
    pub persisted: bool,
    /// Whether it counts as unread.
    pub counted: bool,
    /// Whether it mentions the user.
    pub mentioned: bool,
    /// Whether it was already waiting when the client connected.
    pub offline: bool,
    /// The sender's own number for it, where the server repeats it.
    pub client_unique_id: Option<i64>,
    /// Whether it asks not to disturb anybody. [4.x]
    pub silent: bool,
    /// Whether pairs can be attached to it. [4.x]
    pub expandable: bool,
    /// The pairs attached to it, a JSON object of texts. [4.x]
    pub expansion: Option<String>,
    /// What is found beside its own text; the client knows the host's kinds.
    pub search_words: Option<String>,
}

impl Incoming {
    /// Whether the user wrote it.
    pub fn is_own(&self) -> bool {
        self.direction == MessageDirection::Send
    }

    /// Reads a delivered message for `user` (flows §7.6). `None` for types that are no conversation.
    pub(super) fn from_downstream(
        message: body::DownstreamMessage,
        user: &str,
        connack_time: i64,
    ) -> Option<Self> {
        let from = message.from_user_id.unwrap_or_default();
        let group = message.group_id.unwrap_or_default();
        let kind = ConversationType::from_number(message.r#type.unwrap_or_default())?;
        if kind == ConversationType::RtcRoom {
            return None;
        }
        let shared = matches!(
            kind,
            ConversationType::Discussion
                | ConversationType::Group
                | ConversationType::Chatroom
                | ConversationType::UltraGroup
        );
        // A note to oneself counts as received.
        let to_self = !shared && from == user && (group == user || group.is_empty());
        let own = (message.direction == Some(1) || from == user) && !to_self;
        // The peer stands in `from` of an own private message, in `group` if `from` names the user.
        let target_id = if shared || (own && from == user) { group } else { from.clone() };
        let object_name = message.object_name.unwrap_or_default();
        let status = message.status.unwrap_or_default();
        let flags = match message.extra {
            Some(OUTSIDE_INBOX) => MessageFlags(0),
            _ => flags_of(&object_name).unwrap_or_else(|| status_flags(status)),
        };
        let sent_time = message.data_time.unwrap_or_default().max(0);
        let content = content_text(&message.content.unwrap_or_default());
        Some(Self {
            uid: message.message_uid.filter(|uid| !uid.is_empty()),
            conversation: ConversationKey { conversation_type: kind, target_id },
            direction: if own { MessageDirection::Send } else { MessageDirection::Receive },
            sender: if own { user.to_owned() } else { from },
            mentioned: !own && status & STATUS_MENTIONED != 0 && names(user, &content),
            content,
            persisted: flags.contains(MessageFlags::PERSISTED) || flags.contains(MessageFlags::COUNTED),
            counted: flags.contains(MessageFlags::COUNTED),
            offline: sent_time < connack_time,
            client_unique_id: message.client_unique_id.filter(|_| own),
            silent: status & (STATUS_SILENT | STATUS_SILENT_4) != 0,
            expandable: status & STATUS_EXPANDABLE != 0,
            expansion: message.extra_content.as_deref().and_then(expansion),
            search_words: None,
            object_name,
            sent_time,
        })
    }

    /// Reads a copy of the user's own message; uid and time come with its PUBACK.
    fn from_copy(copy: DownPublish, user: &str, ack: &PubAck) -> Option<Self> {
        let message = body::UpstreamMessage::from_bytes(copy.body).ok()?;
        let content = content_text(&message.content.unwrap_or_default());
        let object_name = message.object_name.unwrap_or_default();
        let topic = Topic::parse(&copy.topic)?;
        let conversation = match topic {
            // A recall names its conversation in the content.
            Topic::Recall => match Content::read(&object_name, &content) {
                Content::Recall(recall) => ConversationKey {
                    conversation_type: ConversationType::from_number(recall.conversation_type)?,
                    target_id: recall.target_id,
                },
                _ => return None,
            },
            topic => ConversationKey {
                conversation_type: topic.conversation_type()?,
                target_id: copy.target.to_string(),
            },
        };
        let sent = MessageFlags(message.flags.unwrap_or_default());
        let kept = !topic.is_status();
        let flags = if kept { flags_of(&object_name).unwrap_or(sent) } else { MessageFlags(0) };
        Some(Self {
            uid: Some(ack.uid.to_string()).filter(|uid| !uid.is_empty()),
            conversation,
            direction: MessageDirection::Send,
            sender: user.to_owned(),
            object_name,
            content,
            sent_time: ack.time() as i64,
            persisted: flags.contains(MessageFlags::PERSISTED),
            counted: flags.contains(MessageFlags::COUNTED),
            mentioned: false,
            offline: false,
            client_unique_id: message.client_unique_id,
            silent: sent.contains(MessageFlags::SILENT),
            expandable: sent.contains(MessageFlags::EXPANDABLE),
            expansion: message.extra_content.as_deref().and_then(expansion),
            search_words: None,
        })
    }
}

/// Pairs as an object of texts. On their way down each value stands in an object of its own, with the time
/// when it was set.
fn expansion(json: &str) -> Option<String> {
    let pairs: serde_json::Map<String, Value> = serde_json::from_str(json).ok()?;
    let text = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Object(fields) => fields.get("v").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    };
    let pairs = pairs.into_iter().filter_map(|(key, value)| Some((key, Value::from(text(value)?))));
    serde_json::to_string(&pairs.collect::<serde_json::Map<_, _>>()).ok()
}

fn status_flags(status: i64) -> MessageFlags {
    let persisted = if status & STATUS_PERSISTED != 0 { MessageFlags::PERSISTED.0 } else { 0 };
    let counted = if status & STATUS_COUNTED != 0 { MessageFlags::COUNTED.0 } else { 0 };
    MessageFlags(persisted | counted)
}

/// Whether a message with the bit of mentions means this user: the bit is the same for all receivers, whom
/// it means stands in the content. Content that does not say is taken by the bit.
fn names(user: &str, content: &str) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Mentions {
        mentioned_info: MentionedInfo,
    }
    let Ok(Mentions { mentioned_info }) = serde_json::from_str(content) else { return true };
    mentioned_info.kind() != Some(MentionedType::Part) || mentioned_info.users().contains(&user)
}

/// Content is text in CESU-8 or UTF-8. What is neither is shown as well as can be.
pub(super) fn content_text(bytes: &Bytes) -> String {
    match string::read(bytes) {
        Ok(text) => text.into_owned(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Copies of own messages that wait for the PUBACK with their uid and time.
#[derive(Debug, Default)]
pub(super) struct SyncCopies(VecDeque<DownPublish>);

/// A copy that is pushed out comes with the next pull.
const MAX_COPIES: usize = 256;

impl SyncCopies {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn hold(&mut self, copy: DownPublish) {
        if self.0.len() >= MAX_COPIES {
            self.0.pop_front();
        }
        self.0.push_back(copy);
    }

    fn release(&mut self, message_id: u16) -> Option<DownPublish> {
        let at = self.0.iter().position(|copy| copy.message_id == message_id)?;
        self.0.remove(at)
    }
}

impl Session {
    pub(super) fn published(&mut self, publish: DownPublish, now: Millis) {
        if publish.dup {
            self.copies.hold(publish);
            return;
        }
        let receipt =
            if publish.qos.wants_ack() { Receipt::PubAck(publish.message_id) } else { Receipt::None };
        if Topic::parse(&publish.topic) == Some(Topic::DirectMessage) {
            self.direct_message(publish.body, receipt);
            return;
        }
        if let Receipt::PubAck(message_id) = receipt {
            self.send(UpFrame::PubAck { message_id });
        }
        match Topic::parse(&publish.topic) {
            Some(Topic::Notice) => self.notice(publish.body, now),
            Some(Topic::StateNotice) => self.state_notice(publish.body, now),
            Some(Topic::SettingNotice) => {
                self.actions.push_back(Action::Account(AccountPart::Settings));
            }
            Some(Topic::StatusChange) => {
                let user = self.connection.user_id().unwrap_or_default();
                if let Ok(answer) = Answer::read(Topic::UserStatus, 0, publish.body, user) {
                    self.actions.push_back(Action::Presence(answer));
                }
            }
            _ => log::debug!("a push of topic {} has no meaning here", publish.topic),
        }
    }

    /// A message itself. It moves the cursor only where the server names its predecessor.
    fn direct_message(&mut self, bytes: Bytes, receipt: Receipt) {
        let Ok(message) = body::DownstreamMessage::from_bytes(bytes) else {
            log::warn!("a pushed message is unreadable; the next pull brings it");
            self.commit(Vec::new(), None, receipt, false);
            return;
        };
        let base = self.pull.ahead();
        // Its predecessor is known; the cursor may stand later, on an own message.
        let contiguous = message
            .extra
            .is_some_and(|previous| previous == FIRST_OF_INBOX || (previous > 0 && previous <= base.inbox));
        let user = self.connection.user_id().unwrap_or_default().to_owned();
        let incoming = Incoming::from_downstream(message, &user, self.connection.connack_time);
        let moves = match &incoming {
            Some(incoming) if contiguous && incoming.sent_time > base.inbox => {
                Some((base, Cursors { inbox: incoming.sent_time, ..base }))
            }
            _ => None,
        };
        if let Some((_, next)) = moves {
            self.advance(next);
        }
        self.commit(incoming.into_iter().collect(), moves, receipt, false);
    }

    fn notice(&mut self, bytes: Bytes, now: Millis) {
        let Ok(notice) = body::Notify::from_bytes(bytes) else { return };
        if notice.r#type == Some(2) {
            self.room_notice(notice, now);
        } else if notice.time.is_none_or(|time| time > self.pull.ahead().inbox) {
            // What is not newer than the cursor is known.
            self.start_pull(now);
        }
    }

    fn room_notice(&mut self, notice: body::Notify, now: Millis) {
        let Some(room) = notice.chatroom_id else { return };
        if let Some(since) = self.rooms.messages_missing_since(&room, notice.time.unwrap_or(i64::MAX))
            && self.requests.has_room()
        {
            let request = body::ChatroomPull { sync_time: Some(since), count: Some(0) };
            let bytes = request.to_bytes();
            self.ask(Asker::RoomMessages, Topic::PullChatroom, room, bytes, Qos::AtLeastOnce, now);
        }
    }

    fn state_notice(&mut self, bytes: Bytes, now: Millis) {
        let Ok(notice) = body::Notify::from_bytes(bytes) else { return };
        if notice.r#type == Some(3) {
            self.actions.push_back(Action::Account(AccountPart::States));
        }
        let (Some(2), Some(room)) = (notice.r#type, notice.chatroom_id) else { return };
        if let Some(since) = self.rooms.entries_missing_since(&room, notice.time.unwrap_or(i64::MAX))
            && self.requests.has_room()
        {
            let request = body::PullChatroomEntriesRequest { timestamp: Some(since) };
            self.ask(
                Asker::RoomEntries,
                Topic::PullChatroomEntries,
                room,
                request.to_bytes(),
                Qos::AtMostOnce,
                now,
            );
        }
    }

    /// A PUBACK that answers nothing of ours names a copy, or nothing.
    pub(super) fn release_copy(&mut self, ack: &PubAck) {
        let Some(copy) = self.copies.release(ack.message_id) else { return };
        let user = self.connection.user_id().unwrap_or_default().to_owned();
        if let Some(incoming) = Incoming::from_copy(copy, &user, ack) {
            self.commit(vec![incoming], None, Receipt::None, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mention_means_whom_its_content_names() {
        let part = r#"{"content":"@b","mentionedInfo":{"type":2,"userIdList":["b"]}}"#;
        assert!(names("b", part));
        assert!(!names("c", part));
        assert!(names("c", r#"{"mentionedInfo":{"type":1,"userIdList":[]}}"#));
        for silent in ["{}", "no json", r#"{"mentionedInfo":null}"#] {
            assert!(names("c", silent), "{silent}");
        }
    }
}

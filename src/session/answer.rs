//! What the answer to a QUERY says, by topic. A status that is not 0 is an error, except where the status
//! is the answer.

use bytes::Bytes;
use serde_json::Value;

use super::Incoming;
use crate::model::enums::{BlacklistStatus, NotificationStatus};
use crate::model::{ConversationKey, ConversationType, ErrorCode};
use crate::wire::{Body, Topic, body, json_body};

/// The answer to a QUERY.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Done.
    Nothing,
    /// Whether a conversation is muted.
    Muted(NotificationStatus),
    /// Whether a user is blocked.
    Blacklisted(BlacklistStatus),
    /// The blocked users.
    Blacklist(Vec<String>),
    /// A token for an upload.
    UploadToken {
        /// When it ends, s since 1970.
        deadline: i64,
        /// The token.
        token: String,
    },
    /// A discussion.
    Discussion {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
        /// Who made it.
        creator_id: String,
        /// Who is in it.
        member_ids: Vec<String>,
        /// 0 open, 1 closed.
        open_status: i32,
    },
    /// A user's presence.
    UserStatus {
        /// Whose.
        user_id: String,
        /// Whether online.
        online: bool,
        /// On which platforms.
        platforms: Vec<String>,
        /// The number that the user chose.
        status: i32,
    },
    /// A chatroom's members.
    ChatroomInfo {
        /// How many there are.
        total: i32,
        /// Some of them: user id, joined at (ms since 1970).
        members: Vec<(String, i64)>,
    },
    /// A page of remote history, oldest first.
    History {
        /// The messages.
        messages: Vec<Incoming>,
        /// Whether there are more.
        has_more: bool,
        /// From where to go on, ms since 1970.
        sync_time: i64,
    },
    /// What became of a PUBLISH that is no message.
    Published {
        /// The server's name for it.
        uid: String,
        /// Its server time, ms since 1970.
        time: i64,
    },
    /// The server's list of conversations.
    Conversations {
        /// The conversations, newest first.
        listed: Vec<ListedConversation>,
        /// The encoded list.
        body: Bytes,
    },
    /// A chatroom's entries.
    RoomEntries {
        /// The encoded entries.
        body: Bytes,
        /// Up to when they are known, ms since 1970.
        sync_time: i64,
    },
    /// Any other answer, checked for its required fields.
    Body(Bytes),
}

/// A conversation as the server lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedConversation {
    /// Which one.
    pub key: ConversationKey,
    /// Its newest message.
    pub latest: Option<Incoming>,
    /// Up to when the user has read, server time, ms.
    pub read_time: i64,
    /// Up to when the peer's devices have stored what the user sent.
    pub peer_delivered_time: i64,
    /// Up to when the peer has read.
    pub peer_read_time: i64,
}

impl Answer {
    /// Reads an answer for `user`.
    ///
    /// # Errors
    /// The status of a refusal, or -2 for a body that cannot be read or lacks a required field.
    pub fn read(topic: Topic, status: u16, body: Bytes, user: &str) -> Result<Self, ErrorCode> {
        match (topic, status) {
            (Topic::MutedPrivate | Topic::MutedGroup, 0 | 1) => {
                let muted =
                    if status == 1 { NotificationStatus::DoNotDisturb } else { NotificationStatus::Notify };
                return Ok(Self::Muted(muted));
            }
            (Topic::BlacklistStatus, 0) => return Ok(Self::Blacklisted(BlacklistStatus::InBlacklist)),
            (Topic::BlacklistStatus, 1) => return Ok(Self::Blacklisted(BlacklistStatus::NotInBlacklist)),
            (
                Topic::ClearPrivate
                | Topic::ClearDiscussion
                | Topic::ClearGroup
                | Topic::ClearCustomerService
                | Topic::ClearSystem,
                1,
            ) => return Err(ErrorCode::CLEAR_HIS_ERROR),
            (_, 0) => {}
            _ => return Err(ErrorCode(i32::from(status))),
        }
        Self::read_body(topic, body, user)
    }

    fn read_body(topic: Topic, bytes: Bytes, user: &str) -> Result<Self, ErrorCode> {
        Ok(match topic {
            Topic::Blacklist => Self::Blacklist(decode::<body::Blacklist>(bytes)?.user_ids),
            Topic::UploadToken => {
                let token = decode::<body::UploadToken>(bytes)?;
                Self::UploadToken {
                    deadline: token.deadline.unwrap_or_default(),
                    token: token.token.unwrap_or_default(),
                }
            }
            Topic::DiscussionInfo => {
                let info = decode::<body::DiscussionInfo>(bytes)?;
                Self::Discussion {
                    id: info.id.unwrap_or_default(),
                    name: info.name.unwrap_or_default(),
                    creator_id: info.admin_user_id.unwrap_or_default(),
                    member_ids: info.member_ids,
                    open_status: info.open_status.unwrap_or_default(),
                }
            }
            Topic::Conversations | Topic::ConversationsV4 => {
                let listed = conversations(decode(bytes.clone())?, user);
                Self::Conversations { listed, body: bytes }
            }
            Topic::UserStatus => user_status(decode(bytes)?)?,
            Topic::ChatroomInfo => {
                let info = decode::<body::ChatroomInfo>(bytes)?;
                let member = |member: body::ChatroomMember| {
                    (member.id.unwrap_or_default(), member.time.unwrap_or_default())
                };
                Self::ChatroomInfo {
                    total: info.user_total.unwrap_or_default(),
                    members: info.members.into_iter().map(member).collect(),
                }
            }
            _ if topic.answer().is_some_and(|info| info.name == "HistoryResult") => {
                history(decode(bytes)?, user)
            }
            Topic::PullChatroomEntries => {
                let entries = decode::<body::ChatroomEntries>(bytes.clone())?;
                Self::RoomEntries { body: bytes, sync_time: entries.sync_time.unwrap_or_default() }
            }
            _ => match topic.answer() {
                None => Self::Nothing,
                Some(info) => {
                    json_body::to_json(info, &bytes).map_err(|_| ErrorCode::UNKNOWN)?;
                    if info.name.ends_with("Placeholder") { Self::Nothing } else { Self::Body(bytes) }
                }
            },
        })
    }
}

fn decode<T: Body>(bytes: Bytes) -> Result<T, ErrorCode> {
    T::from_bytes(bytes).map_err(|_| ErrorCode::UNKNOWN)
}

/// Presence travels as JSON: `{"us":{"o":online,"p":[platform],"s":number}}`.
fn user_status(body: body::UserStatus) -> Result<Answer, ErrorCode> {
    let json: Value =
        serde_json::from_str(body.status.as_deref().unwrap_or("{}")).map_err(|_| ErrorCode::UNKNOWN)?;
    let field = |key: &str| json.get("us").and_then(|us| us.get(key));
    let online = match field("o") {
        Some(Value::Bool(online)) => *online,
        Some(other) => other.as_i64().unwrap_or_default() != 0,
        None => false,
    };
    let platforms = field("p").and_then(Value::as_array).into_iter().flatten();
    Ok(Answer::UserStatus {
        user_id: body.user_id.unwrap_or_default(),
        online,
        platforms: platforms.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        status: field("s")
            .and_then(Value::as_i64)
            .and_then(|number| number.try_into().ok())
            .unwrap_or_default(),
    })
}

fn conversations(result: body::ConversationsResult, user: &str) -> Vec<ListedConversation> {
    let listed = |item: body::ConversationItem| {
        let kind = ConversationType::from_number(item.r#type.unwrap_or_default())?;
        let key = ConversationKey::new(kind, item.target_id.unwrap_or_default());
        // The item says where it belongs, whatever its message says.
        let latest = item.message.and_then(|message| Incoming::from_downstream(message, user, i64::MAX));
        Some(ListedConversation {
            latest: latest.map(|latest| Incoming { conversation: key.clone(), ..latest }),
            key,
            read_time: item.read_message_time.unwrap_or_default(),
            peer_delivered_time: item.peer_delivered_time.unwrap_or_default(),
            peer_read_time: item.peer_read_time.unwrap_or_default(),
        })
    };
    result.items.into_iter().filter_map(listed).collect()
}

/// Servers list the newest first, whatever the order asked for.
fn history(result: body::HistoryResult, user: &str) -> Answer {
    let messages = result.list.into_iter().rev();
    Answer::History {
        messages: messages.filter_map(|message| Incoming::from_downstream(message, user, i64::MAX)).collect(),
        has_more: result.has_more == Some(1),
        sync_time: result.sync_time.unwrap_or_default(),
    }
}

//! [`Receipts`]: what peers are told of reading and typing. Receipts work offline and are sent once the line
//! is there; typing is sent now or never.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, Weak};

use serde_json::json;

use super::Result;
use super::kinds::{check_id, check_key};
use super::shared::Shared;
use crate::model::{ConversationKey, ConversationType, ErrorCode, Message, MessageChangeKind};
use crate::store::{self, Durability, Reader};
use crate::timing;
use crate::wire::{Body, Topic, body};

/// Receipts and typing. Holds its client weakly: once that is gone, calls fail with 34400.
#[derive(uniffi::Object)]
pub struct Receipts {
    shared: Weak<Shared>,
}

/// When the user last told whom of typing.
#[derive(Debug)]
pub(crate) struct TypingSent {
    interval: AtomicU64,
    last: Mutex<HashMap<ConversationKey, u64>>,
}

impl Default for TypingSent {
    fn default() -> Self {
        Self { interval: AtomicU64::new(timing::TYPING_SENT), last: Mutex::default() }
    }
}

impl TypingSent {
    /// Whether it is time to tell again.
    fn is_due(&self, key: &ConversationKey, now: u64) -> bool {
        let interval = self.interval.load(Ordering::Relaxed);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.retain(|_, told| now.saturating_sub(*told) < interval);
        if last.contains_key(key) {
            return false;
        }
        last.insert(key.clone(), now);
        true
    }

    /// It could not be told: the next key may.
    fn undo(&self, key: &ConversationKey) {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[uniffi::export]
impl Receipts {
    /// Tells the peer of a private chat that everything up to server time `until` (ms; 0 for all) is read, and
    /// clears the unread count up to there. Returns up to when that is, 0 if the peer has written nothing.
    ///
    /// # Errors
    /// 34209 for another kind of conversation, 33003 for a negative time.
    pub async fn send_read(&self, conversation: ConversationKey, until: i64) -> Result<i64> {
        check_key(&conversation)?;
        if conversation.conversation_type != ConversationType::Private {
            return Err(ErrorCode::CONVERSATION_TYPE_UNSUPPORTED.into());
        }
        if until < 0 {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        let shared = self.shared()?;
        let (key, user) = (conversation.clone(), shared.user()?.id.clone());
        let until = Some(until).filter(|until| *until > 0);
        let work = move |connection: &rusqlite::Connection| store::send_read(connection, &key, until, &user);
        let read = shared.run(Durability::Relaxed, work).await?;
        shared.changed(vec![conversation]);
        Ok(read.unwrap_or(0))
    }

    /// Asks the members of a group who reads an own message; [`super::ReceiptListener`] and
    /// [`Receipts::readers`] tell who has.
    ///
    /// # Errors
    /// 61001 if there is no such message, 33003 if it is not an own one that a group has.
    pub async fn request(&self, message_id: i64) -> Result<Message> {
        let shared = self.shared()?;
        let work = move |connection: &rusqlite::Connection| store::request(connection, message_id);
        let message = shared.run(Durability::Relaxed, work).await?;
        shared.message_changed(MessageChangeKind::Updated, &message);
        shared.changed(Vec::new());
        Ok(message)
    }

    /// Answers the requests of a group's members for these messages, or for all that wait if none are named.
    /// Returns how many were answered; each is answered once.
    ///
    /// # Errors
    /// 34209 for a kind of conversation without members.
    pub async fn respond(&self, conversation: ConversationKey, message_ids: Vec<i64>) -> Result<u32> {
        check_key(&conversation)?;
        if !matches!(conversation.conversation_type, ConversationType::Group | ConversationType::Discussion) {
            return Err(ErrorCode::CONVERSATION_TYPE_UNSUPPORTED.into());
        }
        let shared = self.shared()?;
        let work =
            move |connection: &rusqlite::Connection| store::respond(connection, &conversation, &message_ids);
        let answered = shared.run(Durability::Relaxed, work).await?;
        shared.changed(Vec::new());
        Ok(answered)
    }

    /// Who has read a message, as far as known here, the first reader first.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn readers(&self, message_id: i64) -> Result<Vec<Reader>> {
        self.shared()?.read(move |connection| store::readers(connection, message_id)).await
    }

    /// Tells the server that group messages are read, where it counts the readers itself. [4.x] Needs a
    /// connection.
    ///
    /// # Errors
    /// 33003 for no or more than 100 messages; 30001 without a connection; the server's code if it refuses.
    pub async fn report_read(&self, group_id: String, message_uids: Vec<String>) -> Result<()> {
        check_id(&group_id, ErrorCode::TARGET_ID_INVALID)?;
        if message_uids.is_empty() || message_uids.len() > 100 {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        let request = body::GroupReadReceiptRequest { message_uids, ..Default::default() };
        self.shared()?.query(Topic::GroupReceiptRequest, group_id, request.to_bytes()).await?;
        Ok(())
    }

    /// Who has read a group message, as the server counts them. [4.x] Needs a connection.
    ///
    /// # Errors
    /// 30001 without a connection; the server's code if it refuses.
    pub async fn remote_readers(&self, group_id: String, message_uid: String) -> Result<GroupReaders> {
        check_id(&group_id, ErrorCode::TARGET_ID_INVALID)?;
        check_id(&message_uid, ErrorCode::BIZ_ERROR_INVALID_PARAMETER)?;
        let request = body::GroupReadReceiptRequest { message_uids: vec![message_uid], ..Default::default() };
        let answer = self.shared()?.query(Topic::GroupReceiptList, group_id, request.to_bytes()).await?;
        let crate::session::Answer::Body(bytes) = answer else { return Err(ErrorCode::UNKNOWN.into()) };
        let reply = body::GroupReadReceiptReply::from_bytes(bytes).map_err(|_| ErrorCode::UNKNOWN)?;
        let reader = |reader: body::GroupReader| Reader {
            user_id: reader.user_id.unwrap_or_default(),
            time: reader.read_time.unwrap_or_default(),
        };
        Ok(GroupReaders {
            member_count: reply.total_member_count.unwrap_or_default().max(0).unsigned_abs(),
            readers: reply.list.into_iter().map(reader).collect(),
        })
    }

    /// Tells that the user is typing content of this kind ("RC:TxtMsg" for text). Call it on every key: within
    /// the interval (6 s) it is told once. Nothing is kept, nothing is told later.
    ///
    /// # Errors
    /// 34209, 34210 or 34271 for a conversation or kind that cannot be; 30001 without a connection.
    pub async fn send_typing(&self, conversation: ConversationKey, object_name: String) -> Result<()> {
        check_key(&conversation)?;
        check_id(&object_name, ErrorCode::OBJECT_NAME_INVALID)?;
        let topic = match conversation.conversation_type {
            ConversationType::Private => Topic::PrivateStatus,
            ConversationType::Group => Topic::GroupStatus,
            _ => return Err(ErrorCode::CONVERSATION_TYPE_UNSUPPORTED.into()),
        };
        let shared = self.shared()?;
        if !shared.typing_sent.is_due(&conversation, shared.clock.monotonic()) {
            return Ok(());
        }
        let content = json!({ "typingContentType": object_name, "data": "" });
        let body = body::UpstreamMessage {
            flags: Some(0),
            object_name: Some("RC:TypSts".into()),
            content: Some(content.to_string().into()),
            config_flag: Some(0),
            ..Default::default()
        };
        let told = shared.publish(topic, conversation.target_id.clone(), body.to_bytes()).await;
        if told.is_err() {
            shared.typing_sent.undo(&conversation);
        }
        told.map(drop)
    }

    /// How long typing is told once only, in ms: 0 to 60000.
    ///
    /// # Errors
    /// 33003 above that.
    pub fn set_typing_interval(&self, milliseconds: u32) -> Result<()> {
        if milliseconds > 60_000 {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        self.shared()?.typing_sent.interval.store(milliseconds.into(), Ordering::Relaxed);
        Ok(())
    }
}

/// Who has read a group message.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct GroupReaders {
    /// How many members the group has.
    pub member_count: u32,
    /// Those who have read it.
    pub readers: Vec<Reader>,
}

topic!(Receipts);

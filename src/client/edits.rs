//! [`Messages`], the part that changes what is there: taking back, changing, marking, deleting, pairs,
//! messages that destroy themselves.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;

use super::core::Event;
use super::delivery::HostEvent;
use super::kinds::{MessageKind, check_content, check_id, check_key, check_pairs};
use super::shared::Shared;
use super::{Error, Messages, Result};
use crate::kill::{self, Point};
use crate::model::content::RecallCommand;
use crate::model::{
    ConversationKey, ErrorCode, Message, MessageChange, MessageChangeKind, MessageDirection, SentStatus,
};
use crate::session::Answer;
use crate::store::{self, Durability, Edit, LocalMessage, commands};
use crate::wire::{Body, Topic, body};

/// Messages that one call takes at most.
const MAX_MESSAGES: usize = 1000;
/// Bits that a received status can have.
const RECEIVED_BITS: i32 = 0b1111;

/// What goes with a recall.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct RecallOptions {
    /// The host's word to the receivers' hosts, inside the content.
    #[uniffi(default = None)]
    pub extra: Option<String>,
    /// Text of the push notification that replaces the message's.
    #[uniffi(default = None)]
    pub push_text: Option<String>,
}

/// A message that is put in on this device and sent nowhere.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct InsertedMessage {
    /// Where.
    pub conversation: ConversationKey,
    /// Who wrote it; the user's own id for an own one.
    pub sender_user_id: String,
    /// What kind of content.
    pub object_name: String,
    /// Its JSON text.
    pub content: String,
    /// When, ms since 1970; 0 for now.
    #[uniffi(default = 0)]
    pub sent_time: i64,
    /// How far an own one has come; not SENDING.
    #[uniffi(default = None)]
    pub sent_status: Option<SentStatus>,
    /// What the user did with it; bits of `ReceivedStatus`.
    #[uniffi(default = 0)]
    pub received_status: i32,
    /// Whether it counts as unread.
    #[uniffi(default = false)]
    pub counted: bool,
    /// The server's name for it, if it has one.
    #[uniffi(default = None)]
    pub uid: Option<String>,
    /// The host's own note.
    #[uniffi(default = "")]
    pub extra: String,
}

#[uniffi::export]
impl Messages {
    /// Tells of the host's own kinds of content: their flags, the keys they must have, what search finds.
    /// Known from then on until the client ends.
    ///
    /// # Errors
    /// 34271 for a name that cannot be, or is one of the built-in kinds.
    pub fn register_kinds(&self, kinds: Vec<MessageKind>) -> Result<()> {
        self.shared()?.kinds.register(kinds)
    }

    /// One message by the server's name for it.
    ///
    /// # Errors
    /// 61001 if there is no such message.
    pub async fn get_by_uid(&self, uid: String) -> Result<Message> {
        let found = self.shared()?.read(move |connection| store::message_by_uid(connection, &uid)).await?;
        found.ok_or_else(|| ErrorCode::GET_MESSAGE_BY_ID_ERROR.into())
    }

    /// Takes an own message back, everywhere: on every device its place is taken by a message of kind
    /// "RC:RcCmd", and devices that were offline never get its text. Needs a connection. Resolves with what
    /// is left; safe to call again if the answer was lost.
    ///
    /// # Errors
    /// 25101 for a message of somebody else, one that is not sent, or one that the server holds to be too old;
    /// 61001 if there is no such message; 30001 without a connection, -1 without an answer: whether it
    /// is taken back, the inbox tells later.
    pub async fn recall(&self, message_id: i64, options: RecallOptions) -> Result<Message> {
        let shared = self.shared()?;
        let message = self.get(message_id).await?;
        if message.object_name == commands::RECALLED {
            return Ok(message);
        }
        let uid = message.uid.clone().filter(|_| message.direction == MessageDirection::Send);
        let uid = uid.ok_or(ErrorCode::RECALL_MESSAGE)?;
        let command = RecallCommand {
            message_uid: uid,
            conversation_type: message.conversation.conversation_type.number(),
            target_id: message.conversation.target_id.clone(),
            sent_time: Some(message.sent_time),
            extra: options.extra,
            ..RecallCommand::default()
        };
        let content = serde_json::to_string(&command).map_err(|_| ErrorCode::CONTENT_INVALID)?;
        let body = body::UpstreamMessage {
            flags: Some(1),
            object_name: Some(commands::RECALLED.into()),
            content: Some(content.clone().into()),
            push_text: options.push_text,
            config_flag: Some(0),
            client_unique_id: Some(shared.next_client_id()),
            ..Default::default()
        };
        // The frame names the user, the content the conversation (flows §9.4).
        let user = shared.user()?.id.clone();
        kill::reach(Point::RecallAsked);
        shared.publish(Topic::Recall, user, body.to_bytes()).await?;
        kill::reach(Point::RecallAnswered);
        let done = move |connection: &rusqlite::Connection| {
            let left = store::take_back(connection, message_id, &content);
            kill::reach(Point::RecallWritten);
            left
        };
        let left = shared.run(Durability::Relaxed, done).await?;
        kill::reach(Point::RecallCommitted);
        shared.message_changed(MessageChangeKind::Recalled, &left);
        Ok(left)
    }

    /// Puts a message in on this device; it is sent nowhere.
    ///
    /// # Errors
    /// 33003 for a uid that is here already, a negative time or one more than a minute ahead, or an impossible
    /// status; 34210, 34271, 34205
    /// or 30016 as for sending.
    pub async fn insert(&self, message: InsertedMessage) -> Result<Message> {
        let inserted = self.insert_many(vec![message]).await?;
        inserted.into_iter().next().ok_or_else(|| ErrorCode::INTERNAL.into())
    }

    /// Puts up to 1000 messages in, all or none.
    ///
    /// # Errors
    /// As [`Messages::insert`].
    pub async fn insert_many(&self, messages: Vec<InsertedMessage>) -> Result<Vec<Message>> {
        let shared = self.shared()?;
        if messages.is_empty() || messages.len() > MAX_MESSAGES {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        let user = shared.user()?.id.clone();
        let (now, server_now) = (shared.clock.wall(), shared.server_now());
        let local = |message: InsertedMessage| {
            let kind = shared.kinds.get(&message.object_name);
            let words = kind.as_ref().and_then(|kind| kind.search_words(&message.content));
            Ok((local(message, kind.as_ref(), &user, server_now)?, words))
        };
        let messages = messages.into_iter().map(local).collect::<Result<Vec<_>>>()?;
        let mut keys: Vec<ConversationKey> = Vec::new();
        for (message, _) in &messages {
            if !keys.contains(&message.conversation) {
                keys.push(message.conversation.clone());
            }
        }
        let work = move |connection: &rusqlite::Connection| {
            let insert = |(message, words): &(LocalMessage, Option<String>)| {
                let inserted = store::insert(connection, message, now)?;
                match words {
                    Some(_) => store::edit(connection, inserted.id, &Edit::SearchWords(words.clone())),
                    None => Ok(inserted),
                }
            };
            messages.iter().map(insert).collect()
        };
        let inserted = shared.run(Durability::Relaxed, work).await?;
        shared.delivery.tell(HostEvent::Conversations(keys));
        Ok(inserted)
    }

    /// Changes the content of a message on this device.
    ///
    /// # Errors
    /// 61001 if there is no such message; 33003 while it is on its way; 34205 or 30016 for content that is not
    /// of its kind.
    pub async fn set_content(&self, message_id: i64, content: String) -> Result<Message> {
        let message = self.get(message_id).await?;
        let kind = self.shared()?.kinds.get(&message.object_name);
        check_content(&message.object_name, &content, kind.as_ref())?;
        // What is found of the host's own kinds follows their content; for others it is the host's to set.
        let kind = kind.filter(|kind| !kind.search_fields.is_empty());
        let words = kind.map(|kind| Edit::SearchWords(kind.search_words(&content)));
        self.edit(message_id, [Some(Edit::Content(content)), words].into_iter().flatten().collect()).await
    }

    /// Sets the host's own note on a message; never sent.
    ///
    /// # Errors
    /// 61001 if there is no such message, 30016 above 128 KiB.
    pub async fn set_extra(&self, message_id: i64, extra: String) -> Result<Message> {
        if extra.len() > super::kinds::MAX_CONTENT {
            return Err(ErrorCode::MSG_SIZE_OUT_OF_LIMIT.into());
        }
        self.edit(message_id, vec![Edit::Extra(extra)]).await
    }

    /// Sets what is found of a message beside its content's own text; `None` for nothing more.
    ///
    /// # Errors
    /// 61001 if there is no such message, 30016 above 128 KiB.
    pub async fn set_search_words(&self, message_id: i64, words: Option<String>) -> Result<Message> {
        if words.as_ref().is_some_and(|words| words.len() > super::kinds::MAX_CONTENT) {
            return Err(ErrorCode::MSG_SIZE_OUT_OF_LIMIT.into());
        }
        self.edit(message_id, vec![Edit::SearchWords(words)]).await
    }

    /// Sets what the user did with a received message: bits of `ReceivedStatus` (read 1, listened 2, downloaded 4,
    /// retrieved 8).
    ///
    /// # Errors
    /// 61001 if there is no such message, 33003 for other bits.
    pub async fn set_received_status(&self, message_id: i64, status: i32) -> Result<Message> {
        if status & !RECEIVED_BITS != 0 {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        self.edit(message_id, vec![Edit::ReceivedStatus(status)]).await
    }

    /// Sets how far an own message has come, on this device.
    ///
    /// # Errors
    /// 61001 if there is no such message; 33003 while it is on its way, and for SENDING.
    pub async fn set_sent_status(&self, message_id: i64, status: SentStatus) -> Result<Message> {
        self.edit(message_id, vec![Edit::SentStatus(status)]).await
    }

    /// Deletes messages on this device; unknown ids are left out, one that waits to be sent is not sent. Returns
    /// how many are gone. The history at the server does not bring them back.
    ///
    /// # Errors
    /// 61001 for no ids, 33003 for more than 1000.
    pub async fn delete(&self, message_ids: Vec<i64>) -> Result<u32> {
        self.remove(message_ids, false).await
    }

    /// Deletes messages on this device and in this user's history at the server, so that the user's other
    /// devices do not find them there. Other users keep theirs. Works offline: the server is told later.
    ///
    /// # Errors
    /// As [`Messages::delete`].
    pub async fn delete_everywhere(&self, message_ids: Vec<i64>) -> Result<u32> {
        self.remove(message_ids, true).await
    }

    /// Attaches pairs to a sent message, for all who have it; a key that is there gets the new value. Needs a
    /// connection.
    ///
    /// # Errors
    /// 61001 if there is no such message, 33003 if it is not sent or not expandable, or for pairs beyond the
    /// limits of [`super::SendOptions::expansion`]; 30001 without a connection.
    pub async fn set_expansion(&self, message_id: i64, pairs: HashMap<String, String>) -> Result<Message> {
        if pairs.is_empty() {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        self.expand(message_id, pairs, Vec::new()).await
    }

    /// Takes pairs off a sent message, for all who have it. Needs a connection.
    ///
    /// # Errors
    /// As [`Messages::set_expansion`].
    pub async fn remove_expansion(&self, message_id: i64, keys: Vec<String>) -> Result<Message> {
        if keys.is_empty() {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        self.expand(message_id, HashMap::new(), keys).await
    }

    /// The user has read a message that destroys itself: its countdown starts, and when it is over the message
    /// is deleted everywhere for this user, also if the process was not there at that moment.
    ///
    /// # Errors
    /// 61001 if there is no such message, 33003 if it does not destroy itself.
    pub async fn begin_destruct(&self, message_id: i64) -> Result<Message> {
        let shared = self.shared()?;
        let now = shared.clock.wall();
        let work =
            move |connection: &rusqlite::Connection| store::begin_destruct(connection, message_id, now);
        let message = shared.run(Durability::Full, work).await?;
        shared.send(Event::DestructAt(Some(message.destruct_at)));
        shared.message_changed(MessageChangeKind::Updated, &message);
        Ok(message)
    }

    /// Stops such a countdown.
    ///
    /// # Errors
    /// 61001 if there is no such message.
    pub async fn stop_destruct(&self, message_id: i64) -> Result<Message> {
        let shared = self.shared()?;
        let work = move |connection: &rusqlite::Connection| store::stop_destruct(connection, message_id);
        let message = shared.run(Durability::Full, work).await?;
        shared.message_changed(MessageChangeKind::Updated, &message);
        Ok(message)
    }
}

impl Messages {
    async fn edit(&self, id: i64, edits: Vec<Edit>) -> Result<Message> {
        let shared = self.shared()?;
        let work = move |connection: &rusqlite::Connection| {
            edits.iter().try_for_each(|edit| store::edit(connection, id, edit).map(drop))?;
            store::existing(connection, id)
        };
        let message = shared.run(Durability::Relaxed, work).await?;
        shared.message_changed(MessageChangeKind::Updated, &message);
        Ok(message)
    }

    async fn remove(&self, ids: Vec<i64>, everywhere: bool) -> Result<u32> {
        let shared = self.shared()?;
        if ids.is_empty() {
            return Err(ErrorCode::DELETE_MESSAGE_ID_IS_NULL.into());
        }
        if ids.len() > MAX_MESSAGES {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        let work = move |connection: &rusqlite::Connection| store::delete(connection, &ids, everywhere);
        let gone = shared.run(Durability::Relaxed, work).await?;
        let ids = gone.iter().flat_map(|(_, ids)| ids.iter().copied()).collect::<Vec<_>>();
        shared.send(Event::Removed(ids.clone()));
        shared.tell_gone(gone);
        if everywhere {
            shared.send(Event::SignalsWait);
        }
        Ok(u32::try_from(ids.len()).unwrap_or(u32::MAX))
    }

    async fn expand(
        &self,
        message_id: i64,
        put: HashMap<String, String>,
        del: Vec<String>,
    ) -> Result<Message> {
        let shared = self.shared()?;
        let message = self.get(message_id).await?;
        let total = message.expansion.keys().filter(|key| !put.contains_key(*key)).count() + put.len();
        check_pairs(&put, total)?;
        let uid = message.uid.clone().filter(|_| message.expandable);
        let Some(uid) = uid else {
            let words = "the message is not sent yet, or was sent without being expandable";
            return Err(Error::with_words(ErrorCode::BIZ_ERROR_INVALID_PARAMETER, words));
        };
        let content = if del.is_empty() {
            json!({ "mid": uid, "put": put })
        } else {
            json!({ "mid": uid, "del": del })
        };
        let body = body::UpstreamMessage {
            flags: Some(0),
            object_name: Some("RC:MsgExMsg".into()),
            content: Some(content.to_string().into()),
            config_flag: Some(0),
            client_unique_id: Some(shared.next_client_id()),
            ..Default::default()
        };
        let kind = message.conversation.conversation_type;
        let topic = Topic::for_message(kind, false).ok_or(ErrorCode::CONVERSATION_TYPE_UNSUPPORTED)?;
        let target = message.conversation.target_id.clone();
        let Answer::Published { .. } = shared.publish(topic, target, body.to_bytes()).await? else {
            return Err(ErrorCode::UNKNOWN.into());
        };
        let (change, keys) = match del.is_empty() {
            true => (MessageChangeKind::ExpansionSet, put.keys().cloned().collect()),
            false => (MessageChangeKind::ExpansionRemoved, del.clone()),
        };
        let work = move |connection: &rusqlite::Connection| store::expand(connection, &uid, &put, &del);
        let message = shared.run(Durability::Relaxed, work).await?;
        let message = message.ok_or(ErrorCode::GET_MESSAGE_BY_ID_ERROR)?;
        let change = MessageChange::of(change, message.clone()).with_keys(keys);
        shared.delivery.tell(HostEvent::Changed(vec![change]));
        Ok(message)
    }
}

/// How far ahead of the server's estimated time a message may be put in, ms.
const MAX_AHEAD: i64 = 60_000;

fn local(
    message: InsertedMessage,
    kind: Option<&MessageKind>,
    user: &str,
    server_now: i64,
) -> Result<LocalMessage> {
    check_key(&message.conversation)?;
    check_id(&message.object_name, ErrorCode::OBJECT_NAME_INVALID)?;
    check_content(&message.object_name, &message.content, kind)?;
    let own = message.sender_user_id == user;
    let status = message.sent_status.unwrap_or(SentStatus::Sent);
    let named = message.uid.as_ref().is_none_or(|uid| !uid.is_empty() && uid.len() <= 64);
    let marks = message.received_status & !RECEIVED_BITS == 0;
    if message.sender_user_id.is_empty()
        || message.sent_time < 0
        // What comes from the future would be the newest forever, and would take the read mark along.
        || message.sent_time > server_now.saturating_add(MAX_AHEAD)
        || status == SentStatus::Sending
        || !named
        || !marks
    {
        return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
    }
    Ok(LocalMessage {
        conversation: message.conversation,
        sender: message.sender_user_id,
        direction: if own { MessageDirection::Send } else { MessageDirection::Receive },
        object_name: message.object_name,
        content: message.content,
        sent_time: if message.sent_time == 0 { server_now } else { message.sent_time },
        sent_status: status,
        received_status: message.received_status,
        counted: message.counted && !own,
        uid: message.uid,
        extra: message.extra,
    })
}

impl Shared {
    /// Tells that everything of a conversation up to a time is gone.
    pub(super) fn tell_cleared(self: &Arc<Self>, key: ConversationKey, time: i64) {
        self.delivery.tell(HostEvent::Changed(vec![MessageChange::cleared(key.clone(), time)]));
        self.delivery.tell(HostEvent::Conversations(vec![key]));
    }
}

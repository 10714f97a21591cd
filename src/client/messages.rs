//! [`Messages`]: sending, waiting for the server's word, sending again, reading history.

use std::sync::{Arc, Weak};

use tokio::sync::oneshot;

use super::core::Event;
use super::delivery::HostEvent;
use super::shared::{Shared, User};
use super::{Error, Result};
use crate::model::content::{Content, TextMessage, flags_of};
use crate::model::{ConversationKey, ConversationType, ErrorCode, Message, MessageFlags};
use crate::session::Outgoing;
use crate::store::{self, Durability, NewMessage, StoreError};
use crate::wire::{Body, Topic, body};

/// Largest content, in bytes of its JSON.
const MAX_CONTENT: usize = 128 * 1024;
/// Longest target id and object name, in bytes.
const MAX_ID: usize = 64;
/// Largest page of history.
const MAX_PAGE: u32 = 1000;

/// What a message asks for beyond its content.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct SendOptions {
    /// Text of the push notification for receivers that are offline.
    #[uniffi(default = None)]
    pub push_text: Option<String>,
    /// Opaque data of the push notification.
    #[uniffi(default = None)]
    pub push_data: Option<String>,
    /// For custom kinds: kept in the history. Built-in kinds have their own answer. Default: yes.
    #[uniffi(default = None)]
    pub persisted: Option<bool>,
    /// For custom kinds: counts as unread. Built-in kinds have their own answer. Default: yes.
    #[uniffi(default = None)]
    pub counted: Option<bool>,
    /// For custom kinds with a file (see [`super::Media::send`]): the content's key that takes the file's
    /// address. Default: `remoteUrl`.
    #[uniffi(default = None)]
    pub url_key: Option<String>,
}

/// Sending and reading messages. Holds its client weakly: once that is gone, calls fail with 34400.
#[derive(uniffi::Object)]
pub struct Messages {
    shared: Weak<Shared>,
}

#[uniffi::export]
impl Messages {
    /// Sends text. See [`Messages::send`].
    ///
    /// # Errors
    /// As [`Messages::send`].
    pub async fn send_text(&self, conversation: ConversationKey, text: String) -> Result<Message> {
        let content = Content::from(TextMessage::new(text));
        self.send_content(conversation, &content, SendOptions::default()).await
    }

    /// Sends any built-in or custom content: `content` is the JSON text of kind `object_name`.
    ///
    /// Resolves as soon as the message is durable in the outbox, with its local form (SENDING). From then
    /// on it is sent by itself, in order within its conversation, across reconnects and restarts, exactly
    /// once; [`Messages::wait_sent`] and `MessageListener::on_sent` tell what became of it. Works offline.
    ///
    /// # Errors
    /// 33001 before any user is open; 34209, 34210, 34271, 34205 or 30016 for a conversation type, target,
    /// object name or content that cannot be sent; 3430x if it cannot be stored.
    pub async fn send(
        &self,
        conversation: ConversationKey,
        object_name: String,
        content: String,
        options: SendOptions,
    ) -> Result<Message> {
        let shared = self.shared()?;
        let user = shared.user()?;
        let new = compose(&shared, &user, conversation, object_name, content, options)?;
        enqueue(&shared, &user, move |connection| store::enqueue(connection, &new)).await
    }

    /// Waits for the server's word on an own message: its SENT form.
    ///
    /// # Errors
    /// The server's code if it was refused, 33200 if it was cancelled, 61001 if there is no such message.
    pub async fn wait_sent(&self, message_id: i64) -> Result<Message> {
        self.shared()?.ask(|reply| Event::AwaitSent { message: message_id, reply }).await
    }

    /// Sends a FAILED message again: the same message, with the same place in its sender's numbering.
    ///
    /// # Errors
    /// 61001 if there is no such message, 33003 if it has not failed.
    pub async fn resend(&self, message_id: i64) -> Result<Message> {
        let shared = self.shared()?;
        let user = shared.user()?;
        enqueue(&shared, &user, move |connection| store::resend(connection, message_id)).await
    }

    /// Takes back a message that waits to be sent: it becomes FAILED with 33200.
    ///
    /// # Errors
    /// 33003 if it is on its way or has arrived, 61001 if there is no such message.
    pub async fn cancel(&self, message_id: i64) -> Result<()> {
        self.shared()?.ask(|reply| Event::Cancel { message: message_id, reply }).await
    }

    /// One message by its local id.
    ///
    /// # Errors
    /// 61001 if there is no such message.
    pub async fn get(&self, message_id: i64) -> Result<Message> {
        let found = self.shared()?.read(move |connection| store::message(connection, message_id)).await?;
        found.ok_or_else(|| ErrorCode::GET_MESSAGE_BY_ID_ERROR.into())
    }

    /// Up to `count` messages of a conversation as stored here, oldest first: those before server time
    /// `before` (ms since 1970), or the newest if it is 0.
    ///
    /// # Errors
    /// 33003 for a count of 0 or above 1000, or a negative time.
    pub async fn history(
        &self,
        conversation: ConversationKey,
        before: i64,
        count: u32,
    ) -> Result<Vec<Message>> {
        if count == 0 || count > MAX_PAGE || before < 0 {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        self.shared()?.read(move |connection| store::history(connection, &conversation, before, count)).await
    }
}

impl Messages {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self { shared: Arc::downgrade(shared) }
    }

    fn shared(&self) -> Result<Arc<Shared>> {
        self.shared.upgrade().ok_or_else(|| ErrorCode::CLIENT_CLOSED.into())
    }

    /// Sends typed content. See [`Messages::send`].
    ///
    /// # Errors
    /// As [`Messages::send`].
    pub async fn send_content(
        &self,
        conversation: ConversationKey,
        content: &Content,
        options: SendOptions,
    ) -> Result<Message> {
        let json = content.write()?;
        self.send(conversation, content.object_name().to_owned(), json, options).await
    }
}

/// Runs an outbox job, durably, and hands its message to the actor in the order of the store.
async fn enqueue(
    shared: &Arc<Shared>,
    user: &User,
    work: impl FnOnce(&rusqlite::Connection) -> std::result::Result<(Message, Outgoing), StoreError>
    + Send
    + 'static,
) -> Result<Message> {
    let (reply, answer) = oneshot::channel();
    let sender = shared.clone();
    user.store.run(Durability::Full, work, move |result| {
        let result = result.map(|(message, outgoing)| {
            sender.send(Event::Queued(outgoing));
            sender.delivery.tell(HostEvent::Conversations(vec![message.conversation.clone()]));
            message
        });
        // The caller may have lost interest; the message goes all the same.
        let _ = reply.send(result);
    });
    match answer.await {
        Ok(result) => Ok(result?),
        Err(_) => Err(Error::new(ErrorCode::CLIENT_CLOSED)),
    }
}

pub(super) fn compose(
    shared: &Shared,
    user: &User,
    conversation: ConversationKey,
    object_name: String,
    content: String,
    options: SendOptions,
) -> Result<NewMessage> {
    let topic = match conversation.conversation_type {
        ConversationType::Private => Topic::PrivateMessage,
        ConversationType::Group => Topic::GroupMessage,
        _ => return Err(ErrorCode::CONVERSATION_TYPE_UNSUPPORTED.into()),
    };
    check_id(&conversation.target_id, ErrorCode::TARGET_ID_INVALID)?;
    check_id(&object_name, ErrorCode::OBJECT_NAME_INVALID)?;
    check_content(&object_name, &content)?;
    let flags = flags_of(&object_name).unwrap_or_else(|| {
        let bit = |wanted: Option<bool>, flag: MessageFlags| if wanted.unwrap_or(true) { flag.0 } else { 0 };
        MessageFlags(
            bit(options.persisted, MessageFlags::PERSISTED) | bit(options.counted, MessageFlags::COUNTED),
        )
    });
    let client_id = shared.next_client_id();
    let body = body::UpstreamMessage {
        flags: Some(flags.0),
        object_name: Some(object_name.clone()),
        content: Some(content.clone().into()),
        push_text: options.push_text,
        push_data: options.push_data,
        config_flag: Some(0),
        client_unique_id: Some(client_id),
        ..Default::default()
    };
    Ok(NewMessage {
        sender: user.id.clone(),
        time: shared.server_now(),
        body: body.to_bytes(),
        conversation,
        object_name,
        content,
        flags,
        client_id,
        topic,
    })
}

fn check_id(id: &str, code: ErrorCode) -> Result<()> {
    if id.trim().is_empty() || id.len() > MAX_ID || id.chars().any(char::is_control) {
        return Err(code.into());
    }
    Ok(())
}

/// Content is JSON; that of a built-in kind has that kind's fields.
pub(super) fn check_content(object_name: &str, content: &str) -> Result<()> {
    if content.len() > MAX_CONTENT {
        return Err(ErrorCode::MSG_SIZE_OUT_OF_LIMIT.into());
    }
    let fits = match Content::read(object_name, content) {
        Content::Other { .. } => {
            !Content::TYPED.contains(&object_name)
                && serde_json::from_str::<serde_json::Value>(content)
                    .is_ok_and(|json| json.is_object() || json.is_array())
        }
        _ => true,
    };
    if fits { Ok(()) } else { Err(ErrorCode::CONTENT_INVALID.into()) }
}

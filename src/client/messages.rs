//! [`Messages`]: sending, waiting for the server's word, sending again, reading history.

use std::sync::{Arc, Weak};

use super::Result;
use super::core::Event;
use super::delivery::HostEvent;
use super::kinds::{SendOptions, compose};
use super::shared::{Shared, User};
use crate::kill::{self, Point};
use crate::model::content::{Content, TextMessage};
use crate::model::{ConversationKey, ErrorCode, Message};
use crate::session::Outgoing;
use crate::store::{self, Durability, HistoryQuery, NewMessage, StoreError};

/// Largest page of history.
pub(super) const MAX_PAGE: u32 = 1000;

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
    /// object name or content that cannot be sent; 34003 or 34002 for a GIF larger or a short video longer than
    /// navigation allows; 3430x if it cannot be stored.
    pub async fn send(
        &self,
        conversation: ConversationKey,
        object_name: String,
        content: String,
        options: SendOptions,
    ) -> Result<Message> {
        let shared = self.shared()?;
        let user = shared.user()?;
        let status_only = options.status_only;
        let new = compose(&shared, &user, conversation, object_name, content, options, 0)?;
        if status_only {
            return pass(&shared, new).await;
        }
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
        let query = HistoryQuery { time: before, count, ..HistoryQuery::default() };
        self.shared()?.read(move |connection| store::page(connection, &conversation, &query)).await
    }
}

topic!(Messages);

impl Messages {
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

/// Sends a message to whoever is online; it is kept nowhere.
async fn pass(shared: &Arc<Shared>, new: NewMessage) -> Result<Message> {
    let now = shared.clock.wall();
    let target = new.conversation.target_id.clone();
    shared.publish(new.topic, target, new.body.clone()).await?;
    Ok(new.passing(now))
}

/// Runs an outbox job, durably, and hands its message to the actor in the order of the store.
async fn enqueue(
    shared: &Arc<Shared>,
    user: &User,
    work: impl FnOnce(&rusqlite::Connection) -> std::result::Result<(Message, Outgoing), StoreError>
    + Send
    + 'static,
) -> Result<Message> {
    let sender = shared.clone();
    let queued = move |(message, outgoing): (Message, Outgoing)| {
        kill::reach(Point::Queued);
        sender.send(Event::Queued(outgoing));
        sender.delivery.tell(HostEvent::Conversations(vec![message.conversation.clone()]));
        message
    };
    user.run_then(Durability::Full, work, queued).await
}

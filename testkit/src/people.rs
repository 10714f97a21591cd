//! A named client with everything recorded.

use std::sync::Arc;

use anser::client::{Client, ClientOptions, Messages, Subscription};
use anser::model::{Conversation, ConversationKey, Message};

use crate::Recorder;

/// A client and what it told its host.
pub struct Person {
    /// Whose client it is.
    pub user: String,
    /// The token it connects with.
    pub token: String,
    /// The client.
    pub client: Arc<Client>,
    /// What it told.
    pub heard: Arc<Recorder>,
    _subscriptions: Vec<Arc<Subscription>>,
}

impl Person {
    /// Makes a client and listens to it.
    ///
    /// # Panics
    /// The client cannot be made.
    #[expect(clippy::expect_used, reason = "this is how a test fails")]
    pub fn new(user: &str, token: String, options: ClientOptions) -> Self {
        let client = Client::new(options).expect("the client can be made");
        Self::with(user, token, client)
    }

    /// Listens to a client.
    pub fn with(user: &str, token: String, client: Arc<Client>) -> Self {
        let heard = Recorder::new();
        let subscriptions = vec![
            client.add_connection_listener(heard.clone()),
            client.add_message_listener(heard.clone()),
            client.add_conversation_listener(heard.clone()),
            client.add_media_listener(heard.clone()),
            client.add_receipt_listener(heard.clone()),
            client.add_typing_listener(heard.clone()),
        ];
        Self { user: user.to_owned(), token, client, heard, _subscriptions: subscriptions }
    }

    /// Connects.
    ///
    /// # Panics
    /// It fails.
    #[expect(clippy::expect_used, reason = "this is how a test fails")]
    pub async fn connect(&self) {
        let user = self.client.connect(self.token.clone()).await.expect("connecting works");
        assert_eq!(user, self.user);
    }

    /// Sending and reading messages.
    pub fn messages(&self) -> Arc<Messages> {
        self.client.messages()
    }

    /// The row of a conversation once it is `so`: read again with every word of a change, so that which change
    /// was told first makes no difference.
    ///
    /// # Panics
    /// The row cannot be read, or is not so in time.
    #[expect(clippy::expect_used, reason = "this is how a test fails")]
    pub async fn row(
        &self,
        key: &ConversationKey,
        what: &str,
        so: impl Fn(&Conversation) -> bool,
    ) -> Conversation {
        loop {
            let told = self.heard.heard().conversations.len();
            let row = self.client.conversations().get(key.clone()).await.expect("the list can be read");
            if let Some(row) = row.filter(&so) {
                return row;
            }
            self.heard.wait(what, |heard| heard.conversations.len() > told);
        }
    }

    /// Sends text and waits for the server's word.
    ///
    /// # Panics
    /// It fails.
    #[expect(clippy::expect_used, reason = "this is how a test fails")]
    pub async fn say(&self, to: &ConversationKey, text: &str) -> Message {
        let messages = self.messages();
        let local = messages.send_text(to.clone(), text.to_owned()).await.expect("the message is durable");
        messages.wait_sent(local.id).await.expect("the message is sent")
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        self.client.close();
    }
}

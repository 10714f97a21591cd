//! A listener that records everything and lets tests wait for what they expect.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anser::client::{
    ConnectionListener, ConversationListener, MediaListener, MediaProgress, MessageListener, ReceiptListener,
    TypingListener,
};
use anser::model::{
    ConnectionStatus, ConversationKey, Message, MessageChange, MessageChangeKind, Receipt, ReceiptKind,
    TypingUser,
};

use crate::DEADLINE;

/// Records what a client tells its host.
#[derive(Default)]
pub struct Recorder {
    heard: Mutex<Heard>,
    changed: Condvar,
}

/// Everything heard so far, in order.
#[derive(Debug, Default, Clone)]
pub struct Heard {
    /// Statuses with their codes.
    pub statuses: Vec<(ConnectionStatus, i32)>,
    /// Messages.
    pub messages: Vec<Message>,
    /// Own messages that met their fate.
    pub sent: Vec<Message>,
    /// Conversations that changed.
    pub conversations: Vec<ConversationKey>,
    /// Messages that are not what they were.
    pub changes: Vec<MessageChange>,
    /// Receipts.
    pub receipts: Vec<Receipt>,
    /// Who typed where, each time that changed.
    pub typing: Vec<(ConversationKey, Vec<TypingUser>)>,
    /// How often the inbox was in after a login.
    pub synced: usize,
    /// How transfers got on.
    pub progress: Vec<MediaProgress>,
    /// How often events were dropped.
    pub overflows: usize,
}

impl Heard {
    /// Texts of the messages, for comparing. Content that is not text shows as its JSON.
    pub fn texts(&self) -> Vec<String> {
        self.messages.iter().map(text_of).collect()
    }
}

/// The text of a text message, or the JSON of another.
pub fn text_of(message: &Message) -> String {
    let json: serde_json::Value = serde_json::from_str(&message.content).unwrap_or_default();
    json.get("content").and_then(|text| text.as_str()).map_or_else(|| message.content.clone(), str::to_owned)
}

impl Recorder {
    /// A recorder that has heard nothing.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, note: impl FnOnce(&mut Heard)) {
        note(&mut self.lock());
        self.changed.notify_all();
    }

    /// What was heard so far.
    pub fn heard(&self) -> Heard {
        self.lock().clone()
    }

    /// Blocks until `done` holds of what was heard, and returns it.
    ///
    /// # Panics
    /// It does not hold within [`DEADLINE`]; says what was waited for and what was heard instead.
    #[expect(clippy::panic, reason = "this is how a test fails")]
    pub fn wait(&self, what: &str, done: impl Fn(&Heard) -> bool) -> Heard {
        let until = Instant::now() + DEADLINE;
        let mut heard = self.lock();
        while !done(&heard) {
            let Some(left) = until.checked_duration_since(Instant::now()) else {
                panic!("waited for {what}; heard {:?}", *heard);
            };
            heard = self.changed.wait_timeout(heard, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        heard.clone()
    }

    /// Blocks until `count` messages were heard.
    pub fn wait_messages(&self, count: usize) -> Heard {
        self.wait(&format!("{count} messages"), |heard| heard.messages.len() >= count)
    }

    /// Blocks until a change of this kind was heard, and returns the newest one.
    ///
    /// # Panics
    /// None comes within [`DEADLINE`].
    #[expect(clippy::expect_used, reason = "this is how a test fails")]
    pub fn wait_change(&self, kind: MessageChangeKind) -> MessageChange {
        let heard = self.wait(&format!("a change {kind:?}"), |heard| {
            heard.changes.iter().any(|change| change.kind == kind)
        });
        heard.changes.into_iter().rfind(|change| change.kind == kind).expect("it was heard")
    }

    /// Blocks until a receipt of this kind was heard, and returns the newest one.
    ///
    /// # Panics
    /// None comes within [`DEADLINE`].
    #[expect(clippy::expect_used, reason = "this is how a test fails")]
    pub fn wait_receipt(&self, kind: ReceiptKind) -> Receipt {
        let heard = self.wait(&format!("a receipt {kind:?}"), |heard| {
            heard.receipts.iter().any(|receipt| receipt.kind == kind)
        });
        heard.receipts.into_iter().rfind(|receipt| receipt.kind == kind).expect("it was heard")
    }

    /// Blocks until this status is the newest.
    pub fn wait_status(&self, status: ConnectionStatus) -> Heard {
        self.wait(&format!("status {status:?}"), |heard| {
            heard.statuses.last().is_some_and(|(last, _)| *last == status)
        })
    }
}

impl ConnectionListener for Recorder {
    fn on_status(&self, status: ConnectionStatus, code: i32) {
        self.record(|heard| heard.statuses.push((status, code)));
    }

    fn on_synced(&self) {
        self.record(|heard| heard.synced += 1);
    }
}

impl MessageListener for Recorder {
    fn on_messages(&self, messages: Vec<Message>) {
        self.record(|heard| heard.messages.extend(messages));
    }

    fn on_sent(&self, message: Message) {
        self.record(|heard| heard.sent.push(message));
    }

    fn on_changed(&self, changes: Vec<MessageChange>) {
        self.record(|heard| heard.changes.extend(changes));
    }

    fn on_overflow(&self) {
        self.record(|heard| heard.overflows += 1);
    }
}

impl ReceiptListener for Recorder {
    fn on_receipts(&self, receipts: Vec<Receipt>) {
        self.record(|heard| heard.receipts.extend(receipts));
    }
}

impl TypingListener for Recorder {
    fn on_typing(&self, conversation: ConversationKey, users: Vec<TypingUser>) {
        self.record(|heard| heard.typing.push((conversation, users)));
    }
}

impl MediaListener for Recorder {
    fn on_progress(&self, progress: MediaProgress) {
        self.record(|heard| heard.progress.push(progress));
    }
}

impl ConversationListener for Recorder {
    fn on_conversations(&self, conversations: Vec<ConversationKey>) {
        self.record(|heard| heard.conversations.extend(conversations));
    }
}

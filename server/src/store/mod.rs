//! What must outlive a connection: messages, inboxes, heads, conversation lists, groups, users. The trait is
//! what the service and the gateway use; `sqlite` implements it. Whoever implements it keeps two promises:
//! a future that resolves to `Ok` means durable, and every committed message reaches the [`CommitSink`] in
//! the order of its stamps, after the future of its writer was resolved. It must never push to clients.

mod ids;
pub mod sqlite;
mod states;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

pub use ids::message_uid;
pub use states::{Delivery, GroupReader, Readers, SettingRow, Settings, StateChange, StateRow, States};

/// What every call of a store returns. The request is handed over when the method is called, not when the
/// future is first polled, so calls made one after the other are also carried out in that order.
pub type StoreFuture<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// Why a store could not do it. Nothing was changed then.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The medium failed (disk full, I/O error, locked): trying again later may work.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The database cannot be used at all (damaged, or written by a newer server).
    #[error("the store cannot be opened: {0}")]
    Unusable(String),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

/// A conversation as one of its members names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// Another user, or oneself.
    User(Arc<str>),
    /// A group.
    Group(Arc<str>),
}

impl Target {
    /// The id alone.
    pub fn id(&self) -> &Arc<str> {
        match self {
            Self::User(id) | Self::Group(id) => id,
        }
    }
}

/// A message on its way into the store.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Who sends.
    pub sender: Arc<str>,
    /// The connection it came from, repeated in [`Committed::origin`].
    pub origin: Arc<str>,
    /// The conversation.
    pub target: Target,
    /// Only these members of the group receive it; empty is everybody.
    pub only: Vec<Arc<str>>,
    /// Object name, such as `RC:TxtMsg`.
    pub object_name: Arc<str>,
    /// The content's JSON.
    pub content: Bytes,
    /// The flag bits of the sender.
    pub flags: i32,
    /// Whether it belongs into history and the conversation list.
    pub kept: bool,
    /// The sender's own id of this message: unique per sender, a second one is answered like the first.
    pub client_id: Option<i64>,
    /// The sender has read the conversation up to this time, and says so to the other side.
    pub read_to: Option<i64>,
    /// Whether sending it shows that the sender has read what came before.
    pub answers: bool,
    /// What was attached to it, as the JSON that clients exchange; `None` is nothing.
    pub expansion: Option<Arc<str>>,
    /// Whether the sender's other devices get it too.
    pub echo: bool,
    /// What it does to other messages, in the same transaction.
    pub effect: Effect,
}

/// What storing a message does to messages that are there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Effect {
    /// Nothing.
    #[default]
    Nothing,
    /// Takes a message of the same sender and conversation back: its row becomes this message's content,
    /// and who has not pulled it never will. This message goes to those who had it in their inbox.
    Recall {
        /// Which message.
        uid: Arc<str>,
        /// Messages older than this stay.
        not_before: i64,
    },
    /// Changes what is attached to a message of the same conversation that was sent as expandable.
    Expand {
        /// Which message.
        uid: Arc<str>,
        /// The change.
        change: Expansion,
    },
    /// The sender has read these messages of the group. Refused when all of that is known already.
    GroupRead {
        /// Which messages.
        uids: Vec<Arc<str>>,
    },
}

/// A change of what is attached to a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expansion {
    /// Every key goes first.
    pub clear: bool,
    /// Keys that go.
    pub delete: Vec<String>,
    /// Keys and values that come or change.
    pub put: Vec<(String, String)>,
    /// More keys than this are refused.
    pub most_keys: usize,
}

/// What became of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// It is durable.
    Stored {
        /// The message's uid.
        uid: Arc<str>,
        /// The message's time, ms.
        stamp: i64,
    },
    /// The same sender already sent this client id; nothing new was stored.
    Duplicate {
        /// The first message's uid.
        uid: Arc<str>,
        /// The first message's time, ms.
        stamp: i64,
    },
    /// The sender is not a member of the group.
    NotInGroup,
    /// Its effect is not allowed or finds nothing to work on; nothing was stored.
    Refused,
}

/// A stored message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Globally unique.
    pub uid: Arc<str>,
    /// Who sent it.
    pub sender: Arc<str>,
    /// The conversation as the sender names it.
    pub target: Target,
    /// Object name.
    pub object_name: Arc<str>,
    /// The content's JSON.
    pub content: Bytes,
    /// The flag bits of the sender.
    pub flags: i32,
    /// Its time, ms.
    pub stamp: i64,
    /// The sender's own id.
    pub client_id: Option<i64>,
    /// What is attached to it now, as the JSON that clients exchange.
    pub expansion: Option<Arc<str>>,
}

/// One inbox that a message entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxEntry {
    /// Whose inbox.
    pub user: Arc<str>,
    /// The stamp of the row before it, 0 for the first ever.
    pub previous: i64,
}

/// A message that has just become durable.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The message.
    pub message: Arc<Message>,
    /// The inboxes it entered.
    pub inboxes: Arc<[InboxEntry]>,
    /// Whether the sender's other devices find it in their outbox pull.
    pub echoed: bool,
    /// The connection it came from.
    pub origin: Arc<str>,
}

/// Told of every committed message, on the committing thread, in stamp order. Must not block.
pub trait CommitSink: Send + Sync + 'static {
    /// One message.
    fn committed(&self, committed: Committed);
}

/// What a login learns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The CONNACK time, ms: the user's head is at least this from now on.
    pub time: i64,
    /// Grows with every login on this store: tells which of two connections is the newer.
    pub serial: i64,
    /// The user may not log in.
    pub blocked: bool,
}

/// A pull.
#[derive(Debug, Clone)]
pub struct PullRequest {
    /// Who pulls.
    pub user: Arc<str>,
    /// Inbox rows after this time.
    pub inbox_after: i64,
    /// Own messages after this time.
    pub outbox_after: i64,
    /// At most so many.
    pub limit: u32,
    /// How far back messages are offered at all.
    pub window: Window,
}

/// The time within which messages wait for absent users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Now, ms.
    pub now: i64,
    /// So many days, unless the user has set another number.
    pub days: u32,
}

/// A day in ms.
pub const DAY_MS: i64 = 86_400_000;

impl Window {
    /// What is stamped at or before this time waits no more; `own` is the number of days the user has set.
    pub fn cutoff(&self, own: Option<u32>) -> i64 {
        self.now.saturating_sub(i64::from(own.unwrap_or(self.days)) * DAY_MS)
    }
}

/// What pruning leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Of the inboxes.
    pub window: Window,
    /// How many days the history keeps; `None` is for ever.
    pub history_days: Option<u32>,
}

/// The answer to a pull; all of it from one snapshot.
#[derive(Debug, Clone, Default)]
pub struct PullPage {
    /// Ascending by time.
    pub rows: Vec<PullRow>,
    /// Nothing more waits behind `rows`.
    pub finished: bool,
    /// The user's head: whatever is stored for the user later has a greater time.
    pub head: i64,
    /// The stamp of the newest inbox row, 0 if there never was one.
    pub inbox_last: i64,
}

/// One row of a pull page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRow {
    /// The message.
    pub message: Message,
    /// `true`: from the outbox, the user's own.
    pub own: bool,
}

/// A request for history.
#[derive(Debug, Clone)]
pub struct HistoryRequest {
    /// Who asks.
    pub user: Arc<str>,
    /// Which conversation.
    pub target: Target,
    /// The boundary, ms; 0 with `ascending == false` is the end.
    pub time: i64,
    /// At most so many.
    pub limit: u32,
    /// `true`: the oldest after `time`; `false`: the newest before it.
    pub ascending: bool,
    /// Nothing stamped at or before this time is offered.
    pub kept_after: i64,
}

/// A page of history.
#[derive(Debug, Clone, Default)]
pub struct HistoryPage {
    /// Newest first, whatever was asked.
    pub messages: Vec<Message>,
    /// More in the direction asked for.
    pub more: bool,
}

/// One line of a conversation list.
#[derive(Debug, Clone)]
pub struct ConversationRow {
    /// Which conversation.
    pub target: Target,
    /// Its newest kept message.
    pub last: Message,
    /// The user has read up to here, ms; 0 is never.
    pub read_to: i64,
    /// The peer's devices have the user's messages up to here; 0 is never, and for groups.
    pub peer_delivered_to: i64,
    /// The peer said to have read up to here; 0 is never, and for groups.
    pub peer_read_to: i64,
}

/// Storage of a server, shared by its gateways.
pub trait Store: Send + Sync + 'static {
    /// Notes a login: raises the user's head to the returned time and creates the user if new.
    fn login(&self, user: &str) -> StoreFuture<Login>;
    /// Creates or updates a user's card; `None` leaves a field as it is.
    fn put_user(&self, user: &str, name: Option<&str>, portrait: Option<&str>) -> StoreFuture<()>;
    /// Blocks a user or lets them in again.
    fn set_blocked(&self, user: &str, blocked: bool) -> StoreFuture<()>;

    /// Stamps and stores a message: the stamp is above the heads of everybody concerned and the last stamp
    /// of the conversation, and raises them, in the same transaction.
    fn append(&self, draft: Draft) -> StoreFuture<Appended>;
    /// What waits for a user.
    fn pull(&self, request: PullRequest) -> StoreFuture<PullPage>;
    /// Old messages; `None` when the user is not a member of the group.
    fn history(&self, request: HistoryRequest) -> StoreFuture<Option<HistoryPage>>;
    /// Hides messages up to `until` from the user's own view of the history.
    fn clear_history(&self, user: &str, target: &Target, until: i64) -> StoreFuture<()>;
    /// Removes single messages from the user's own view of the history.
    fn delete_messages(&self, user: &str, uids: Vec<String>) -> StoreFuture<()>;

    /// The newest conversations first, with messages after `kept_after`; `limit` 0 is all.
    fn conversations(&self, user: &str, limit: u32, kept_after: i64) -> StoreFuture<Vec<ConversationRow>>;
    /// Hides a conversation from the list until a newer kept message arrives.
    fn hide_conversation(&self, user: &str, target: &Target) -> StoreFuture<()>;
    /// Raises the user's read mark of a conversation; a smaller one changes nothing, and one in the future
    /// counts as now.
    fn mark_read(&self, user: &str, target: &Target, time: i64) -> StoreFuture<()>;
    /// Raises marks of delivery and returns those that were raised. The one promise that is weaker: they
    /// may be lost when the machine dies.
    fn mark_delivered(&self, deliveries: Vec<Delivery>) -> StoreFuture<Vec<Delivery>>;
    /// Whether a counted message waits that the user has not read.
    fn has_unread(&self, user: &str, window: Window) -> StoreFuture<bool>;

    /// Changes states of conversations; the returned version is greater than every one before.
    fn set_states(&self, user: &str, changes: Vec<StateChange>) -> StoreFuture<i64>;
    /// States of conversations that changed after `after`, each whole.
    fn states(&self, user: &str, after: i64) -> StoreFuture<States>;
    /// One conversation's states.
    fn state(&self, user: &str, kind: i32, target: &str) -> StoreFuture<Option<StateRow>>;
    /// Settings that changed after `after`.
    fn settings(&self, user: &str, after: i64) -> StoreFuture<Settings>;
    /// Sets how many days messages wait for the user, and keeps it as the setting `key`; the returned
    /// version is greater than every one before.
    fn set_offline_days(&self, user: &str, key: &str, days: u32) -> StoreFuture<i64>;

    /// Who sent which of these messages of a group; unknown ones are left out.
    fn authors(&self, group: &str, uids: Vec<String>) -> StoreFuture<Vec<(Arc<str>, Arc<str>)>>;
    /// Who has read a message of the group; `None` if `user` is no member or the message not of it.
    fn readers(&self, user: &str, group: &str, uid: &str) -> StoreFuture<Option<Readers>>;

    /// Creates a group or renames it, and adds users to it.
    fn create_group(&self, group: &str, name: &str, users: Vec<String>) -> StoreFuture<()>;
    /// Adds users; `false` if there is no such group.
    fn join_group(&self, group: &str, users: Vec<String>) -> StoreFuture<bool>;
    /// Removes users; `false` if there is no such group.
    fn quit_group(&self, group: &str, users: Vec<String>) -> StoreFuture<bool>;
    /// The members, sorted; empty if there is no such group.
    fn group_members(&self, group: &str) -> StoreFuture<Vec<Arc<str>>>;

    /// A named value of the installation.
    fn meta(&self, key: &str) -> StoreFuture<Option<String>>;
    /// Sets a named value.
    fn set_meta(&self, key: &str, value: &str) -> StoreFuture<()>;

    /// Forgets what has waited or was kept long enough.
    fn prune(&self, retention: Retention) -> StoreFuture<()>;
    /// The greatest distance so far by which a stamp ran ahead of the clock, and the latest one, in ms.
    fn head_lead(&self) -> HeadLead;
    /// How many transactions were made durable since start; under load many messages share one.
    fn transactions(&self) -> u64;
    /// How many reads and writes were asked for since start.
    fn jobs(&self) -> u64;
}

/// How far stamps run ahead of the wall clock, in ms (0: not at all).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HeadLead {
    /// Of the latest message.
    pub latest: i64,
    /// The greatest since start.
    pub greatest: i64,
}

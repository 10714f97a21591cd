//! What can happen to the actor: requests of the host, what the line says, what the store has done. Plain
//! data; what follows from it is decided in `core`.

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::Result;
use crate::model::{Message, NetworkKind};
use crate::session::{Answer, Cursors, Generation, Outgoing, SendOutcome};
use crate::store::{self, Gone, Signals, StoreError, Stored};
use crate::transport::{ProbeUrl, TransportEvent};
use crate::wire::{Bytes, Topic};

/// Where an answer goes.
pub(crate) type Reply<T> = oneshot::Sender<Result<T>>;

/// A message whose fate is written down.
pub(crate) struct Settled {
    pub(crate) message: Message,
    /// Whether the host does not know it yet.
    pub(crate) news: bool,
}

impl Settled {
    /// Writes the fate of a message down. `None` if there is no such message any more.
    pub(crate) fn write(
        connection: &Connection,
        id: i64,
        outcome: &SendOutcome,
    ) -> std::result::Result<Option<Self>, StoreError> {
        let news = store::is_news(connection, id, outcome)?;
        Ok(store::settle(connection, id, outcome)?.map(|message| Self { message, news }))
    }
}

/// A frame that the host wants answered: a QUERY, or a PUBLISH that is no message.
pub(crate) struct Ask {
    pub(crate) topic: Topic,
    pub(crate) target: String,
    pub(crate) body: Bytes,
    pub(crate) reply: Reply<Answer>,
}

/// What a login needs to know of the user's store.
pub(crate) struct Opened {
    pub(crate) cursors: Cursors,
    pub(crate) outbox: Vec<Outgoing>,
    pub(crate) signals: Signals,
    /// Up to which versions states and settings are known.
    pub(crate) states: i64,
    pub(crate) settings: i64,
}

impl Opened {
    pub(crate) fn read(connection: &Connection, user: &str) -> std::result::Result<Self, StoreError> {
        Ok(Self {
            cursors: store::cursors(connection)?,
            outbox: store::pending(connection)?,
            signals: store::waiting(connection, user)?,
            states: store::settings::number(connection, store::settings::STATES_VERSION)?,
            settings: store::settings::number(connection, store::settings::SETTINGS_VERSION)?,
        })
    }
}

/// What can happen to the actor.
pub(crate) enum Event {
    Ask(Ask),
    Publish(Ask),
    /// Whether anything waits at the server, asked over HTTP.
    HasUnread(Reply<bool>),
    /// These messages are deleted: what of them waits is not sent.
    Removed(Vec<i64>),
    /// Signals may wait in the store.
    SignalsWait,
    SignalsRead {
        user: String,
        result: std::result::Result<Signals, StoreError>,
    },
    /// When the next message destroys itself, ms since 1970.
    DestructAt(Option<i64>),
    Destructed {
        result: std::result::Result<(Gone, Option<i64>), StoreError>,
    },
    /// A part of the account is as the server says; what changed in the store.
    AccountStored {
        part: &'static str,
        result: std::result::Result<Stored, StoreError>,
    },
    Connect {
        token: String,
        reply: Reply<String>,
    },
    Reconnect {
        /// Before the attempts, ms.
        pauses: Vec<u64>,
        /// Asked before each of them.
        probe: Option<ProbeUrl>,
        reply: Reply<String>,
    },
    Foreground(bool),
    Network(NetworkKind),
    /// The host has a token, or none although it was asked.
    Token(Option<String>),
    Disconnect(Reply<()>),
    Logout(Reply<()>),
    SyncNow(Reply<()>),
    AwaitSent {
        message: i64,
        reply: Reply<Message>,
    },
    Cancel {
        message: i64,
        reply: Reply<()>,
    },
    /// A message is durable in the outbox.
    Queued(Outgoing),
    Transport(Generation, TransportEvent),
    /// The logged-in user's inbox and outbox are read.
    Opened {
        login: u64,
        result: std::result::Result<Opened, StoreError>,
    },
    Stored {
        ticket: u64,
        result: std::result::Result<Stored, StoreError>,
    },
    Settled {
        /// Whose message it is: numbers of another user mean other messages.
        user: String,
        message: i64,
        outcome: SendOutcome,
        result: std::result::Result<Option<Settled>, StoreError>,
    },
    /// An attempt is written down, or could not be.
    Noted {
        /// Whose message it is.
        user: String,
        message: i64,
        result: std::result::Result<(), StoreError>,
    },
    Looked {
        message: i64,
        result: std::result::Result<Option<Message>, StoreError>,
    },
    /// Something to start on the actor's thread.
    Run(Box<dyn FnOnce() + Send>),
    /// The store has a new database: what was read of the old one is void.
    Salvaged,
    Care(Care),
    /// The sync that ends by itself may begin: it is connected.
    SyncBegins,
    /// The sync that ends by itself leaves the line, unless the host wants it meanwhile.
    Leave,
    Close,
}

/// What the care of the store asks of the actor.
pub(crate) enum Care {
    Suspend(Reply<()>),
    Resume(Reply<()>),
    Clear(Reply<()>),
    SyncOnce { deadline: u64, token: Option<String>, reply: Reply<super::SyncReport> },
}

//! What can happen to the actor: requests of the host, what the line says, what the store has done. Plain
//! data; what follows from it is decided in `core`.

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::Result;
use crate::model::Message;
use crate::session::{Cursors, Generation, Outgoing, SendOutcome};
use crate::store::{self, StoreError, Stored};
use crate::transport::TransportEvent;

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

/// What can happen to the actor.
pub(crate) enum Event {
    Connect {
        token: String,
        reply: Reply<String>,
    },
    Reconnect(Reply<String>),
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
        result: std::result::Result<(Cursors, Vec<Outgoing>), StoreError>,
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
    Looked {
        message: i64,
        result: std::result::Result<Option<Message>, StoreError>,
    },
    /// Something to start on the actor's thread.
    Run(Box<dyn FnOnce() + Send>),
    Close,
}

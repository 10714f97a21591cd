//! A whole server without threads, sockets or a listener of its own: gateway, service and store are the real ones,
//! run as tasks of the caller's single-threaded runtime in virtual time. For `cargo xtask sim`, never part of what
//! ships. The data outlives [`SimServer::kill`], as a disk does.

mod life;
mod polled;

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use anser::wire::polling::request::HttpRequest;
use axum::extract::ws::Message as WsMessage;
use bytes::Bytes;
use futures_util::{Sink, Stream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

use crate::bus::{Bus, LocalBus};
use crate::config::Config;
use crate::gateway::{self, Gateway, Hello};
use crate::service::Service;
use crate::store::sqlite::SqliteStore;
use crate::store::{CommitSink, Committed, Store, StoreError};

pub use crate::store::Target;
pub(crate) use life::Life;
pub use life::Step;

/// A mistake that a simulation has to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// A client id is not looked at: a retry is a second message.
    NoDedupe,
    /// A message is acknowledged before it is durable.
    AckFirst,
}

/// Hears every committed message before the sessions do.
pub type OnCommit = Box<dyn Fn(&Committed) + Send + Sync>;

struct Heard {
    bus: Arc<LocalBus>,
    on_commit: OnCommit,
    life: Arc<Life>,
}

impl CommitSink for Heard {
    fn committed(&self, committed: Committed) {
        (self.on_commit)(&committed);
        if self.life.survives(Step::Notice) {
            self.bus.committed(committed);
        }
    }
}

/// What survives a server's end.
pub struct Disk {
    config: Config,
    store: Arc<SqliteStore>,
    bus: Arc<LocalBus>,
    life: Arc<Life>,
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Disk")
    }
}

impl Disk {
    /// An empty one. `config.data` is not looked at: it lies in memory. `on_death` hears at which step a server
    /// has ended that was [`SimServer::doom`]ed.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn new(
        config: Config,
        wrong: Option<Wrong>,
        on_commit: OnCommit,
        on_death: Box<dyn Fn(Step) + Send + Sync>,
    ) -> Result<Self, StoreError> {
        let bus = Arc::new(LocalBus::new());
        let life = Arc::new(Life::new(on_death));
        let sink = Arc::new(Heard { bus: bus.clone(), on_commit, life: life.clone() });
        let store = Arc::new(SqliteStore::inline(config.clock.clone(), sink, wrong, life.clone())?);
        Ok(Self { config, store, bus, life })
    }

    /// Time enough has passed for the disk to have what was acknowledged early, see [`Wrong::AckFirst`].
    ///
    /// # Errors
    /// SQLite fails.
    pub fn settle(&self) -> Result<(), StoreError> {
        self.store.end_of_turn(true)
    }

    /// Starts a server on it.
    pub fn start(&self) -> SimServer {
        let (store, bus): (Arc<dyn Store>, Arc<dyn Bus>) = (self.store.clone(), self.bus.clone());
        let service = Service::new(self.config.clone(), store, bus);
        let gateway = Gateway::new(service.clone());
        self.life.set(None);
        let (store, life) = (self.store.clone(), self.life.clone());
        SimServer { gateway, service, store, life, tasks: Mutex::default() }
    }
}

/// Who opens a connection.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The user's token.
    pub token: String,
    /// The installation.
    pub installation: String,
    /// `mobile`, `desktop` or `web`.
    pub platform: String,
    /// Whether it calls itself an Anser client; else it is a web client of 2.5.
    pub anser: bool,
}

/// A running server.
pub struct SimServer {
    gateway: Arc<Gateway>,
    service: Arc<Service>,
    store: Arc<SqliteStore>,
    life: Arc<Life>,
    tasks: Mutex<Vec<AbortHandle>>,
}

impl std::fmt::Debug for SimServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SimServer")
    }
}

impl SimServer {
    /// A token for `user`, who is created if new.
    ///
    /// # Errors
    /// The store fails.
    pub async fn token(&self, user: &str) -> Result<String, StoreError> {
        self.service.issue_token(user, None, None, None).await
    }

    /// Creates a group.
    ///
    /// # Errors
    /// The store fails.
    pub async fn create_group(&self, group: &str, users: &[&str]) -> Result<(), StoreError> {
        let users = users.iter().map(|user| (*user).to_owned()).collect();
        self.service.store.create_group(group, group, users).await
    }

    /// A socket has opened. Frames of the client go into `from`; what the server says goes to `to`, and `None`
    /// when it has closed the socket. Dropping the sender of `from` closes it from the other side.
    pub fn accept(&self, caller: Caller, to: Box<dyn Fn(Option<Bytes>) + Send>) -> UnboundedSender<Bytes> {
        let (from, frames) = unbounded_channel();
        let hello = Hello {
            app_id: self.service.config.app_key.clone(),
            token: caller.token,
            api_ver: if caller.anser { "1" } else { "481516" }.to_owned(),
            pid: caller.installation,
            platform: caller.platform,
            client: if caller.anser { "anser/sim" } else { "" }.to_owned(),
        };
        let gateway = self.gateway.clone();
        let socket = Pipe { frames, to, life: self.life.clone() };
        self.spawn(async move {
            let _running = gateway.running();
            gateway::welcome(&gateway, hello, socket).await;
        });
        from
    }

    /// A request of a polling client has come in; the body of its answer goes to `to`. Aborting the task is the
    /// end of its connection from the other side.
    pub fn ask(&self, request: HttpRequest, to: Box<dyn FnOnce(Bytes) + Send>) -> AbortHandle {
        let (gateway, life) = (self.gateway.clone(), self.life.clone());
        self.spawn(async move {
            let body = polled::answer(gateway, request).await;
            if let Some(body) = body.filter(|_| life.survives(Step::Leave)) {
                to(body);
            }
        })
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let task = tokio::spawn(task).abort_handle();
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task.clone());
        task
    }

    /// Its process ends in the middle of its work, at the step of this number from now on; `None`: it does not.
    /// Nothing of it reaches disk or line then, and it is to be [killed](Self::kill) for good.
    pub fn doom(&self, steps: Option<u64>) {
        if self.life.goes_on() {
            self.life.set(steps.map(|steps| steps.max(1)));
        }
    }

    /// Ends it at once, without a word.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn kill(self) -> Result<(), StoreError> {
        self.life.set(Some(0));
        self.gateway.kill();
        for task in self.tasks.into_inner().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
        self.store.end_of_turn(false)
    }
}

/// The server's end of a socket.
struct Pipe {
    frames: UnboundedReceiver<Bytes>,
    to: Box<dyn Fn(Option<Bytes>) + Send>,
    life: Arc<Life>,
}

impl Drop for Pipe {
    fn drop(&mut self) {
        if self.life.goes_on() {
            (self.to)(None);
        }
    }
}

impl Stream for Pipe {
    type Item = Result<WsMessage, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.frames.poll_recv(context).map(|frame| frame.map(|bytes| Ok(WsMessage::Binary(bytes))))
    }
}

impl Sink<WsMessage> for Pipe {
    type Error = axum::Error;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, message: WsMessage) -> Result<(), axum::Error> {
        if let WsMessage::Binary(bytes) = message
            && self.life.survives(Step::Leave)
        {
            (self.to)(Some(bytes));
        }
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        Poll::Ready(Ok(()))
    }
}

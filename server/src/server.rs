//! Starting and stopping: puts store, bus, service, gateway and HTTP together on the caller's runtime, as
//! the binary does and as tests do inside their own process.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::bus::{Bus, LocalBus};
use crate::config::{Config, ConfigError};
use crate::gateway::Gateway;
use crate::http;
use crate::service::Service;
use crate::store::sqlite::SqliteStore;
use crate::store::{HeadLead, Store, StoreError};

/// How often expired offline messages are looked for.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// How often and with which pause an occupied port is tried again.
const BIND_RETRIES: u32 = 10;
const BIND_PAUSE: Duration = Duration::from_millis(30);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration makes no sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store does not open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What several gateways share.
#[derive(Clone)]
pub struct Parts {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The bus that the store's commits are told on.
    pub bus: Arc<dyn Bus>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Parts")
    }
}

impl Parts {
    /// The embedded store that `config` names, and a bus inside this process.
    pub fn open(config: &Config) -> Result<Self, StoreError> {
        let bus = Arc::new(LocalBus::new());
        let store = SqliteStore::open(config.data.as_deref(), config.clock.clone(), bus.clone())?;
        Ok(Self { store: Arc::new(store), bus })
    }
}

/// Starts servers; see [`Server::start`].
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Starts a server with a store and a bus of its own, as tasks of the current tokio runtime.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        config.check()?;
        let parts = Parts::open(&config)?;
        Self::start_with(config, parts).await
    }

    /// Starts a gateway on parts that others may use as well. Two gateways need the same app secret.
    pub async fn start_with(config: Config, parts: Parts) -> Result<Running, StartError> {
        config.check()?;
        let address = config.bind;
        let bind = |source| StartError::Bind { address, source };
        let listener = listen(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let service = Service::new(config, parts.store.clone(), parts.bus.clone());
        let gateway = Gateway::new(service.clone());
        let (stop, mut stopping) = watch::channel(false);

        let router = http::router(gateway.clone());
        let listener = listener.tap_io(|stream| {
            // Frames are small and answers are awaited.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY");
            }
        });
        let serve = tokio::spawn(async move {
            let stopped = async move {
                // Ends as well when the handle is gone.
                let _ = stopping.wait_for(|stop| *stop).await;
            };
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, "the listener failed");
            }
        });
        let prune = tokio::spawn(prune(service.clone()));
        tracing::info!(%address, "listening");
        let tasks = std::sync::Mutex::new(vec![serve, prune]);
        Ok(Running { addresses: vec![address], gateway, service, parts, stop, tasks })
    }
}

/// Binds; a port that a server of this process has just left may take a moment to be free.
async fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    for _ in 0..BIND_RETRIES {
        match TcpListener::bind(address).await {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
            bound => return bound,
        }
        tokio::time::sleep(BIND_PAUSE).await;
    }
    TcpListener::bind(address).await
}

async fn prune(service: Arc<Service>) {
    let mut interval = tokio::time::interval(PRUNE_EVERY);
    loop {
        interval.tick().await;
        if let Err(error) = service.purge().await {
            tracing::error!(%error, "pruning failed");
        }
    }
}

/// What a server shows to an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metrics {
    /// Logged-in connections of this gateway.
    pub sessions: usize,
    /// How far message times run ahead of the clock.
    pub head_lead: HeadLead,
    /// Durable transactions of the store; many messages share one under load.
    pub transactions: u64,
    /// Reads and writes that the store was asked for. It stands still while everybody is silent.
    pub jobs: u64,
}

/// A running server. Dropping it stops the listener and drops the connections; [`Running::shutdown`] says
/// goodbye first.
pub struct Running {
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
    gateway: Arc<Gateway>,
    service: Arc<Service>,
    parts: Parts,
    stop: watch::Sender<bool>,
    tasks: std::sync::Mutex<Vec<JoinHandle<()>>>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

impl Running {
    /// `host:port` of the listener.
    pub fn address(&self) -> String {
        self.addresses.first().map(ToString::to_string).unwrap_or_default()
    }

    /// What clients are given as navigation: `http://host:port`.
    pub fn navi_url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The app key that clients must name.
    pub fn app_key(&self) -> &str {
        &self.service.config.app_key
    }

    /// The secret that signs API requests.
    pub fn app_secret(&self) -> &str {
        &self.service.config.app_secret
    }

    /// The store and the bus, for another gateway on them.
    pub fn parts(&self) -> Parts {
        self.parts.clone()
    }

    /// A token for `user`, who is created if new. It does not expire.
    pub async fn token(&self, user: &str) -> Result<String, StoreError> {
        self.service.issue_token(user, None, None, None).await
    }

    /// A token that is refused as expired from `expires` (ms since 1970) on.
    pub async fn token_until(&self, user: &str, expires: i64) -> Result<String, StoreError> {
        self.service.issue_token(user, None, None, Some(expires)).await
    }

    /// Creates a group or adds users to it, as the API does.
    pub async fn create_group(&self, group: &str, name: &str, users: &[&str]) -> Result<(), StoreError> {
        let users = users.iter().map(|user| (*user).to_owned()).collect();
        self.parts.store.create_group(group, name, users).await
    }

    /// Blocks a user (connections end with DISCONNECT 2, logins are refused with CONNACK 9) or ends a block.
    pub async fn set_blocked(&self, user: &str, blocked: bool) -> Result<(), StoreError> {
        self.service.set_blocked(user, blocked).await
    }

    /// Forgets what has waited or was kept long enough now, not only at the next full hour.
    pub async fn purge(&self) -> Result<(), StoreError> {
        self.service.purge().await
    }

    /// Figures of this moment.
    pub fn metrics(&self) -> Metrics {
        let store = &self.parts.store;
        Metrics {
            sessions: self.gateway.sessions(),
            head_lead: store.head_lead(),
            transactions: store.transactions(),
            jobs: store.jobs(),
        }
    }

    /// Refuses new logins with CONNACK 3 and leaves those who are here alone, before a planned shutdown.
    pub fn drain(&self) {
        self.gateway.drain();
    }

    /// Whether [`Running::drain`] or a shutdown was called.
    pub fn is_draining(&self) -> bool {
        self.gateway.is_draining()
    }

    /// Says DISCONNECT 3 to everybody, gives them a moment to close, closes, and frees the port. Calling it
    /// again does nothing more.
    pub async fn shutdown(&self) {
        self.gateway.shutdown().await;
        self.stop.send_replace(true);
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let mut tasks = tasks.into_iter();
        if let Some(serve) = tasks.next() {
            // An HTTP client that keeps a request open must not hold up the end.
            let abort = serve.abort_handle();
            if tokio::time::timeout(self.service.config.linger, serve).await.is_err() {
                abort.abort();
            }
        }
        tasks.for_each(|task| task.abort());
    }

    /// Drops the listener and every socket at once, without a word, as if the machine had died. What was
    /// acknowledged is in the store.
    pub fn kill(&self) {
        self.gateway.kill();
        self.stop.send_replace(true);
        for task in self.tasks.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

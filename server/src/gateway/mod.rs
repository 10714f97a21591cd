//! Connections: who is here, what reaches them, how they end. One connection is one task. The gateway calls
//! the service and hears the bus; rules about messages are not decided here.

mod admission;
mod carrier;
mod confirm;
mod connection;
mod polling;
mod push;
mod registry;
mod websocket;

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::{Notify, mpsc, watch};

use crate::bus::{Event, Opened, PlatformClass, Subscription};
use crate::service::{Family, Peer, Service};
pub(crate) use admission::Hello;
use connection::Session;
use registry::{Close, Handle, Registry};

#[cfg(feature = "sim")]
pub(crate) use polling::connect as greet;
pub(crate) use polling::{hold, send};
#[cfg(feature = "sim")]
pub(crate) use websocket::welcome;

/// See the module.
pub(crate) struct Gateway {
    pub(crate) service: Arc<Service>,
    registry: Arc<Registry>,
    polling: Arc<polling::Sessions>,
    /// Dropped at the end, so that a bus shared with other gateways forgets this one.
    subscription: RwLock<Option<Subscription>>,
}

/// `GET /websocket`: a WebSocket where one is asked for, the first request of a polling client otherwise.
pub(crate) async fn connect(
    State(gateway): State<Arc<Gateway>>,
    Query(hello): Query<Hello>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    // A proxy that eats the upgrade leaves the key: its client must not log in without knowing it.
    let wanted = headers.contains_key(header::UPGRADE) || headers.contains_key(header::SEC_WEBSOCKET_KEY);
    match upgrade {
        Ok(upgrade) => websocket::upgrade(gateway, hello, upgrade),
        Err(rejection) if wanted => rejection.into_response(),
        Err(_) => polling::connect(gateway, hello).await,
    }
}

/// Counts a running connection until dropped.
pub(crate) struct Running(Arc<Registry>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.send_modify(|running| *running -= 1);
    }
}

impl Gateway {
    pub(crate) fn new(service: Arc<Service>) -> Arc<Self> {
        let registry = Arc::new(Registry::new(service.config.multi_device));
        let heard = registry.clone();
        let subscription = service.bus.subscribe(Arc::new(move |event: &Event| heard.on_event(event)));
        let (polling, subscription) = (Arc::default(), RwLock::new(Some(subscription)));
        Arc::new(Self { service, registry, polling, subscription })
    }

    pub(crate) fn running(&self) -> Running {
        self.registry.running.send_modify(|running| *running += 1);
        Running(self.registry.clone())
    }

    /// Registers an accepted login and lets older ones know.
    fn open(
        self: &Arc<Self>,
        user: Arc<str>,
        family: Family,
        installation: Option<Arc<str>>,
        class: PlatformClass,
        serial: i64,
    ) -> Session {
        let (mailbox, events) = mpsc::channel(registry::MAILBOX);
        let (close, closed) = watch::channel(None);
        let session = self.service.new_session_id();
        let handle = Arc::new(Handle {
            user: user.clone(),
            session: session.clone(),
            serial,
            installation: installation.clone(),
            class,
            mailbox,
            close,
            missed: Mutex::default(),
            missed_some: Notify::new(),
        });
        self.registry.add(handle.clone());
        self.service.bus.publish(Event::Opened(Opened {
            user: user.clone(),
            session: session.clone(),
            serial,
            installation,
            class,
        }));
        tracing::info!(%user, %session, ?family, ?class, "logged in");
        let guard = connection::Registered { registry: self.registry.clone(), handle };
        Session { peer: Peer { user, session, family }, events, closed, guard }
    }

    /// Sessions that are logged in here.
    pub(crate) fn sessions(&self) -> usize {
        self.registry.sessions()
    }

    /// New logins are refused with CONNACK 3 from now on.
    pub(crate) fn drain(&self) {
        self.registry.drain();
    }

    /// Whether it drains.
    pub(crate) fn is_draining(&self) -> bool {
        self.registry.is_draining()
    }

    /// Says goodbye to everybody and waits until the last connection is gone.
    pub(crate) async fn shutdown(&self) {
        self.registry.close_all(Close::ShuttingDown(0));
        let mut running = self.registry.running.subscribe();
        // Fails only when the sender is gone, and the registry holds it.
        let _ = running.wait_for(|running| *running == 0).await;
        self.forget_bus();
    }

    /// Drops every connection without a word.
    pub(crate) fn kill(&self) {
        self.registry.close_all(Close::Killed);
        self.forget_bus();
    }

    fn forget_bus(&self) {
        self.subscription.write().unwrap_or_else(PoisonError::into_inner).take();
    }
}

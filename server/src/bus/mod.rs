//! The doorbell between gateways: what has just happened that connected people may want to know. Events may
//! be lost (clients pull on connect and every few minutes anyway), so a bus needs no durability, and nothing
//! may rely on an event for correctness. In-process here; a network bus implements the same trait.

mod local;

use std::sync::Arc;

use bytes::Bytes;

use crate::store::{Committed, Target};

pub use local::LocalBus;

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A message became durable. Always in stamp order for one user.
    Committed(Committed),
    /// A status message: for those who are connected now, never stored.
    Live(Arc<Live>),
    /// A connection was accepted; older ones of the same kind give way.
    Opened(Opened),
    /// A user was blocked: their connections end.
    Blocked(Arc<str>),
    /// A user changed something that the user's other devices keep too.
    Changed(Changed),
}

/// What other devices of a user should ask for again.
#[derive(Debug, Clone)]
pub struct Changed {
    /// Who.
    pub user: Arc<str>,
    /// The connection that changed it: it knows already.
    pub origin: Arc<str>,
    /// What, with its new version.
    pub what: Change,
}

/// A part of what a user's devices share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Mute and top of conversations.
    States(i64),
    /// Settings.
    Settings(i64),
}

/// A message outside every inbox.
#[derive(Debug, Clone)]
pub struct Live {
    /// A fresh uid.
    pub uid: Arc<str>,
    /// Who sends.
    pub sender: Arc<str>,
    /// The connection it came from: it does not get its own message back.
    pub origin: Arc<str>,
    /// The conversation as the sender names it.
    pub target: Target,
    /// Who shall see it.
    pub to: Vec<Arc<str>>,
    /// The publish topic it came with.
    pub topic: Arc<str>,
    /// Object name.
    pub object_name: Arc<str>,
    /// The content's JSON.
    pub content: Bytes,
    /// The flag bits of the sender.
    pub flags: i32,
}

/// Devices of one class take each other's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlatformClass {
    /// Browsers.
    Web,
    /// Phones and tablets.
    Mobile,
    /// Desktop programs.
    Desktop,
}

/// A login, as other connections of the same user need to know it.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Who.
    pub user: Arc<str>,
    /// The new connection's id.
    pub session: Arc<str>,
    /// Of two connections the one with the greater serial stays.
    pub serial: i64,
    /// The installation, if it named itself.
    pub installation: Option<Arc<str>>,
    /// The platform class.
    pub class: PlatformClass,
}

/// Receives events; must not block.
pub type Subscriber = Arc<dyn Fn(&Event) + Send + Sync>;

/// Carries events to every gateway, the sending one included.
pub trait Bus: Send + Sync + 'static {
    /// Hands an event to every subscriber. Events of one caller arrive in order, or not at all.
    fn publish(&self, event: Event);
    /// Adds a subscriber until the returned guard is dropped.
    fn subscribe(&self, subscriber: Subscriber) -> Subscription;
}

/// Ends a subscription when dropped.
pub struct Subscription {
    end: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl Subscription {
    /// A subscription that `end` takes back.
    pub fn new(end: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self { end: Some(Box::new(end)) }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            end();
        }
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Subscription")
    }
}

//! Bytes in and out: navigation, one connector for TCP and TLS, and what runs over it. Reports what
//! happens and decides nothing about the protocol; frames pass through as they are.
//!
//! A [`Transport`] opens one [`Line`] at a time for each generation the session counts. A line is a WebSocket
//! or polls; one that needs no heartbeat says so when it opens, and one that polls may become a WebSocket.

mod address;
mod connector;
mod contest;
mod download;
mod gathered;
mod http;
mod navigation;
mod net;
mod polling;
mod proxy;
mod race;
mod servers;
mod signs;
#[cfg(feature = "sim")]
pub mod simulated;
mod standing;
mod trust;
mod websocket;

use std::sync::Arc;

use crate::model::{ConnectionChannel, ConnectionStatus, ErrorCode, NavigationInfo, NetworkKind};
use crate::session::{Generation, Millis};
use crate::wire::{DownFrame, UpFrame};

pub use address::ProbeUrl;
pub use connector::{Dialer, Route};
pub use download::{FileStream, Resume, is_file_url, open_file};
pub use navigation::Navigation;
pub use net::NetTransport;
pub use servers::Experience;

/// Where a transport reports to; called on the thread that drives it.
pub type Events = Arc<dyn Fn(Generation, TransportEvent) + Send + Sync>;

/// What a transport reports. After `Lost` nothing more of that generation follows.
#[derive(Debug)]
pub enum TransportEvent {
    /// Navigation is this far.
    Navigation(ConnectionStatus),
    /// The line is open; the server speaks first.
    Opened(Opened),
    /// The line goes on over another channel, under a new login whose CONNACK follows. Nothing was under way.
    Upgraded(Opened),
    /// A frame arrived.
    Frame(DownFrame),
    /// Something arrived that is no frame.
    Garbage,
    /// What navigation says, before the line opens that it led to.
    Navigated(Arc<NavigationInfo>),
    /// Before `Lost`: a server names a pause before the next attempt, in ms.
    RetryAfter(Millis),
    /// Before `Lost`: a server is there and takes nobody, so that all its clients will come again.
    Down,
    /// It could not be opened, or has gone.
    Lost(ErrorCode),
}

/// An open line.
#[derive(Debug, Clone, Copy)]
pub struct Opened {
    /// How the bytes travel.
    pub channel: ConnectionChannel,
    /// Whether heartbeats keep it alive.
    pub heartbeat: bool,
    /// Whether the server stores a message once per client id.
    pub dedupe: bool,
    /// Whether the server keeps a history.
    pub history: bool,
}

/// How a line is to be opened.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// Navigation is asked past any cache.
    pub fresh_navigation: bool,
    /// What the device is connected by, if the host has said so: what works there is remembered for it.
    pub network: Option<NetworkKind>,
    /// Asked first: only if something answers there the attempt is made.
    pub probe: Option<ProbeUrl>,
}

/// Where the answer goes whether anything waits.
pub type UnreadAnswer = Box<dyn FnOnce(Result<bool, ErrorCode>) + Send>;

/// Opens lines.
pub trait Transport: Send + Sync {
    /// Starts to open a line for `generation` and returns at once; exactly one of `Opened` and `Lost`
    /// follows.
    fn open(&self, generation: Generation, how: Opening, events: Events) -> Box<dyn Line>;

    /// Asks over HTTP whether anything waits at the server; `done` is called once, now or later.
    fn has_unread(&self, done: UnreadAnswer);
}

/// A line, open or opening. Dropping it closes it.
pub trait Line: Send {
    /// Sends a frame; frames arrive in order or not at all.
    fn send(&self, frame: UpFrame);
}

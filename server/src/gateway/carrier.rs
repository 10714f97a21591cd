//! What carries frames between one peer and its connection: a WebSocket, or polling requests. A carrier moves
//! frames and knows when its peer is gone; what frames mean is the connection's matter.

use std::time::Duration;

use anser::wire::{DownFrame, UpFrame};

use super::registry::Close;

/// What came from the peer.
pub(super) enum Incoming {
    /// A frame.
    Frame(UpFrame),
    /// Only a sign of life.
    Life,
}

/// Why a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// The peer left.
    Peer,
    /// The peer sent what is no frame.
    Malformed(String),
    /// Nothing came for too long.
    Silent,
    /// A write stalled for too long, or too much waited to be fetched.
    Slow,
    /// The carrier failed.
    Broken,
    /// Somebody decided it.
    Told(Close),
}

/// See the module.
pub(super) trait Carrier: Send {
    /// How long the peer may be silent.
    fn patience(&self) -> Duration;

    /// The next thing from the peer. Dropping the future loses nothing.
    fn read(&mut self) -> impl Future<Output = Result<Incoming, End>> + Send;

    /// Takes frames down, in order, and leaves the list empty.
    fn write(&mut self, frames: &mut Vec<DownFrame>) -> impl Future<Output = Result<(), End>> + Send;

    /// The end: says this DISCONNECT, or nothing at all, and lets go of the peer.
    fn part(self, last: Option<DownFrame>) -> impl Future<Output = ()> + Send;
}

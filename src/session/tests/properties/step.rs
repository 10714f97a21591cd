//! What can happen to a session. Included by the fuzzer in fuzz/, too.

use super::*;

/// Conversations that messages go to: more than the window.
pub(super) const PEERS: usize = 80;

/// What happens next; numbers choose among what there is at that moment.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Connect,
    Reconnect {
        pauses: Vec<u64>,
    },
    Disconnect,
    Forget,
    Foreground(bool),
    Network(NetworkKind),
    Woke,
    Token {
        renewed: bool,
    },
    RetryAfter {
        back: u64,
        pause: u64,
    },
    ServiceDown {
        back: u64,
    },
    /// The clock goes back.
    Back {
        by: u64,
    },
    Navigation,
    Opened {
        back: u64,
        heartbeat: bool,
    },
    Lost {
        back: u64,
        code: i32,
    },
    Frame {
        back: u64,
        frame: DownFrame,
    },
    Bytes {
        back: u64,
        bytes: Vec<u8>,
    },
    StoreReady {
        inbox: i64,
        outbox: usize,
    },
    StoreUnavailable,
    Stored {
        which: usize,
    },
    StoreFailed {
        which: usize,
    },
    WrongTicket {
        ticket: u64,
    },
    Send {
        peer: usize,
    },
    Cancel {
        which: usize,
    },
    Request {
        topic: usize,
        qos: bool,
    },
    SyncNow,
    Tick {
        after: u64,
    },
    /// The way in, so that most runs see a living line.
    Login {
        heartbeat: bool,
    },
    /// The right answer to a pull on its way.
    Page {
        time: i64,
        finished: bool,
    },
    /// The right answer to a message on its way.
    Ack {
        which: usize,
        status: u16,
    },
}

//! The protocol as a machine without I/O: what arrives goes in as [`Input`], what is to be done comes out
//! as [`Action`], time is an argument. Every protocol decision lives here, so that a simulation can drive
//! clients and servers by seed; nothing here opens sockets, touches a database or reads a clock.
//!
//! ```text
//! host request ─┐                     ┌─▶ open, close transport · send frame
//! frame ────────┼─▶ Session::handle ──┼─▶ store a batch · a sent message's fate
//! tick, stored ─┘   Session::poll     └─▶ status · answer to a request
//! ```

pub mod answer;
mod connection;
mod doubt;
mod inbound;
mod line;
mod pull;
mod reconnect;
mod requests;
mod rooms;
mod sender;
mod steady;

use std::collections::VecDeque;

use bytes::Bytes;

use crate::model::{ConnectionStatus, ErrorCode, NetworkKind};
use crate::timing;
use crate::wire::{DownFrame, Qos, Topic, UpFrame};

pub use answer::{Answer, ListedConversation};
use connection::Connection;
pub use inbound::Incoming;
use inbound::SyncCopies;
pub use pull::Cursors;
use pull::Pull;
use requests::Requests;
use rooms::Rooms;
use sender::Sender;
pub use sender::{Outgoing, SendOutcome, Tried};
use steady::Steady;

/// Milliseconds of a monotonic clock.
pub type Millis = u64;

/// Counts transports. What an older one still says is ignored.
pub type Generation = u64;

/// What can happen to a session.
#[derive(Debug)]
pub enum Input {
    /// The host wants to be connected.
    Connect,
    /// The host wants to be connected, with these pauses before the attempts; [`Input::Connect`] if there are
    /// none.
    Reconnect {
        /// In milliseconds.
        pauses: Vec<Millis>,
    },
    /// The host wants to be disconnected.
    Disconnect,
    /// What counted against the present user is forgotten: another one may come.
    Forget,
    /// Whether anybody looks at the app.
    Foreground(bool),
    /// The device is on another network, or on none.
    Network(NetworkKind),
    /// The device slept or its clock was set.
    Woke,
    /// What the host answers to [`Action::AskToken`]: whether the transport has a new token now.
    TokenAnswered {
        /// `false`: there is none.
        renewed: bool,
    },
    /// A pause before the next attempt is asked for over HTTP, which holds on this network; said before the
    /// transport is lost.
    RetryAfter {
        /// On which transport.
        generation: Generation,
        /// In milliseconds.
        pause: Millis,
    },
    /// A server is there and takes nobody, so that all its clients will come again; said before the transport is
    /// lost.
    ServiceDown {
        /// On which transport.
        generation: Generation,
    },
    /// Navigation reports how far it is; shown as a status and otherwise without effect.
    Navigation(ConnectionStatus),
    /// The transport that was asked for is open; the server speaks first.
    TransportOpened {
        /// Which one.
        generation: Generation,
        /// Whether heartbeats keep it alive (long polling keeps itself alive).
        heartbeat: bool,
        /// Whether the server stores a message once however often it is sent.
        dedupe: bool,
    },
    /// The transport goes on over another channel, under a new login of the same user. Its CONNACK follows;
    /// nothing was under way on the old channel.
    TransportUpgraded {
        /// Which one.
        generation: Generation,
        /// Whether heartbeats keep it alive from now on.
        heartbeat: bool,
    },
    /// The transport could not be opened, or has gone.
    TransportLost {
        /// Which one.
        generation: Generation,
        /// Why.
        code: ErrorCode,
    },
    /// A frame arrived.
    Frame {
        /// On which transport.
        generation: Generation,
        /// The frame.
        frame: DownFrame,
    },
    /// Something arrived that is no frame.
    Garbage {
        /// On which transport.
        generation: Generation,
    },
    /// The logged-in user's store is open: what it knows of the inbox, and what waits to be sent, oldest
    /// first. Answers [`Action::LoggedIn`].
    StoreReady {
        /// Where the inbox stands.
        cursors: Cursors,
        /// The outbox.
        outbox: Vec<Outgoing>,
    },
    /// The logged-in user's store cannot be opened.
    StoreUnavailable(ErrorCode),
    /// A batch is committed.
    Stored {
        /// Which one.
        ticket: u64,
    },
    /// A batch could not be committed; nothing of it is stored.
    StoreFailed {
        /// Which one.
        ticket: u64,
    },
    /// A message is durable in the outbox and wants to go.
    Send(Outgoing),
    /// The host no longer wants a message to be sent that is not on its way.
    Cancel {
        /// Its local id.
        message: i64,
    },
    /// Answers [`Action::NoteAttempt`].
    Noted {
        /// The message's local id.
        message: i64,
        /// Whether it is written down.
        stored: bool,
    },
    /// What the server has brought says that it has this own message: it does not go again. Said before the
    /// batch that says so is told to be stored.
    Found {
        /// Its local id.
        message: i64,
    },
    /// A request of the host.
    Request(Request),
    /// A PUBLISH of the host that is no message: one attempt, kept nowhere.
    Publish {
        /// The host's number for it.
        id: u64,
        /// Under which topic.
        topic: Topic,
        /// The target in the frame.
        target: String,
        /// The encoded `UpstreamMessage`.
        body: Bytes,
    },
    /// The host wants the inbox pulled now.
    SyncNow,
    /// Nothing happened but time.
    Tick,
}

/// A QUERY of the host.
#[derive(Debug)]
pub struct Request {
    /// The host's number for it.
    pub id: u64,
    /// What is asked.
    pub topic: Topic,
    /// What or whom it is about.
    pub target: String,
    /// The encoded request.
    pub body: Bytes,
    /// 1 where the answer is confirmed.
    pub qos: Qos,
}

/// What a session wants done.
#[derive(Debug)]
pub enum Action {
    /// Open a transport. Exactly one of `TransportOpened` and `TransportLost` answers.
    OpenTransport {
        /// Its number.
        generation: Generation,
        /// Whether navigation must be asked anew, past any cache.
        fresh_navigation: bool,
    },
    /// Close a transport; it need not report back.
    CloseTransport {
        /// Its number.
        generation: Generation,
    },
    /// Send a frame.
    SendFrame {
        /// On which transport.
        generation: Generation,
        /// The frame.
        frame: UpFrame,
    },
    /// The connection's status changed.
    Status(ConnectionStatus, ErrorCode),
    /// The server refuses the token with this code. `TokenAnswered` answers.
    AskToken {
        /// 31004 or 31020.
        code: ErrorCode,
    },
    /// The server accepted the connection. `StoreReady` or `StoreUnavailable` answers.
    LoggedIn {
        /// Who the token belongs to.
        user_id: String,
        /// Server time, ms since 1970.
        server_time: u64,
    },
    /// What became of [`Input::Connect`]; exactly once each.
    ConnectDone(Result<String, ErrorCode>),
    /// Commit this in one transaction. `Stored` or `StoreFailed` answers.
    Store(Batch),
    /// What became of a message.
    SendDone {
        /// Its local id.
        message: i64,
        /// Its fate.
        outcome: SendOutcome,
    },
    /// Write down that a message is about to be sent for the first time. `Noted` answers.
    NoteAttempt {
        /// Its local id.
        message: i64,
        /// From which server time on it may be stored there, ms since 1970.
        since: i64,
    },
    /// What became of a request; exactly once each.
    Resolve {
        /// The host's number for it.
        id: u64,
        /// The answer, or why there is none.
        result: Result<Answer, ErrorCode>,
    },
    /// The inbox is stored up to its end for the first time since the login.
    InboxEnd,
    /// Another device has changed something of the account that is asked for, not pushed.
    Account(AccountPart),
    /// Messages outside every inbox (typing and the like): told to the host, stored nowhere.
    Presence(Answer),
    /// What became of [`Input::SyncNow`]: the inbox is pulled to its end, or it could not be.
    SyncDone(Result<(), ErrorCode>),
}

/// What of the account changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountPart {
    /// Which conversations are muted or on top.
    States,
    /// Settings.
    Settings,
}

/// Messages and the cursors that cover them: committed together or not at all.
#[derive(Debug)]
pub struct Batch {
    /// Comes back with the result.
    pub ticket: u64,
    /// The messages.
    pub messages: Vec<Incoming>,
    /// Where the inbox stands afterwards, if this batch moves it: from where, to where. The store
    /// refuses a move that does not start at or before what it has committed.
    pub moves: Option<(Cursors, Cursors)>,
    /// Server time of the login, ms: what the server keeps for a while only is counted back from it.
    pub connack_time: i64,
}

/// The protocol machine of one client.
#[derive(Debug)]
pub struct Session {
    connection: Connection,
    requests: Requests,
    pull: Pull,
    sender: Sender,
    copies: SyncCopies,
    rooms: Rooms,
    actions: VecDeque<Action>,
    next_ticket: u64,
    steady: Steady,
}

impl Session {
    /// A session at rest. `seed` drives the jitter of reconnecting.
    pub fn new(seed: u64) -> Self {
        Self {
            connection: Connection::new(seed),
            requests: Requests::default(),
            pull: Pull::default(),
            sender: Sender::default(),
            copies: SyncCopies::default(),
            rooms: Rooms::default(),
            actions: VecDeque::new(),
            next_ticket: 1,
            steady: Steady::default(),
        }
    }

    /// Sets the time between two heartbeats in the foreground.
    #[must_use]
    pub fn with_heartbeat(mut self, interval: Millis) -> Self {
        self.connection.interval = interval.clamp(timing::PING_FLOOR, timing::BACKGROUND_PING_INTERVAL);
        self
    }

    /// The present status.
    pub fn status(&self) -> ConnectionStatus {
        self.connection.status()
    }

    /// Where the inbox stands in memory: ahead of the store by the batches that it has not answered.
    pub fn cursors(&self) -> Cursors {
        self.pull.ahead()
    }

    /// Whether requests can be made.
    pub fn is_online(&self) -> bool {
        self.connection.is_online()
    }

    /// Whether nothing is wanted of the line: it neither stands nor is tried for.
    pub fn is_idle(&self) -> bool {
        self.connection.is_idle()
    }

    /// The logged-in user; kept after the connection is lost.
    pub fn user_id(&self) -> Option<&str> {
        self.connection.user_id()
    }

    /// What to do next, in order; `None` when there is nothing left.
    pub fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When [`Input::Tick`] is due at the latest.
    pub fn next_deadline(&self) -> Option<Millis> {
        [
            self.connection.next_deadline(),
            self.requests.next_deadline(),
            self.pull.next_deadline(),
            self.sender.next_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
        .map(|due| self.steady.outside(due))
    }

    /// Takes in what happened at `now`. Any input in any order is taken; what makes no sense is ignored.
    pub fn handle(&mut self, input: Input, now: Millis) {
        let now = self.steady.inside(now);
        match input {
            Input::Connect => self.connect(),
            Input::Reconnect { pauses } => self.reconnect(pauses, now),
            Input::Disconnect => self.disconnect(),
            Input::Forget => self.forget(),
            Input::Foreground(foreground) => self.set_foreground(foreground, now),
            Input::Network(kind) => self.network_changed(kind, now),
            Input::Woke => self.woke(now),
            Input::TokenAnswered { renewed } => self.token_answered(renewed),
            Input::RetryAfter { generation, pause } => self.retry_after(generation, pause, now),
            Input::ServiceDown { generation } => self.service_down(generation),
            Input::Navigation(status) => self.navigation(status),
            Input::TransportOpened { generation, heartbeat, dedupe } => {
                self.opened(generation, heartbeat, dedupe, now);
            }
            Input::TransportUpgraded { generation, heartbeat } => self.upgraded(generation, heartbeat),
            Input::TransportLost { generation, code } => self.lost(generation, code, now),
            Input::Frame { generation, frame } if self.connection.is_current(generation) => {
                self.frame(frame, now);
            }
            Input::Garbage { generation } if self.connection.is_current(generation) => {
                self.fail_transport(ErrorCode::RC_MSG_DATA_INCOMPLETE, now);
            }
            Input::Frame { .. } | Input::Garbage { .. } => {}
            Input::StoreReady { cursors, outbox } => self.store_ready(cursors, outbox, now),
            Input::StoreUnavailable(code) => self.store_unavailable(code),
            Input::Stored { ticket } => self.stored(ticket, now),
            Input::StoreFailed { ticket } => self.store_failed(ticket, now),
            Input::Send(outgoing) => self.sender.push(outgoing),
            Input::Cancel { message } => self.sender.cancel(message),
            Input::Noted { message, stored } => self.noted(message, stored, now),
            Input::Found { message } => self.sender.found(message),
            Input::Request(request) => self.request(request, now),
            Input::Publish { id, topic, target, body } => self.publish(id, topic, target, body, now),
            Input::SyncNow => self.sync_now(now),
            Input::Tick => self.tick(now),
        }
        self.pump_outbox(now);
    }

    fn frame(&mut self, frame: DownFrame, now: Millis) {
        self.heard(now);
        match frame {
            DownFrame::ConnAck(connack) => self.connack(connack, now),
            DownFrame::PingResp => self.pong(now),
            DownFrame::Disconnect { status } => self.disconnected_by_server(status, now),
            DownFrame::Leaving { retry_after } => self.server_leaves(Some(retry_after.into()), now),
            _ if !self.connection.is_logged_in() => {
                // The server speaks CONNACK first; anything else before it is not this protocol.
                self.fail_transport(ErrorCode::RC_MSG_DATA_INCOMPLETE, now);
            }
            DownFrame::PubAck(ack) => self.puback(ack, now),
            DownFrame::QueryAck(ack) => self.queryack(ack, now),
            DownFrame::Publish(publish) => self.published(publish, now),
            DownFrame::Ignored(_) => {}
        }
    }

    fn tick(&mut self, now: Millis) {
        self.connection_tick(now);
        for expired in self.requests.expired(now) {
            self.resolve(expired, Err(ErrorCode::TIMEOUT), now);
        }
        self.sender.tick(now);
        if self.pull.is_due(now) {
            self.start_pull(now);
        }
    }

    /// Sends a frame on the current transport.
    fn send(&mut self, frame: UpFrame) {
        let generation = self.connection.generation();
        self.actions.push_back(Action::SendFrame { generation, frame });
    }

    fn ticket(&mut self) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        ticket
    }
}

#[cfg(test)]
mod tests;

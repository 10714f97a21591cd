//! A whole client without sockets: the session and an empty in-memory store, driven by hand. What it does
//! is written down for the behaviour checks.

use anser::model::{ConnectionStatus, ErrorCode, Message};
use anser::session::{Action, Answer, Batch, Input, SendOutcome, Session};
use anser::store::{self, Location};
use anser::wire::{Accepted, Body, Bytes, ConnAck, DownFrame, Qos, QueryAck, Topic, UpFrame, body};
use rusqlite::Connection;

/// Who every vector's client is.
pub(crate) const USER: &str = "u1";
/// The session that the server names.
pub(crate) const SESSION: &str = "sess-1";
/// Server time of its CONNACK, ms since 1970.
const TIME: u64 = 1_642_057_220_386;

/// The client and what it did since [`Client::forget`].
pub(crate) struct Client {
    session: Session,
    store: Connection,
    generation: u64,
    ended: bool,
    pub(crate) sent: Vec<UpFrame>,
    pub(crate) statuses: Vec<i32>,
    pub(crate) messages: Vec<Message>,
    pub(crate) connected: Vec<Result<String, ErrorCode>>,
    pub(crate) resolved: Vec<(u64, Result<Answer, ErrorCode>)>,
    pub(crate) settled: Vec<(SendOutcome, Option<Message>)>,
    /// Transports that the client closed.
    pub(crate) closed: usize,
    /// Navigation that it asked for past the cache.
    pub(crate) fresh_navigation: usize,
}

impl Client {
    /// Navigation has answered and the transport is open; the server has said nothing yet.
    pub(crate) fn opening(heartbeat: bool) -> Result<Self, String> {
        let mut client = Self {
            session: Session::new(1),
            store: store::open(&Location::Memory).map_err(|error| error.to_string())?,
            generation: 0,
            ended: false,
            sent: Vec::new(),
            statuses: Vec::new(),
            messages: Vec::new(),
            connected: Vec::new(),
            resolved: Vec::new(),
            settled: Vec::new(),
            closed: 0,
            fresh_navigation: 0,
        };
        client.input(Input::Connect)?;
        client.input(Input::Navigation(ConnectionStatus::RequestNavi))?;
        client.input(Input::Navigation(ConnectionStatus::ResponseNavi))?;
        let generation = client.generation;
        client.input(Input::TransportOpened { generation, heartbeat, dedupe: true })?;
        Ok(client)
    }

    /// Logged in as [`USER`], over WebSocket with the answer to its first heartbeat.
    pub(crate) fn connected(heartbeat: bool) -> Result<Self, String> {
        let mut client = Self::opening(heartbeat)?;
        let accepted = Accepted { user_id: USER.into(), session_id: SESSION.into(), time: TIME };
        client.frame(DownFrame::ConnAck(ConnAck { status: 0, accepted: Some(accepted) }))?;
        if heartbeat {
            client.frame(DownFrame::PingResp)?;
        }
        if client.session.status() != ConnectionStatus::Connected {
            return Err(format!("the client does not connect: {:?}", client.session.status()));
        }
        client.statuses.clear();
        Ok(client)
    }

    /// As [`Client::connected`] over WebSocket, its first pull answered: empty and finished.
    pub(crate) fn at_rest() -> Result<Self, String> {
        let mut client = Self::connected(true)?;
        let pull = client.sent.iter().find_map(|frame| match frame {
            UpFrame::Query(query) if &*query.topic == Topic::PullMessages.as_str() => Some(query.message_id),
            _ => None,
        });
        let page = body::DownstreamMessages { list: Vec::new(), sync_time: Some(0), finished: Some(true) };
        let answer = answer(pull.ok_or("the client does not pull")?, 0, page.to_bytes());
        client.frame(DownFrame::QueryAck(answer))?;
        client.forget();
        Ok(client)
    }

    /// Forgets what it did so far.
    pub(crate) fn forget(&mut self) {
        self.sent.clear();
        self.statuses.clear();
        self.messages.clear();
        self.connected.clear();
        self.resolved.clear();
        self.settled.clear();
        self.closed = 0;
        self.fresh_navigation = 0;
    }

    /// The topic of a pending QUERY.
    pub(crate) fn asked(&self, message_id: u16) -> Option<Topic> {
        self.session.asked(message_id)
    }

    /// The present number of its status.
    pub(crate) fn status(&self) -> i32 {
        self.session.status().number()
    }

    /// What the store is asked by the checks.
    pub(crate) fn store(&self) -> &Connection {
        &self.store
    }

    /// A binary message arrives, a frame or not.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), String> {
        match DownFrame::decode(Bytes::copy_from_slice(bytes)) {
            Ok(frame) => self.frame(frame),
            Err(_) => self.garbage(),
        }
    }

    /// A frame arrives.
    pub(crate) fn frame(&mut self, frame: DownFrame) -> Result<(), String> {
        let generation = self.generation;
        self.input(Input::Frame { generation, frame })
    }

    /// Something arrives that is no frame.
    pub(crate) fn garbage(&mut self) -> Result<(), String> {
        let generation = self.generation;
        self.input(Input::Garbage { generation })
    }

    /// The transport ends.
    pub(crate) fn lost(&mut self) -> Result<(), String> {
        self.ended = true;
        let generation = self.generation;
        self.input(Input::TransportLost { generation, code: ErrorCode::RC_SOCKET_DISCONNECTED })
    }

    /// Whether the transport that it connected over is still there.
    pub(crate) fn has_transport(&self) -> bool {
        !self.ended && self.closed == 0
    }

    /// Something happens, and the client does what follows.
    pub(crate) fn input(&mut self, input: Input) -> Result<(), String> {
        // Time stands still: no vector waits for a timer.
        self.session.handle(input, 0);
        while let Some(action) = self.session.poll() {
            if let Some(input) = self.act(action)? {
                self.session.handle(input, 0);
            }
        }
        Ok(())
    }

    fn act(&mut self, action: Action) -> Result<Option<Input>, String> {
        match action {
            Action::OpenTransport { generation, fresh_navigation } => {
                self.generation = generation;
                self.fresh_navigation += usize::from(fresh_navigation);
            }
            Action::CloseTransport { .. } => self.closed += 1,
            Action::SendFrame { frame, .. } => self.sent.push(frame),
            Action::Status(status, _) => self.statuses.push(status.number()),
            Action::LoggedIn { .. } => {
                let failed = |error: store::StoreError| error.to_string();
                let cursors = store::cursors(&self.store).map_err(failed)?;
                let outbox = store::pending(&self.store).map_err(failed)?;
                return Ok(Some(Input::StoreReady { cursors, outbox }));
            }
            // This host has no other token.
            Action::AskToken { .. } => return Ok(Some(Input::TokenAnswered { renewed: false })),
            Action::ConnectDone(result) => self.connected.push(result),
            Action::Store(batch) => return self.commit(batch).map(Some),
            Action::SendDone { message, outcome } => {
                let settled =
                    store::settle(&self.store, message, &outcome).map_err(|error| error.to_string())?;
                self.settled.push((outcome, settled));
            }
            Action::NoteAttempt { .. } => return Err("a server that dedupes costs nothing".into()),
            Action::Resolve { id, result } => self.resolved.push((id, result)),
            Action::Presence(_) | Action::Account(_) | Action::InboxEnd | Action::SyncDone(_) => {}
        }
        Ok(None)
    }

    fn commit(&mut self, batch: Batch) -> Result<Input, String> {
        let ticket = batch.ticket;
        let user = self.session.user_id().unwrap_or_default().to_owned();
        let stored =
            store::store_batch(&self.store, batch, &user, TIME as i64).map_err(|error| error.to_string())?;
        self.messages.extend(stored.new);
        self.messages.extend(stored.sent);
        Ok(Input::Stored { ticket })
    }
}

/// A QUERYACK that asks for no confirmation.
pub(crate) fn answer(message_id: u16, status: u16, body: Bytes) -> QueryAck {
    QueryAck { qos: Qos::AtMostOnce, dup: false, retain: false, message_id, date: 0, status, body }
}

//! A session with everything around it, and what must be true of it after every step. Plain code that names only what
//! `super` has: the fuzzer in fuzz/ includes it, too.

use std::collections::HashMap;

use super::step::Step;
use super::*;

/// The session with everything that it owes to somebody.
pub(super) struct World {
    session: Session,
    now: Millis,
    generation: Generation,
    /// Whether the line of that generation is open.
    open: bool,
    connects_owed: usize,
    syncs_owed: usize,
    requests_owed: HashMap<u64, Topic>,
    next_number: u64,
    sends: Vec<Outgoing>,
    /// Tickets at the store, in order, with what their commit moves and acknowledges.
    tickets: Vec<(u64, Option<Cursors>, Option<UpFrame>)>,
    /// Where the store stands.
    committed: Cursors,
    /// Pulls by message id: from where they were asked.
    pulls: HashMap<u16, i64>,
    last_pull: Option<u16>,
    /// Whether the answer to the last pull, if there is one, said that nothing is left.
    at_end: bool,
    told_end: bool,
    /// What the store has just answered.
    answered: Option<u64>,
    publishes: Vec<u16>,
    /// Whether the server stores a repeated message once.
    dedupe: bool,
    /// Attempts that the store is asked to write down.
    notes: Vec<i64>,
    /// When each attempt began, by message.
    began: HashMap<i64, Millis>,
    /// The session's own time, and how far it is ahead of the caller's.
    steady: (Millis, Millis),
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            session: Session::new(seed),
            now: 0,
            generation: 0,
            open: false,
            connects_owed: 0,
            syncs_owed: 0,
            requests_owed: HashMap::new(),
            next_number: 0,
            sends: Vec::new(),
            tickets: Vec::new(),
            committed: Cursors::default(),
            pulls: HashMap::new(),
            last_pull: None,
            at_end: false,
            told_end: false,
            answered: None,
            publishes: Vec::new(),
            dedupe: seed.is_multiple_of(2),
            notes: Vec::new(),
            began: HashMap::new(),
            steady: (0, 0),
        }
    }

    pub(super) fn step(&mut self, step: Step) {
        let current = self.generation;
        let back = |steps: u64| current.wrapping_sub(steps);
        match step {
            Step::Connect => self.input(Input::Connect),
            Step::Reconnect { pauses } => self.input(Input::Reconnect { pauses }),
            Step::Disconnect => self.input(Input::Disconnect),
            Step::Forget => self.input(Input::Forget),
            Step::Foreground(foreground) => self.input(Input::Foreground(foreground)),
            Step::Network(kind) => self.input(Input::Network(kind)),
            Step::Woke => self.input(Input::Woke),
            Step::Token { renewed } => self.input(Input::TokenAnswered { renewed }),
            Step::RetryAfter { back: steps, pause } => {
                self.input(Input::RetryAfter { generation: back(steps), pause });
            }
            Step::ServiceDown { back: steps } => {
                self.input(Input::ServiceDown { generation: back(steps) });
            }
            Step::Back { by } => {
                self.now = self.now.saturating_sub(by);
                self.input(Input::Tick);
            }
            Step::Navigation => self.input(Input::Navigation(ConnectionStatus::RequestNavi)),
            Step::Opened { back: steps, heartbeat } => {
                self.input(Input::TransportOpened {
                    generation: back(steps),
                    heartbeat,
                    dedupe: self.dedupe,
                });
            }
            Step::Lost { back: steps, code } => {
                self.input(Input::TransportLost { generation: back(steps), code: ErrorCode(code) });
            }
            Step::Frame { back: steps, frame } => self.input(Input::Frame { generation: back(steps), frame }),
            Step::Bytes { back: steps, bytes } => {
                let generation = back(steps);
                self.input(match DownFrame::decode(bytes.into()) {
                    Ok(frame) => Input::Frame { generation, frame },
                    Err(_) => Input::Garbage { generation },
                });
            }
            Step::StoreReady { inbox, outbox } => self.store_ready(inbox, outbox),
            Step::StoreUnavailable => self.input(Input::StoreUnavailable(ErrorCode::DATABASE_FULL)),
            Step::Stored { which } => {
                self.notes_answered(true);
                self.store_answers(which, true);
            }
            Step::StoreFailed { which } => {
                self.notes_answered(false);
                self.store_answers(which, false);
            }
            Step::WrongTicket { ticket } => {
                if self.tickets.iter().all(|(known, ..)| *known != ticket) {
                    self.input(Input::Stored { ticket });
                    self.input(Input::StoreFailed { ticket });
                }
            }
            Step::Send { peer } => {
                let outgoing = outgoing(self.sends.len() as i64, &format!("peer {peer}"));
                self.sends.push(outgoing.clone());
                self.input(Input::Send(outgoing));
            }
            Step::Cancel { which } => {
                let message = which.checked_rem(self.sends.len()).unwrap_or(0) as i64;
                self.input(Input::Cancel { message });
            }
            Step::Request { topic, qos } => {
                self.next_number += 1;
                let (id, topic) = (self.next_number, Topic::ALL[topic]);
                self.requests_owed.insert(id, topic);
                let qos = if qos { Qos::AtLeastOnce } else { Qos::AtMostOnce };
                let (target, body) = ("room".to_owned(), Bytes::new());
                self.input(Input::Request(Request { id, topic, target, body, qos }));
            }
            Step::SyncNow => self.input(Input::SyncNow),
            Step::Tick { after } => {
                self.now += after;
                self.input(Input::Tick);
            }
            Step::Login { heartbeat } => {
                self.input(Input::Connect);
                self.input(Input::TransportOpened {
                    generation: self.generation,
                    heartbeat,
                    dedupe: self.dedupe,
                });
                self.input(Input::Frame { generation: self.generation, frame: connack(0) });
                self.store_ready(self.committed.inbox, 2);
                self.input(Input::Frame { generation: self.generation, frame: DownFrame::PingResp });
            }
            Step::Page { time, finished } => {
                let frame = page(self.last_pull.unwrap_or(1), time, finished);
                self.input(Input::Frame { generation: self.generation, frame });
            }
            Step::Ack { which, status } => {
                let id = which.checked_rem(self.publishes.len()).and_then(|at| self.publishes.get(at));
                let frame = acks(id.copied().unwrap_or(1), status);
                self.input(Input::Frame { generation: self.generation, frame });
            }
        }
    }

    fn store_ready(&mut self, inbox: i64, count: usize) {
        let outbox = self.sends.iter().rev().take(count).rev().cloned().collect();
        let cursors = Cursors { inbox, outbox: 0 };
        let before = self.session.is_online();
        self.input(Input::StoreReady { cursors, outbox });
        if !before && self.session.is_online() {
            self.committed = cursors;
            self.told_end = false;
            // Older batches were committed or not before the cursors were read.
            self.tickets.clear();
        }
    }

    /// The store has written all attempts down, or could not.
    fn notes_answered(&mut self, stored: bool) {
        for message in std::mem::take(&mut self.notes) {
            self.input(Input::Noted { message, stored });
        }
    }

    /// The store answers in order; a page whose start it has not committed it refuses by itself.
    fn store_answers(&mut self, which: usize, good: bool) {
        if self.tickets.is_empty() {
            return;
        }
        // Mostly the oldest, as the real store does; sometimes another.
        let at = if which.is_multiple_of(8) { which % self.tickets.len() } else { 0 };
        let (ticket, moves, _) = self.tickets[at].clone();
        self.answered = Some(ticket);
        if good {
            self.input(Input::Stored { ticket });
            if let Some(to) = moves {
                self.committed.inbox = self.committed.inbox.max(to.inbox);
                self.committed.outbox = self.committed.outbox.max(to.outbox);
            }
        } else {
            self.at_end = false;
            self.input(Input::StoreFailed { ticket });
            assert_eq!(self.session.cursors(), self.committed, "the cursor falls back");
        }
        self.tickets.retain(|(known, ..)| *known != ticket);
        self.answered = None;
    }

    fn input(&mut self, input: Input) {
        match &input {
            Input::Connect | Input::Reconnect { .. } => self.connects_owed += 1,
            Input::SyncNow => self.syncs_owed += 1,
            Input::TransportOpened { generation, .. } if *generation == self.generation => self.open = true,
            Input::TransportLost { generation, .. } if *generation == self.generation => self.open = false,
            _ => {}
        }
        let stored = match &input {
            Input::Stored { ticket } => {
                self.tickets.iter().find(|(known, ..)| known == ticket).and_then(|(.., ack)| ack.clone())
            }
            _ => None,
        };
        // What this frame may have acknowledged.
        let (mut receipt, mut page_of) = (None, None);
        if let Input::Frame { generation, frame } = &input
            && *generation == self.generation
        {
            match frame {
                DownFrame::Publish(publish) => {
                    receipt = Some(UpFrame::PubAck { message_id: publish.message_id });
                }
                DownFrame::QueryAck(ack) => {
                    receipt = Some(UpFrame::QueryCon { message_id: ack.message_id });
                    // A second answer is none.
                    page_of = self.pulls.remove(&ack.message_id);
                    if page_of.is_some() && self.last_pull == Some(ack.message_id) {
                        let page = body::DownstreamMessages::from_bytes(ack.body.clone());
                        self.at_end = ack.status == 0 && page.is_ok_and(|page| page.finished != Some(false));
                    }
                }
                _ => {}
            }
        }
        let (latest, ahead) = self.steady;
        let ahead = ahead.max(latest.saturating_sub(self.now));
        self.steady = (latest.max(self.now + ahead), ahead);
        self.session.handle(input, self.now);
        let actions: Vec<Action> = std::iter::from_fn(|| self.session.poll()).collect();
        let stores = actions.iter().any(|action| matches!(action, Action::Store(_)));
        for action in actions {
            self.act(action, stores, &receipt, page_of, &stored);
        }
        self.check_windows();
    }

    fn act(
        &mut self,
        action: Action,
        stores: bool,
        receipt: &Option<UpFrame>,
        page_of: Option<i64>,
        stored: &Option<UpFrame>,
    ) {
        match action {
            Action::OpenTransport { generation, .. } => {
                assert!(generation > self.generation, "generations only grow");
                (self.generation, self.open) = (generation, false);
                self.pulls.clear();
                self.publishes.clear();
                self.last_pull = None;
                self.at_end = false;
            }
            Action::CloseTransport { generation } => {
                assert_eq!(generation, self.generation);
                self.open = false;
            }
            Action::SendFrame { generation, frame } => {
                assert_eq!(generation, self.generation, "a frame on an old line: {frame:?}");
                assert!(self.open, "a frame on a closed line: {frame:?}");
                match &frame {
                    UpFrame::PubAck { .. } | UpFrame::QueryCon { .. } => {
                        let at_once = !stores && *receipt == Some(frame.clone());
                        assert!(
                            at_once || *stored == Some(frame.clone()),
                            "{frame:?} leaves before its batch is stored"
                        );
                    }
                    UpFrame::Query(query) if query.topic == Topic::PullMessages.as_str() => {
                        // The host may ask under this topic too, with an empty body here.
                        if let Ok(request) = body::SyncRequest::from_bytes(query.body.clone()) {
                            self.pulls.insert(query.message_id, request.sync_time.unwrap());
                            self.last_pull = Some(query.message_id);
                            self.at_end = false;
                        }
                    }
                    UpFrame::Publish(publish) => {
                        self.publishes.push(publish.message_id);
                        let body = String::from_utf8_lossy(&publish.body);
                        if let Some(message) =
                            body.strip_prefix("body ").and_then(|number| number.parse().ok())
                        {
                            self.began.insert(message, self.steady.0);
                        }
                    }
                    _ => {}
                }
            }
            Action::ConnectDone(_) => {
                self.connects_owed = self.connects_owed.checked_sub(1).expect("one answer per connect");
            }
            Action::SyncDone(_) => {
                self.syncs_owed = self.syncs_owed.checked_sub(1).expect("one answer per sync");
            }
            Action::Resolve { id, .. } => {
                assert!(self.requests_owed.remove(&id).is_some(), "request {id} is resolved twice");
            }
            Action::Store(batch) => {
                if let (Some((from, _)), Some(asked_from)) = (batch.moves, page_of) {
                    assert!(asked_from <= from.inbox, "a page from {asked_from} moves from {from:?}: a hole");
                }
                self.tickets.push((batch.ticket, batch.moves.map(|(_, to)| to), receipt.clone()));
            }
            Action::Status(..)
            | Action::AskToken { .. }
            | Action::LoggedIn { .. }
            | Action::SendDone { .. }
            | Action::Presence(_)
            | Action::Account(_) => {}
            Action::NoteAttempt { message, .. } => {
                assert!(!self.dedupe, "a server that dedupes costs nothing");
                self.notes.push(message);
            }
            Action::InboxEnd => {
                assert!(self.open, "the end of an inbox that nobody pulls");
                assert!(self.at_end, "the server has not said that this is the end");
                let waits = self.tickets.iter().any(|(ticket, ..)| Some(*ticket) != self.answered);
                assert!(!waits, "the end of the inbox is not stored");
                assert!(!std::mem::replace(&mut self.told_end, true), "told twice since the login");
            }
        }
    }

    fn check_windows(&self) {
        let mut per_peer: HashMap<&ConversationKey, usize> = HashMap::new();
        for outgoing in &self.sends {
            if self.session.is_sending(outgoing.message) {
                *per_peer.entry(&outgoing.conversation).or_default() += 1;
            }
        }
        assert!(per_peer.values().all(|count| *count == 1), "two attempts in one conversation");
        assert!(per_peer.len() <= 1_024, "{} in flight", per_peer.len());
        let young =
            |message: &i64| self.began.get(message).is_none_or(|at| self.steady.0 < at + timing::SLOW_AFTER);
        let travel =
            |outgoing: &&Outgoing| self.session.is_sending(outgoing.message) && young(&outgoing.message);
        let count = self.sends.iter().filter(travel).count();
        assert!(count <= 64, "{count} began within the last two seconds");
    }

    pub(super) fn end(mut self) {
        self.input(Input::Disconnect);
        assert_eq!(self.connects_owed, 0, "every connect is answered");
        assert_eq!(self.syncs_owed, 0, "every sync is answered");
        assert!(self.requests_owed.is_empty(), "every request is resolved: {:?}", self.requests_owed);
        // The server's wish for a pause outlives the line, and nothing else does.
        self.now += timing::PACE_CAP;
        self.input(Input::Tick);
        assert_eq!(self.session.next_deadline(), None, "at rest nothing is due");
    }
}

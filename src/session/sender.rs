//! Sending: one attempt in flight per conversation, so that order holds, and a window across all. What stalls one
//! conversation holds up no other: an attempt that waits for long leaves the window, and a message that the server
//! could not take rests by itself.
//!
//! A timeout ends an attempt, never a message. Whatever waits here is durable in the outbox already. Where the server
//! does not tell a repeated message from a new one, `doubt` decides what may go again.

use std::collections::{HashMap, HashSet, VecDeque};

use bytes::Bytes;

use super::doubt::Doubt;
use super::{Action, Millis, Session};
use crate::model::{ConversationKey, ErrorCode};
use crate::timing;
use crate::wire::{ByteString, PubAck, Qos, Topic, UpFrame, UpPublish};

/// Attempts in flight across all conversations, as long as they are answered soon.
pub(super) const WINDOW: usize = 64;
/// Attempts in flight in any case: what is kept for a server that answers nothing is bounded.
pub(super) const MAX_IN_FLIGHT: usize = 1_024;

/// What is known of earlier attempts to send a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tried {
    /// There was none.
    #[default]
    Never,
    /// The last one was not answered: the server may have the message.
    Unanswered,
    /// An attempt is written down, and the server does not have the message.
    Cleared,
}

/// A message that waits to be sent.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Its local id.
    pub message: i64,
    /// Where it goes; order holds within.
    pub conversation: ConversationKey,
    /// Under which topic.
    pub topic: Topic,
    /// The target in the frame.
    pub target: String,
    /// The encoded `UpstreamMessage`, with its client id.
    pub body: Bytes,
    /// Earlier attempts.
    pub tried: Tried,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The server has it.
    Sent {
        /// Its name, the same on every device.
        uid: String,
        /// Its server time, ms since 1970.
        time: i64,
    },
    /// The server refuses it for good, or the host cancelled it.
    Refused {
        /// Why.
        code: ErrorCode,
        /// The name that the server gave it all the same.
        uid: Option<String>,
        /// The time that the server gave it, 0 if none.
        time: i64,
    },
}

#[derive(Debug)]
struct Attempt {
    outgoing: Outgoing,
    began: Millis,
}

impl Attempt {
    fn until(&self) -> Millis {
        self.began + timing::ANSWER_LIMIT
    }

    /// From when on it does not count against the window.
    fn slow_at(&self) -> Millis {
        self.began + timing::SLOW_AFTER
    }
}

/// Everything that waits or travels.
#[derive(Debug, Default)]
pub(super) struct Sender {
    queues: HashMap<ConversationKey, VecDeque<Outgoing>>,
    /// Conversations with something to send and nothing in flight, in turn.
    ready: VecDeque<ConversationKey>,
    in_flight: HashMap<u16, Attempt>,
    /// Conversations whose next message the server could not take, until the given time; the earliest first.
    resting: VecDeque<(Millis, ConversationKey)>,
    /// Every message known here, so that a reload adds none twice.
    known: HashSet<i64>,
    paused_until: Option<Millis>,
    pace: u64,
    /// When an attempt leaves the full window, if something waits for that.
    room_at: Option<Millis>,
    pub(super) doubt: Doubt,
}

impl Sender {
    pub(super) fn push(&mut self, outgoing: Outgoing) {
        if !self.known.insert(outgoing.message) {
            return;
        }
        let key = outgoing.conversation.clone();
        let busy = self.is_busy(&key);
        let queue = self.queues.entry(key.clone()).or_default();
        queue.push_back(outgoing);
        if !busy && queue.len() == 1 {
            self.ready.push_back(key);
        }
    }

    /// Starts over with what the store says is waiting.
    pub(super) fn reload(&mut self, outbox: Vec<Outgoing>) {
        let doubt = Doubt::new(self.doubt.dedupe);
        *self = Self { pace: self.pace, paused_until: self.paused_until, doubt, ..Self::default() };
        for outgoing in outbox {
            self.push(outgoing);
        }
    }

    /// Takes a message out that is not on its way.
    pub(super) fn cancel(&mut self, message: i64) {
        if let Some(outgoing) = self.doubt.take_being_noted(message) {
            self.known.remove(&message);
            self.go_on(outgoing.conversation);
            return;
        }
        let found = self.queues.iter_mut().find_map(|(key, queue)| {
            let at = queue.iter().position(|outgoing| outgoing.message == message)?;
            queue.remove(at);
            Some((key.clone(), at, queue.is_empty()))
        });
        match found {
            Some((key, _, true)) => {
                // A turn without a message would be a second one for the next.
                self.queues.remove(&key);
                self.ready.retain(|ready| *ready != key);
                self.resting.retain(|(_, resting)| *resting != key);
                self.doubt.let_go(&key);
            }
            // What was looked for is gone; the next may need no look.
            Some((key, 0, false)) if self.doubt.let_go(&key) => self.ready.push_back(key),
            _ => {}
        }
        if !self.in_flight.values().any(|attempt| attempt.outgoing.message == message) {
            self.known.remove(&message);
        }
    }

    /// The store knows that the server has this message: it does not go again.
    pub(super) fn found(&mut self, message: i64) {
        let travels = |(_, attempt): &(&u16, &Attempt)| attempt.outgoing.message == message;
        match self.in_flight.iter().find(travels).map(|(id, _)| *id) {
            Some(message_id) => drop(self.finish(message_id)),
            None => self.cancel(message),
        }
    }

    pub(super) fn is_in_flight(&self, message_id: u16) -> bool {
        self.in_flight.contains_key(&message_id)
    }

    fn is_busy(&self, key: &ConversationKey) -> bool {
        self.in_flight.values().any(|attempt| attempt.outgoing.conversation == *key)
            || self.doubt.has_one_being_noted(key)
    }

    pub(super) fn transport_lost(&mut self) {
        let mut attempts: Vec<u16> = self.in_flight.keys().copied().collect();
        // The same inputs must give the same actions, and a map has no order of its own.
        attempts.sort_unstable();
        for message_id in attempts {
            self.try_again(message_id, Tried::Unanswered);
        }
        for outgoing in self.doubt.drain_being_noted() {
            self.put_back(outgoing);
        }
        self.ready.extend(self.resting.drain(..).map(|(_, key)| key));
        self.ready.extend(self.doubt.release());
        self.room_at = None;
    }

    /// Ends an attempt; the message is the next of its conversation again.
    fn try_again(&mut self, message_id: u16, tried: Tried) {
        if let Some(Attempt { outgoing, .. }) = self.in_flight.remove(&message_id) {
            self.put_back(Outgoing { tried, ..outgoing });
        }
    }

    fn put_back(&mut self, outgoing: Outgoing) {
        let key = outgoing.conversation.clone();
        self.queues.entry(key.clone()).or_default().push_front(outgoing);
        self.ready.push_back(key);
    }

    /// The next message of this conversation rests; the others go on.
    fn rest(&mut self, outgoing: Outgoing, now: Millis) {
        let key = outgoing.conversation.clone();
        self.queues.entry(key.clone()).or_default().push_front(outgoing);
        self.resting.push_back((now + timing::SEND_RETRY, key));
    }

    /// Ends an attempt for good; the conversation goes on with its next message.
    fn finish(&mut self, message_id: u16) -> Option<Outgoing> {
        let Attempt { outgoing, .. } = self.in_flight.remove(&message_id)?;
        self.known.remove(&outgoing.message);
        self.go_on(outgoing.conversation.clone());
        Some(outgoing)
    }

    fn go_on(&mut self, key: ConversationKey) {
        if self.queues.get(&key).is_some_and(|queue| !queue.is_empty()) {
            self.ready.push_back(key);
        }
    }

    pub(super) fn tick(&mut self, now: Millis) {
        let mut expired: Vec<u16> =
            self.in_flight.iter().filter(|(_, attempt)| now >= attempt.until()).map(|(id, _)| *id).collect();
        expired.sort_unstable();
        for message_id in expired {
            self.try_again(message_id, Tried::Unanswered);
        }
        while self.resting.front().is_some_and(|(until, _)| now >= *until) {
            self.ready.extend(self.resting.pop_front().map(|(_, key)| key));
        }
        if self.paused_until.is_some_and(|until| now >= until) {
            self.paused_until = None;
        }
        let overdue = self.doubt.release_overdue(now);
        if !overdue.is_empty() {
            log::warn!("the pull that looks for unanswered messages does not end; they go again");
            self.clear(overdue);
        }
    }

    /// What was looked for and not found may go.
    pub(super) fn look_ends(&mut self) {
        let held = self.doubt.release();
        self.clear(held);
    }

    /// The next messages of these conversations may go though they were not answered.
    fn clear(&mut self, keys: VecDeque<ConversationKey>) {
        for key in keys {
            if let Some(first) = self.queues.get_mut(&key).and_then(VecDeque::front_mut) {
                first.tried = Tried::Cleared;
            }
            self.ready.push_back(key);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Millis> {
        let attempts = self.in_flight.values().map(Attempt::until).min();
        let pause = self.paused_until.filter(|_| !self.ready.is_empty());
        let resting = self.resting.front().map(|(until, _)| *until);
        [attempts, pause, resting, self.room_at, self.doubt.next_deadline()].into_iter().flatten().min()
    }

    fn pause(&mut self, milliseconds: u64, now: Millis) {
        self.paused_until = Some(now + milliseconds);
    }

    /// Whether one more may travel; if not, when that will be.
    fn has_room(&mut self, now: Millis) -> bool {
        let being_noted = self.doubt.count_being_noted();
        self.room_at = None;
        if self.in_flight.len() + being_noted < WINDOW {
            return true;
        }
        let young = || self.in_flight.values().map(Attempt::slow_at).filter(|slow_at| now < *slow_at);
        if self.in_flight.len() + being_noted >= MAX_IN_FLIGHT || young().count() + being_noted >= WINDOW {
            self.room_at = young().min().filter(|_| self.in_flight.len() + being_noted < MAX_IN_FLIGHT);
            return false;
        }
        true
    }

    /// The next message that may go, if any.
    fn next(&mut self, now: Millis) -> Option<Outgoing> {
        self.room_at = None;
        if self.paused_until.is_some_and(|until| now < until) {
            return None;
        }
        while !self.ready.is_empty() {
            if !self.has_room(now) {
                return None;
            }
            let Some(key) = self.ready.pop_front() else { break };
            let Some(queue) = self.queues.get_mut(&key) else { continue };
            if queue.front().is_some_and(|first| self.doubt.must_look(first)) {
                self.doubt.hold(key);
                continue;
            }
            let next = queue.pop_front();
            if queue.is_empty() {
                self.queues.remove(&key);
            }
            if next.is_some() {
                return next;
            }
        }
        None
    }
}

impl Session {
    /// Whether an attempt for this message is in flight: then it may already be delivered.
    pub fn is_sending(&self, message: i64) -> bool {
        self.sender.in_flight.values().any(|attempt| attempt.outgoing.message == message)
            || self.sender.doubt.is_being_noted(message)
    }

    /// Lets everything go that may.
    pub(super) fn pump_outbox(&mut self, now: Millis) {
        if !self.connection.is_online() {
            return;
        }
        self.let_go(now);
        self.look(now);
    }

    /// At a login: the pull that begins with it looks for what was left unanswered before.
    pub(super) fn pump_with_pull(&mut self, now: Millis) {
        self.let_go(now);
        self.sender.doubt.begin(now);
    }

    fn let_go(&mut self, now: Millis) {
        while let Some(outgoing) = self.sender.next(now) {
            if self.sender.doubt.must_note(&outgoing) {
                self.note(outgoing, now);
            } else {
                self.transmit(outgoing, now);
            }
        }
    }

    fn transmit(&mut self, outgoing: Outgoing, now: Millis) {
        let sender = &self.sender;
        let message_id = self.requests.next_id(|id| sender.is_in_flight(id));
        let frame = UpFrame::Publish(UpPublish {
            qos: Qos::AtLeastOnce,
            dup: false,
            retain: false,
            topic: ByteString::from_static(outgoing.topic.as_str()),
            target: outgoing.target.as_str().into(),
            message_id,
            body: outgoing.body.clone(),
        });
        self.sender.in_flight.insert(message_id, Attempt { outgoing, began: now });
        self.send(frame);
    }

    /// An attempt is written down, or could not be.
    pub(super) fn noted(&mut self, message: i64, stored: bool, now: Millis) {
        let Some(outgoing) = self.sender.doubt.take_being_noted(message) else { return };
        if stored {
            // A pause may have begun meanwhile.
            self.sender.put_back(Outgoing { tried: Tried::Cleared, ..outgoing });
        } else {
            self.sender.rest(outgoing, now);
        }
    }

    pub(super) fn puback(&mut self, ack: PubAck, now: Millis) {
        if !self.sender.is_in_flight(ack.message_id) {
            if !self.published_ack(&ack) {
                self.release_copy(&ack);
            }
            return;
        }
        let code = ErrorCode(i32::from(ack.status));
        match code {
            ErrorCode::SEND_FREQUENCY_TOO_FAST => {
                self.sender.try_again(ack.message_id, Tried::Cleared);
                self.sender.pace = (self.sender.pace * 2).clamp(timing::PACE_BASE, timing::PACE_CAP);
                let pause = self.sender.pace;
                self.sender.pause(pause, now);
            }
            // Numbers of the client's own side from a server mean that it could not, not that it will not. It may
            // be the trouble of this conversation alone, and what an unable server has stored is not certain.
            ErrorCode(30001..=30014) | ErrorCode::INTERNALERRROR => {
                if let Some(Attempt { outgoing, .. }) = self.sender.in_flight.remove(&ack.message_id) {
                    self.sender.rest(Outgoing { tried: Tried::Unanswered, ..outgoing }, now);
                }
            }
            _ => self.settle(&ack, code),
        }
    }

    fn settle(&mut self, ack: &PubAck, code: ErrorCode) {
        let Some(outgoing) = self.sender.finish(ack.message_id) else { return };
        let time = ack.time() as i64;
        let uid = ack.uid.to_string();
        let outcome = if code == ErrorCode::SUCCESS {
            self.sender.pace = 0;
            SendOutcome::Sent { uid, time }
        } else {
            SendOutcome::Refused { code, uid: Some(uid).filter(|uid| !uid.is_empty()), time }
        };
        self.actions.push_back(Action::SendDone { message: outgoing.message, outcome });
    }
}

//! Sending: one attempt in flight per conversation, so that order holds, and a window across all.
//!
//! A timeout ends an attempt, never a message. Whatever waits here is durable in the outbox already.

use std::collections::{HashMap, HashSet, VecDeque};

use bytes::Bytes;

use super::{Action, Millis, Session};
use crate::model::{ConversationKey, ErrorCode};
use crate::timing;
use crate::wire::{ByteString, PubAck, Qos, Topic, UpFrame, UpPublish};

/// Attempts in flight across all conversations.
const WINDOW: usize = 64;

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
    until: Millis,
}

/// Everything that waits or travels.
#[derive(Debug, Default)]
pub(super) struct Sender {
    queues: HashMap<ConversationKey, VecDeque<Outgoing>>,
    /// Conversations with something to send and nothing in flight, in turn.
    ready: VecDeque<ConversationKey>,
    in_flight: HashMap<u16, Attempt>,
    /// Every message known here, so that a reload adds none twice.
    known: HashSet<i64>,
    paused_until: Option<Millis>,
    pace: u64,
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
        *self = Self { pace: self.pace, paused_until: self.paused_until, ..Self::default() };
        for outgoing in outbox {
            self.push(outgoing);
        }
    }

    /// Takes a message out that is not on its way.
    pub(super) fn cancel(&mut self, message: i64) {
        let found = self.queues.iter_mut().find_map(|(key, queue)| {
            let at = queue.iter().position(|outgoing| outgoing.message == message)?;
            queue.remove(at);
            queue.is_empty().then(|| key.clone())
        });
        if let Some(key) = found {
            // A turn without a message would be a second one for the next.
            self.queues.remove(&key);
            self.ready.retain(|ready| *ready != key);
        }
        if !self.in_flight.values().any(|attempt| attempt.outgoing.message == message) {
            self.known.remove(&message);
        }
    }

    pub(super) fn is_in_flight(&self, message_id: u16) -> bool {
        self.in_flight.contains_key(&message_id)
    }

    fn is_busy(&self, key: &ConversationKey) -> bool {
        self.in_flight.values().any(|attempt| attempt.outgoing.conversation == *key)
    }

    pub(super) fn transport_lost(&mut self) {
        let mut attempts: Vec<u16> = self.in_flight.keys().copied().collect();
        // The same inputs must give the same actions, and a map has no order of its own.
        attempts.sort_unstable();
        for message_id in attempts {
            self.try_again(message_id);
        }
    }

    /// Ends an attempt; the message is the next of its conversation again.
    fn try_again(&mut self, message_id: u16) {
        if let Some(Attempt { outgoing, .. }) = self.in_flight.remove(&message_id) {
            let key = outgoing.conversation.clone();
            self.queues.entry(key.clone()).or_default().push_front(outgoing);
            self.ready.push_back(key);
        }
    }

    /// Ends an attempt for good; the conversation goes on with its next message.
    fn finish(&mut self, message_id: u16) -> Option<Outgoing> {
        let Attempt { outgoing, .. } = self.in_flight.remove(&message_id)?;
        self.known.remove(&outgoing.message);
        if self.queues.get(&outgoing.conversation).is_some_and(|queue| !queue.is_empty()) {
            self.ready.push_back(outgoing.conversation.clone());
        }
        Some(outgoing)
    }

    pub(super) fn tick(&mut self, now: Millis) {
        let mut expired: Vec<u16> =
            self.in_flight.iter().filter(|(_, attempt)| now >= attempt.until).map(|(id, _)| *id).collect();
        expired.sort_unstable();
        for message_id in expired {
            self.try_again(message_id);
        }
        if self.paused_until.is_some_and(|until| now >= until) {
            self.paused_until = None;
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Millis> {
        let attempts = self.in_flight.values().map(|attempt| attempt.until).min();
        let pause = self.paused_until.filter(|_| !self.ready.is_empty());
        attempts.into_iter().chain(pause).min()
    }

    fn pause(&mut self, milliseconds: u64, now: Millis) {
        self.paused_until = Some(now + milliseconds);
    }

    /// The next message that may go, if any.
    fn next(&mut self, now: Millis) -> Option<Outgoing> {
        if self.in_flight.len() >= WINDOW || self.paused_until.is_some_and(|until| now < until) {
            return None;
        }
        while let Some(key) = self.ready.pop_front() {
            let Some(queue) = self.queues.get_mut(&key) else { continue };
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
    }

    /// Lets everything go that may.
    pub(super) fn pump_outbox(&mut self, now: Millis) {
        if !self.connection.is_online() {
            return;
        }
        while let Some(outgoing) = self.sender.next(now) {
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
            let until = now + timing::ANSWER_LIMIT;
            self.sender.in_flight.insert(message_id, Attempt { outgoing, until });
            self.send(frame);
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
                self.sender.try_again(ack.message_id);
                self.sender.pace = (self.sender.pace * 2).clamp(timing::PACE_BASE, timing::PACE_CAP);
                let pause = self.sender.pace;
                self.sender.pause(pause, now);
            }
            // Numbers of the client's own side from a server mean that it could not, not that it will not.
            ErrorCode(30001..=30014) | ErrorCode::INTERNALERRROR => {
                self.sender.try_again(ack.message_id);
                self.sender.pause(timing::SEND_RETRY, now);
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

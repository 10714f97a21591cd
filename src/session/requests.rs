//! Questions that wait for their answer, and the message ids that PUBLISH and QUERY share.

use std::collections::HashMap;

use bytes::Bytes;

use super::{Action, Answer, Millis, Request, Session};
use crate::model::ErrorCode;
use crate::timing;
use crate::wire::{ByteString, PubAck, Qos, Query, QueryAck, Topic, UpFrame, UpPublish};

/// Who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// The host, by its number.
    Host(u64),
    /// The host, by its number, with a PUBLISH.
    Publisher(u64),
    /// The session's own pull.
    Pull,
    /// Nobody any more: a pull from where the store turned out not to stand.
    Nobody,
    /// The session itself, for a chatroom's entries.
    RoomEntries,
    /// The session itself, for a chatroom's messages.
    RoomMessages,
}

/// A QUERY on its way.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) asker: Asker,
    pub(super) topic: Topic,
    pub(super) target: String,
    until: Millis,
}

/// All that wait, by message id.
#[derive(Debug, Default)]
pub(super) struct Requests {
    pending: HashMap<u16, Pending>,
    last_id: u16,
}

impl Requests {
    /// The next id that nothing waits for: 1..=65535, then 1 again. `taken` names ids outside this table.
    pub(super) fn next_id(&mut self, taken: impl Fn(u16) -> bool) -> u16 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if !self.pending.contains_key(&self.last_id) && !taken(self.last_id) {
                return self.last_id;
            }
        }
    }

    /// The topic of a pending QUERY, which a polled answer does not name.
    pub(super) fn topic(&self, message_id: u16) -> Option<Topic> {
        self.pending.get(&message_id).map(|pending| pending.topic)
    }

    /// Whether the session may add a question of its own: a flood of notices must not take every id.
    pub(super) fn has_room(&self) -> bool {
        self.pending.len() < MAX_PENDING
    }

    /// The answer to the pull on its way is of no use; it is neither read nor confirmed.
    pub(super) fn abandon_pull(&mut self) {
        for pending in self.pending.values_mut().filter(|pending| pending.asker == Asker::Pull) {
            pending.asker = Asker::Nobody;
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Millis> {
        self.pending.values().map(|pending| pending.until).min()
    }

    pub(super) fn expired(&mut self, now: Millis) -> Vec<Pending> {
        in_order(self.pending.extract_if(|_, pending| now >= pending.until).collect())
    }

    pub(super) fn drain(&mut self) -> Vec<Pending> {
        in_order(self.pending.drain().collect())
    }
}

/// The same inputs must give the same actions, and a map has no order of its own.
fn in_order(mut pending: Vec<(u16, Pending)>) -> Vec<Pending> {
    pending.sort_unstable_by_key(|(message_id, _)| *message_id);
    pending.into_iter().map(|(_, pending)| pending).collect()
}

/// Enough for any host, and a bound on the ids in use.
const MAX_PENDING: usize = 4096;

impl Session {
    /// The topic of a QUERY that waits for its answer. Long polling needs it to read the answer.
    pub fn asked(&self, message_id: u16) -> Option<Topic> {
        self.requests.topic(message_id)
    }

    /// Why the host cannot ask now.
    fn refusal(&self) -> Option<ErrorCode> {
        if !self.connection.is_online() {
            Some(ErrorCode::RC_NET_CHANNEL_INVALID)
        } else if !self.requests.has_room() {
            Some(ErrorCode::BIZ_ERROR_NO_CHANNEL)
        } else {
            None
        }
    }

    /// Publishes something that is no message. Topics of status are not acknowledged: done once sent.
    pub(super) fn publish(&mut self, id: u64, topic: Topic, target: String, body: Bytes, now: Millis) {
        if let Some(code) = self.refusal() {
            self.actions.push_back(Action::Resolve { id, result: Err(code) });
            return;
        }
        let sender = &self.sender;
        let message_id = self.requests.next_id(|id| sender.is_in_flight(id));
        let qos = if topic.is_status() { Qos::AtMostOnce } else { Qos::AtLeastOnce };
        let frame = UpFrame::Publish(UpPublish {
            qos,
            dup: false,
            retain: false,
            topic: ByteString::from_static(topic.as_str()),
            target: target.as_str().into(),
            message_id,
            body,
        });
        if qos.wants_ack() {
            let (asker, until) = (Asker::Publisher(id), now + timing::ANSWER_LIMIT);
            self.requests.pending.insert(message_id, Pending { asker, topic, target, until });
        } else {
            let result = Ok(Answer::Published { uid: String::new(), time: 0 });
            self.actions.push_back(Action::Resolve { id, result });
        }
        self.send(frame);
    }

    /// The acknowledgement of such a PUBLISH. Returns whether it was one.
    pub(super) fn published_ack(&mut self, ack: &PubAck) -> bool {
        let waits = self.requests.pending.get(&ack.message_id).map(|pending| pending.asker);
        let Some(Asker::Publisher(id)) = waits else { return false };
        self.requests.pending.remove(&ack.message_id);
        let result = match ack.status {
            0 => Ok(Answer::Published { uid: ack.uid.to_string(), time: ack.time() as i64 }),
            status => Err(ErrorCode(i32::from(status))),
        };
        self.actions.push_back(Action::Resolve { id, result });
        true
    }

    pub(super) fn request(&mut self, request: Request, now: Millis) {
        match self.refusal() {
            Some(code) => self.actions.push_back(Action::Resolve { id: request.id, result: Err(code) }),
            None => {
                let Request { id, topic, target, body, qos } = request;
                self.ask(Asker::Host(id), topic, target, body, qos, now);
            }
        }
    }

    pub(super) fn ask(
        &mut self,
        asker: Asker,
        topic: Topic,
        target: String,
        body: Bytes,
        qos: Qos,
        now: Millis,
    ) {
        let sender = &self.sender;
        let message_id = self.requests.next_id(|id| sender.is_in_flight(id));
        let frame = UpFrame::Query(Query {
            qos,
            dup: false,
            retain: false,
            topic: topic.as_str().into(),
            target: target.as_str().into(),
            message_id,
            body,
        });
        let until = now + timing::ANSWER_LIMIT;
        self.requests.pending.insert(message_id, Pending { asker, topic, target, until });
        self.send(frame);
    }

    pub(super) fn queryack(&mut self, ack: QueryAck, now: Millis) {
        let asks = |pending: &Pending| !matches!(pending.asker, Asker::Publisher(_));
        let known = self.requests.pending.get(&ack.message_id).is_some_and(asks);
        let pending = known.then(|| self.requests.pending.remove(&ack.message_id)).flatten();
        let asker = pending.as_ref().map(|pending| pending.asker);
        // A page is confirmed once it is stored; anything else at once, also when nobody waits for it.
        let is_page = matches!(asker, Some(Asker::Pull | Asker::Nobody | Asker::RoomMessages));
        if !is_page && ack.qos.wants_ack() {
            self.send(UpFrame::QueryCon { message_id: ack.message_id });
        }
        match pending {
            Some(pending) if pending.asker == Asker::Pull => self.page(ack, now),
            Some(pending) if pending.asker == Asker::Nobody => {}
            Some(pending) if pending.asker == Asker::RoomMessages => self.room_page(&pending.target, ack),
            Some(pending) => {
                let user = self.connection.user_id().unwrap_or_default();
                let result = Answer::read(pending.topic, ack.status, ack.body, user);
                self.resolve(pending, result, now);
            }
            None => {}
        }
    }

    pub(super) fn resolve(&mut self, pending: Pending, result: Result<Answer, ErrorCode>, now: Millis) {
        match pending.asker {
            Asker::Host(id) => {
                self.rooms.answered(pending.topic, &pending.target, &result);
                self.actions.push_back(Action::Resolve { id, result });
            }
            Asker::Publisher(id) => self.actions.push_back(Action::Resolve { id, result }),
            Asker::Pull => self.pull_failed(now),
            Asker::RoomEntries => self.rooms.entries(&pending.target, &result),
            // The next notice asks again.
            Asker::RoomMessages | Asker::Nobody => {}
        }
    }
}

//! The outbox under fire, in virtual time: order within a conversation whatever happens to an attempt, and nothing
//! that stalls in one conversation holds up another.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;

/// What becomes of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Accepted,
    TooFast,
    /// The server could not take it, with this status.
    Unable(u16),
    /// Nothing is heard of it, and the server has not stored it.
    Unanswered,
    /// The server has stored it, and says so to nobody.
    StoredUnanswered,
    /// The line breaks under it.
    Lost,
    /// The same, after the server has stored it.
    StoredLost,
}

fn any_fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        Just(Fate::Accepted),
        Just(Fate::TooFast),
        (30_001..=30_014_u16).prop_map(Fate::Unable),
        Just(Fate::Unable(24_015)),
        Just(Fate::Unanswered),
        Just(Fate::StoredUnanswered),
        Just(Fate::Lost),
        Just(Fate::StoredLost),
    ]
}

/// A session, its outbox on disk, and a server that lets attempts meet their fates.
struct Play {
    rig: Rig,
    dedupe: bool,
    /// The outbox on disk; in the order of sending.
    outbox: Vec<Outgoing>,
    fates: VecDeque<Fate>,
    /// What the server has stored, each as often as it did.
    stored: Vec<i64>,
    /// What it has stored and no page has brought.
    fresh: Vec<i64>,
    /// What the session knows to be sent.
    done: HashSet<i64>,
    /// When a message has to go, if nothing but its own fate delays it.
    due: HashMap<i64, Millis>,
    /// When the pause ends that the server has asked of all, and how long the last one was.
    paused_until: Millis,
    pace: Millis,
    breaks: bool,
    /// What the other side still has to say: frames that left together left before it.
    words: VecDeque<Word>,
}

/// What the other side says.
enum Word {
    Noted(i64),
    /// Of a frame, with a status, about a message.
    Ack(u16, u16, i64),
    Page(u16),
}

impl Play {
    fn new(dedupe: bool, messages: &[usize], fates: Vec<Fate>) -> Self {
        let mut play = Self {
            rig: Rig::quiet(dedupe),
            dedupe,
            outbox: Vec::new(),
            fates: fates.into(),
            stored: Vec::new(),
            fresh: Vec::new(),
            done: HashSet::new(),
            due: HashMap::new(),
            paused_until: 0,
            pace: 0,
            breaks: false,
            words: VecDeque::new(),
        };
        for (number, peer) in (1..).zip(messages) {
            let outgoing = outgoing(number, &format!("peer {peer}"));
            play.outbox.push(outgoing.clone());
            if play.is_first(number) {
                play.due.insert(number, play.rig.now);
            }
            let actions = play.rig.input(Input::Send(outgoing));
            play.act(actions);
        }
        play
    }

    fn of(&self, message: i64) -> &Outgoing {
        self.outbox.iter().find(|outgoing| outgoing.message == message).unwrap()
    }

    /// Whether everything before it in its conversation is done.
    fn is_first(&self, message: i64) -> bool {
        let key = &self.of(message).conversation;
        let before = self.outbox.iter().filter(|other| other.conversation == *key && other.message < message);
        before.into_iter().all(|other| self.done.contains(&other.message))
    }

    fn act(&mut self, actions: Vec<Action>) {
        self.take_in(actions);
        while let Some(word) = self.words.pop_front() {
            let actions = match word {
                Word::Noted(message) => self.rig.input(Input::Noted { message, stored: true }),
                Word::Ack(message_id, status, message) => {
                    // What a page has brought before is not waited for any more.
                    if !self.done.contains(&message) {
                        self.model_pace(status);
                    }
                    self.rig.frame(acks(message_id, status))
                }
                Word::Page(message_id) => self.page(message_id),
            };
            self.take_in(actions);
        }
    }

    fn model_pace(&mut self, status: u16) {
        if status == 0 {
            self.pace = 0;
        } else if status == 20_604 {
            self.pace = (self.pace * 2).clamp(timing::PACE_BASE, timing::PACE_CAP);
            self.paused_until = self.rig.now + self.pace;
        }
    }

    fn take_in(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::NoteAttempt { message, .. } => {
                    assert!(!self.dedupe);
                    let at = self.outbox.iter().position(|outgoing| outgoing.message == message).unwrap();
                    self.outbox[at].tried = Tried::Unanswered;
                    self.words.push_back(Word::Noted(message));
                }
                Action::SendFrame { frame: UpFrame::Publish(publish), .. } => self.attempt(&publish),
                Action::SendFrame { frame: UpFrame::Query(query), .. }
                    if query.topic == Topic::PullMessages.as_str() =>
                {
                    self.words.push_back(Word::Page(query.message_id));
                }
                Action::SendDone { message, outcome } => {
                    assert!(matches!(outcome, SendOutcome::Sent { .. }));
                    self.finish(message);
                }
                _ => {}
            }
        }
    }

    fn finish(&mut self, message: i64) {
        assert!(self.done.insert(message), "{message} is sent twice");
        let key = self.of(message).conversation.clone();
        let waits = |other: &&Outgoing| other.conversation == key && !self.done.contains(&other.message);
        if let Some(next) = self.outbox.iter().find(waits) {
            self.due.insert(next.message, self.rig.now);
        }
    }

    fn attempt(&mut self, publish: &UpPublish) {
        let body = String::from_utf8(publish.body.to_vec()).unwrap();
        let message: i64 = body.strip_prefix("body ").unwrap().parse().unwrap();
        assert!(self.is_first(message), "{message} overtakes");
        let now = self.rig.now;
        assert_eq!(now, self.due[&message].max(self.paused_until), "{message} goes at its time");
        let fate = self.fates.pop_front().unwrap_or(Fate::Accepted);
        if matches!(fate, Fate::Accepted | Fate::StoredUnanswered | Fate::StoredLost)
            && !(self.dedupe && self.stored.contains(&message))
        {
            self.stored.push(message);
            self.fresh.push(message);
        }
        match fate {
            Fate::Accepted => self.words.push_back(Word::Ack(publish.message_id, 0, message)),
            Fate::TooFast => {
                self.due.insert(message, now);
                self.words.push_back(Word::Ack(publish.message_id, 20_604, message));
            }
            Fate::Unable(status) => {
                self.due.insert(message, now + timing::SEND_RETRY);
                self.words.push_back(Word::Ack(publish.message_id, status, message));
            }
            Fate::Unanswered | Fate::StoredUnanswered => {
                self.due.insert(message, now + timing::ANSWER_LIMIT);
            }
            Fate::Lost | Fate::StoredLost => self.breaks = true,
        }
    }

    /// A page with what was stored since the last one, and what the store finds in it.
    fn page(&mut self, message_id: u16) -> Vec<Action> {
        let mut actions = Vec::new();
        for message in std::mem::take(&mut self.fresh) {
            if !self.done.contains(&message) {
                self.finish(message);
                actions.extend(self.rig.input(Input::Found { message }));
            }
        }
        actions.extend(self.rig.frame(page(message_id, 0, true)));
        actions
    }

    fn run(&mut self) {
        for _ in 0..10_000 {
            if self.done.len() == self.outbox.len() {
                return;
            }
            if std::mem::take(&mut self.breaks) {
                self.rig.lose();
                let waits: Vec<Outgoing> =
                    self.outbox.iter().filter(|it| !self.done.contains(&it.message)).cloned().collect();
                for outgoing in &waits {
                    self.due.insert(outgoing.message, self.rig.now);
                }
                let actions = self.rig.begin_quietly(self.dedupe, waits);
                self.act(actions);
            } else {
                self.rig.now = self.rig.session.next_deadline().expect("something is due");
                let actions = self.rig.input(Input::Tick);
                self.act(actions);
            }
        }
        panic!("it does not end: {:?} of {}", self.done.len(), self.outbox.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_holds_whatever_happens_to_an_attempt_and_each_goes_at_its_time(
        dedupe in any::<bool>(),
        messages in proptest::collection::vec(0..5_usize, 1..24),
        fates in proptest::collection::vec(any_fate(), 0..40),
    ) {
        let count = messages.len();
        let mut play = Play::new(dedupe, &messages, fates);
        play.run();
        assert_eq!(play.stored.len(), count, "each is stored once: {:?}", play.stored);
        for peer in 0..5 {
            let to = format!("peer {peer}");
            let numbers: Vec<i64> =
                play.stored.iter().copied().filter(|message| play.of(*message).target == to).collect();
            assert!(numbers.is_sorted(), "{numbers:?}");
        }
    }
}

fn targets(actions: &[Action]) -> Vec<String> {
    publishes(actions).iter().map(|publish| publish.target.to_string()).collect()
}

#[test]
fn a_conversation_that_is_never_answered_costs_the_others_nothing() {
    let mut rig = Rig::quiet(true);
    for number in 0..10 {
        rig.input(Input::Send(outgoing(number, "silent")));
    }
    for number in 10..2_010 {
        let actions = rig.input(Input::Send(outgoing(number, &format!("peer {}", number % 63))));
        assert_eq!(publishes(&actions).len(), 1, "message {number} goes at once");
        rig.frame(acks(publishes(&actions)[0].message_id, 0));
    }
}

#[test]
fn a_window_full_of_silence_opens_after_2_seconds() {
    let mut rig = Rig::quiet(true);
    for number in 0..64 {
        let actions = rig.input(Input::Send(outgoing(number, &format!("silent {number}"))));
        assert_eq!(publishes(&actions).len(), 1);
    }
    assert!(rig.input(Input::Send(outgoing(100, "waits"))).is_empty());
    assert_eq!(targets(&rig.pass(2_000)), ["waits"]);
    // The silent ones go again when their answers are overdue, each once.
    assert_eq!(targets(&rig.pass(28_000)).len(), 64);
}

#[test]
fn a_server_that_answers_nothing_gets_1024_at_most() {
    let mut rig = Rig::quiet(true);
    let mut sent = 0;
    for number in 0..2_000 {
        sent += publishes(&rig.input(Input::Send(outgoing(number, &format!("silent {number}"))))).len();
    }
    let began = rig.now;
    while rig.now < began + 29_999 {
        let due = rig.session.next_deadline().unwrap();
        rig.now = due.min(began + 29_999);
        sent += publishes(&rig.input(Input::Tick)).len();
    }
    // 64 every two seconds, for 28 seconds.
    assert_eq!(sent, 64 * 15);
    assert_eq!(super::super::sender::MAX_IN_FLIGHT, 1_024);
}

#[test]
fn a_conversation_that_the_server_cannot_take_rests_alone() {
    let mut rig = Rig::quiet(true);
    let first = rig.input(Input::Send(outgoing(1, "broken")));
    rig.input(Input::Send(outgoing(2, "broken")));
    rig.frame(acks(publishes(&first)[0].message_id, 30_003));
    for number in 3..103 {
        let actions = rig.input(Input::Send(outgoing(number, "other")));
        assert_eq!(targets(&actions), ["other"], "at once");
        rig.frame(acks(publishes(&actions)[0].message_id, 0));
    }
    let again = rig.pass(timing::SEND_RETRY);
    assert_eq!(publishes(&again).len(), 1);
    assert_eq!(publishes(&again)[0].body, "body 1", "and in order");
    let next = rig.frame(acks(publishes(&again)[0].message_id, 0));
    assert_eq!(publishes(&next)[0].body, "body 2");
}

#[test]
fn a_message_taken_back_while_it_rests_lets_the_next_go() {
    let mut rig = Rig::quiet(true);
    let first = rig.input(Input::Send(outgoing(1, "broken")));
    rig.frame(acks(publishes(&first)[0].message_id, 24_015));
    rig.input(Input::Cancel { message: 1 });
    assert_eq!(publishes(&rig.input(Input::Send(outgoing(2, "broken")))).len(), 1);
    rig.now += timing::SEND_RETRY;
    assert!(rig.input(Input::Tick).is_empty(), "no second turn");
}

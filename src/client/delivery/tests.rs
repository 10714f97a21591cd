//! What listeners are told first, and what becomes of a host that is too slow.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::*;
use crate::model::SentStatus;

/// Longer than any test takes.
const DEADLINE: Duration = Duration::from_secs(120);

#[derive(Debug, PartialEq)]
enum Heard {
    Status(ConnectionStatus),
    Synced,
    Conversations(usize),
    Receipts(usize),
    Typing(usize),
    Overflow,
}

struct Ear(Mutex<Sender<Heard>>);

impl Ear {
    fn tell(&self, heard: Heard) {
        lock(&self.0).send(heard).unwrap();
    }
}

impl ConnectionListener for Ear {
    fn on_status(&self, status: ConnectionStatus, _: i32) {
        self.tell(Heard::Status(status));
    }

    fn on_synced(&self) {
        self.tell(Heard::Synced);
    }
}

impl ConversationListener for Ear {
    fn on_conversations(&self, conversations: Vec<ConversationKey>) {
        self.tell(Heard::Conversations(conversations.len()));
    }
}

impl ReceiptListener for Ear {
    fn on_receipts(&self, receipts: Vec<Receipt>) {
        self.tell(Heard::Receipts(receipts.len()));
    }
}

impl TypingListener for Ear {
    fn on_typing(&self, _: ConversationKey, users: Vec<TypingUser>) {
        self.tell(Heard::Typing(users.len()));
    }
}

impl MessageListener for Ear {
    fn on_messages(&self, _: Vec<Message>) {}

    fn on_sent(&self, message: Message) {
        assert_eq!(message.sent_status, SentStatus::Sent);
    }

    fn on_changed(&self, _: Vec<MessageChange>) {}

    fn on_overflow(&self) {
        self.tell(Heard::Overflow);
    }
}

/// A delivery whose thread is busy until something is sent.
fn held() -> (Delivery, Sender<()>, Arc<Ear>, Receiver<Heard>) {
    let delivery = Delivery::start().unwrap();
    let (release, gate) = channel();
    assert!(delivery.spawn(move || async move { gate.recv().unwrap() }));
    let (ear, heard) = channel();
    (delivery, release, Arc::new(Ear(Mutex::new(ear))), heard)
}

#[test]
fn the_first_word_on_a_state_is_what_it_is_then() {
    let (delivery, release, ear, heard) = held();
    let state = Arc::new(Mutex::new(ConnectionStatus::Connecting));
    let read = state.clone();
    let greeting = move || vec![HostEvent::Status(*lock(&read), ErrorCode::SUCCESS)];
    let _subscription = delivery.add_to_state(Listener::Connection(ear), greeting);
    // The word of this change went out before anybody listened.
    *lock(&state) = ConnectionStatus::Connected;
    release.send(()).unwrap();
    assert_eq!(heard.recv_timeout(DEADLINE).unwrap(), Heard::Status(ConnectionStatus::Connected));
    delivery.close();
}

#[test]
fn a_host_that_is_too_slow_hears_of_it_and_misses_no_state() {
    let (delivery, release, ear, heard) = held();
    let _subscriptions = [
        delivery.add(Listener::Connection(ear.clone())),
        delivery.add(Listener::Typing(ear.clone())),
        delivery.add(Listener::Message(ear.clone())),
        delivery.add(Listener::Conversation(ear.clone())),
        delivery.add(Listener::Receipt(ear)),
    ];
    let key = ConversationKey::private("bob");
    for _ in 0..MAX_QUEUE + 7 {
        delivery.tell(HostEvent::Conversations(vec![key.clone()]));
    }
    let typist = || TypingUser { user_id: "bob".into(), object_name: "RC:TxtMsg".into() };
    for users in [vec![typist()], vec![], vec![typist(), typist()]] {
        delivery.tell(HostEvent::Typing(key.clone(), users));
    }
    delivery.tell(HostEvent::Status(ConnectionStatus::Connected, ErrorCode::SUCCESS));
    delivery.tell(HostEvent::Synced);
    release.send(()).unwrap();
    let next = || heard.recv_timeout(DEADLINE).unwrap();
    for _ in 0..MAX_QUEUE {
        assert_eq!(next(), Heard::Conversations(1));
    }
    let rest: Vec<Heard> = (0..6).map(|_| next()).collect();
    let expected = [
        Heard::Overflow,
        Heard::Conversations(0),
        Heard::Receipts(0),
        Heard::Typing(2),
        Heard::Status(ConnectionStatus::Connected),
        Heard::Synced,
    ];
    assert_eq!(rest, expected);
    // There is room again.
    delivery.tell(HostEvent::Conversations(vec![key]));
    assert_eq!(next(), Heard::Conversations(1));
    delivery.close();
}

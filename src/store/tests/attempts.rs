//! Attempts that are written down: what a server without client ids gives back is the own message of that attempt,
//! and nothing else is.

use super::*;
use crate::model::{ErrorCode, SentStatus};
use crate::session::Tried;

const SINCE: i64 = 1_000;

/// The message as a server gives it back that knows no client ids.
fn nameless(time: i64) -> Incoming {
    Incoming { client_unique_id: None, content: r#"{ "content" : "mine" }"#.into(), ..own(time, 0) }
}

fn tried(connection: &Connection) -> Vec<Tried> {
    pending(connection).unwrap().iter().map(|outgoing| outgoing.tried).collect()
}

#[test]
fn an_attempt_that_is_written_down_is_known_after_a_restart_and_keeps_its_first_time() {
    let connection = memory();
    let message = send(&connection, 1, 900);
    assert_eq!(tried(&connection), [Tried::Never]);
    note_attempt(&connection, message.id, SINCE).unwrap();
    note_attempt(&connection, message.id, SINCE + 500).unwrap();
    assert_eq!(tried(&connection), [Tried::Unanswered]);
    assert_eq!(arrive(&connection, &[nameless(SINCE + 1)]).sent.len(), 1);
    assert!(pending(&connection).unwrap().is_empty());
}

#[test]
fn what_comes_back_settles_the_attempt_once_and_in_order() {
    let connection = memory();
    for number in [1, 2] {
        let message = send(&connection, number, 900);
        note_attempt(&connection, message.id, SINCE).unwrap();
    }
    let stored = arrive(&connection, &[nameless(SINCE + 1)]);
    assert!(stored.new.is_empty(), "it is no message from another device");
    let [message] = &stored.sent[..] else { panic!("{:?}", stored.sent) };
    assert_eq!((message.id, message.sent_status), (1, SentStatus::Sent));
    assert_eq!((message.uid.as_deref(), message.sent_time), (Some("uid-1001"), 1_001));
    assert_eq!(tried(&connection), [Tried::Unanswered], "the second one is still in doubt");
    // A page that comes twice settles nothing more.
    assert_eq!(arrive(&connection, &[nameless(SINCE + 2)]).sent.len(), 1);
    assert!(arrive(&connection, &[nameless(SINCE + 2)]).new.is_empty());
    assert_eq!(times(&connection), [1_001, 1_002]);
}

#[test]
fn nothing_else_is_taken_for_it() {
    let connection = memory();
    let message = send(&connection, 1, 900);
    // Not tried: the same words from another device.
    assert_eq!(arrive(&connection, &[nameless(800)]).new.len(), 1);
    note_attempt(&connection, message.id, SINCE).unwrap();
    let other = ConversationKey::private("other");
    let strangers = [
        nameless(SINCE - 1),
        Incoming { content: r#"{"content":"theirs"}"#.into(), ..nameless(2_000) },
        Incoming { conversation: other, ..nameless(2_001) },
        Incoming { object_name: "RC:InfoNtf".into(), ..nameless(2_002) },
        // It has a number, and it is another one.
        Incoming { client_unique_id: Some(7), ..nameless(2_003) },
        Incoming { direction: MessageDirection::Receive, sender: "peer".into(), ..nameless(2_004) },
    ];
    let stored = arrive(&connection, &strangers);
    assert!(stored.sent.is_empty(), "{:?}", stored.sent);
    assert_eq!(stored.new.len(), strangers.len());
    assert_eq!(tried(&connection), [Tried::Unanswered]);
}

#[test]
fn what_was_known_before_the_attempt_is_not_it() {
    let connection = memory();
    // The same words, sent a moment ago: acknowledged, from another device, and deleted since.
    let before = send(&connection, 1, 900);
    settle(&connection, before.id, &sent("uid-1001", 1_001)).unwrap();
    assert_eq!(arrive(&connection, &[nameless(1_002)]).new.len(), 1);
    let deleted = send(&connection, 2, 900);
    settle(&connection, deleted.id, &sent("uid-1003", 1_003)).unwrap();
    rows::remove(&connection, deleted.id, true).unwrap();
    let message = send(&connection, 3, 900);
    note_attempt(&connection, message.id, SINCE).unwrap();
    // The cursor has passed none of them: the next pull brings them all.
    let stored = arrive(&connection, &[nameless(1_001), nameless(1_002), nameless(1_003)]);
    assert!(stored.sent.is_empty() && stored.new.is_empty(), "{stored:?}");
    // What history brought after the attempt may be it: only one of them stays.
    let early = insert_stranger(&connection, 1_004);
    assert_eq!(arrive(&connection, &[nameless(1_004)]).sent.len(), 1);
    assert!(crate::store::message(&connection, early).unwrap().is_none());
    assert_eq!(times(&connection), [1_001, 1_002, 1_004]);
}

/// An own message as a page of history brings it.
fn insert_stranger(connection: &Connection, time: i64) -> i64 {
    let id = inbox::insert(connection, &nameless(time), 1).unwrap().unwrap();
    rows::all_added(connection, &[id]).unwrap();
    id
}

#[test]
fn a_note_to_oneself_comes_back_as_received() {
    let connection = memory();
    let message = send(&connection, 1, 900);
    note_attempt(&connection, message.id, SINCE).unwrap();
    let received = Incoming { direction: MessageDirection::Receive, ..nameless(SINCE) };
    assert_eq!(arrive(&connection, &[received]).sent.len(), 1);
}

#[test]
fn what_is_not_kept_by_others_settles_it_too() {
    let connection = memory();
    let message = send(&connection, 1, 900);
    note_attempt(&connection, message.id, SINCE).unwrap();
    let stored = arrive(&connection, &[Incoming { persisted: false, ..nameless(SINCE) }]);
    assert_eq!((stored.sent.len(), stored.new.len()), (1, 0));
}

#[test]
fn a_refusal_is_an_answer_and_taking_back_is_none() {
    let connection = memory();
    for (number, code) in [(1, ErrorCode(405)), (2, ErrorCode::REQUEST_CANCELLED)] {
        let message = send(&connection, number, 900);
        note_attempt(&connection, message.id, SINCE).unwrap();
        let outcome = SendOutcome::Refused { code, uid: None, time: 0 };
        settle(&connection, message.id, &outcome).unwrap();
    }
    // What was taken back may have arrived all the same; then it says so.
    let stored = arrive(&connection, &[nameless(SINCE)]);
    assert_eq!(stored.sent.iter().map(|message| message.id).collect::<Vec<_>>(), [2]);
    assert_eq!(resend(&connection, 1).unwrap().1.tried, Tried::Never);
}

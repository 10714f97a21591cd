//! What is deleted or cleared stays away, and takes nothing along that comes later.

use super::*;
use crate::model::{ErrorCode, SentStatus};
use crate::session::ListedConversation;

fn put_in(connection: &Connection, time: i64) {
    let local = LocalMessage {
        conversation: peer(),
        sender: "peer".into(),
        direction: MessageDirection::Receive,
        object_name: "RC:TxtMsg".into(),
        content: "{}".into(),
        sent_time: time,
        sent_status: SentStatus::Sent,
        received_status: 0,
        counted: true,
        uid: None,
        extra: String::new(),
    };
    insert(connection, &local, 1).unwrap();
}

#[test]
fn clearing_takes_nothing_along_that_comes_later() {
    let connection = memory();
    arrive(&connection, &[incoming(100)]);
    put_in(&connection, 5_000);
    let failed = send(&connection, 1, 6_000);
    let refused = SendOutcome::Refused { code: ErrorCode(405), uid: None, time: 0 };
    settle(&connection, failed.id, &refused).unwrap();
    assert_eq!(clear(&connection, &peer(), 0).unwrap(), Some(6_000));
    assert!(times(&connection).is_empty());
    assert_eq!(arrive(&connection, &[incoming(100), incoming(101)]).new.len(), 1);
    assert_eq!(times(&connection), [101], "what was cleared stays away, what is new comes");
}

#[test]
fn clearing_up_to_a_time_leaves_what_is_newer_and_keeps_the_rest_away() {
    let connection = memory();
    arrive(&connection, &[incoming(100), incoming(300)]);
    assert_eq!(clear(&connection, &peer(), 200).unwrap(), Some(200));
    assert!(arrive(&connection, &[incoming(150)]).new.is_empty());
    assert_eq!(arrive(&connection, &[incoming(250)]).new.len(), 1);
    assert_eq!(times(&connection), [250, 300]);
}

#[test]
fn a_message_deleted_on_its_way_does_not_come_back_with_the_inbox() {
    let connection = memory();
    let message = send(&connection, 7, 100);
    delete(&connection, &[message.id], false).unwrap();
    assert!(arrive(&connection, &[own(100, 7)]).new.is_empty());
    // Its name is known from then on: the history, which need not say the sender's number, brings it no more.
    assert!(arrive(&connection, &[Incoming { client_unique_id: None, ..own(100, 7) }]).new.is_empty());
    assert!(times(&connection).is_empty());
    assert_eq!(arrive(&connection, &[own(101, 8)]).new.len(), 1, "another one does");
}

#[test]
fn a_message_deleted_on_its_way_does_not_come_back_after_its_acknowledgement() {
    let connection = memory();
    let message = send(&connection, 7, 100);
    delete(&connection, &[message.id], false).unwrap();
    assert_eq!(settle(&connection, message.id, &sent("uid-100", 100)).unwrap(), None);
    // This server does not give the sender's number back.
    assert!(arrive(&connection, &[Incoming { client_unique_id: None, ..own(100, 7) }]).new.is_empty());
    // One that was never deleted here is no business of an acknowledgement without a row.
    assert_eq!(settle(&connection, 4711, &sent("uid-200", 200)).unwrap(), None);
    assert_eq!(arrive(&connection, &[own(200, 9)]).new.len(), 1);
}

fn listed(latest: Incoming) -> Vec<ListedConversation> {
    vec![ListedConversation {
        key: peer(),
        latest: Some(latest),
        read_time: 0,
        peer_delivered_time: 0,
        peer_read_time: 0,
    }]
}

#[test]
fn the_servers_list_shows_nothing_that_is_gone_here() {
    let connection = memory();
    let here = arrive(&connection, &[incoming(100), incoming(200)]).new;
    delete(&connection, &[here[1].id], false).unwrap();
    hide(&connection, &peer()).unwrap();
    let merged = merge_list(&connection, listed(incoming(200)), "me", 1).unwrap();
    assert!(merged.conversations.is_empty());
    assert!(row(&connection).hidden);
    assert_eq!(row(&connection).sort_time, 100);
    // What the inbox is still to bring moves it, and that is told.
    let merged = merge_list(&connection, listed(incoming(300)), "me", 1).unwrap();
    assert_eq!(merged.conversations, [peer()]);
    assert!(!row(&connection).hidden);
    assert_eq!(row(&connection).sort_time, 300);
    assert!(merge_list(&connection, listed(incoming(300)), "me", 1).unwrap().conversations.is_empty());
}

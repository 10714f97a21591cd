//! Where conversations stand, what shows them again, and what the server is told of it.

use super::*;
use crate::model::ErrorCode;
use crate::wire::Topic;

#[test]
fn an_estimate_ahead_of_the_server_gives_way_to_its_time() {
    let connection = memory();
    let message = send(&connection, 1, 10_000);
    assert_eq!(row(&connection).sort_time, 10_000);
    settle(&connection, message.id, &sent("uid", 5_000)).unwrap();
    assert_eq!(row(&connection).sort_time, 5_000);

    let refused = send(&connection, 2, 20_000);
    let outcome = SendOutcome::Refused { code: ErrorCode(405), uid: Some("other".into()), time: 6_000 };
    settle(&connection, refused.id, &outcome).unwrap();
    assert_eq!(row(&connection).sort_time, 6_000);
}

#[test]
fn a_new_message_shows_a_conversation_that_an_estimate_holds_up() {
    let connection = memory();
    arrive(&connection, &[incoming(100)]);
    send(&connection, 1, 10_000);
    hide(&connection, &peer()).unwrap();
    arrive(&connection, &[incoming(50)]);
    assert!(row(&connection).hidden, "an older one is not new");
    arrive(&connection, &[incoming(200)]);
    assert!(!row(&connection).hidden);
    assert_eq!(row(&connection).sort_time, 10_000);
}

#[test]
fn a_recall_of_what_was_never_here_is_told() {
    let connection = memory();
    let recall = Incoming {
        object_name: commands::RECALLED.into(),
        content: r#"{"messageUId":"never-seen","sentTime":90,"conversationType":1,"targetId":"me"}"#.into(),
        ..incoming(100)
    };
    assert_eq!(arrive(&connection, std::slice::from_ref(&recall)).conversations, [peer()]);
    assert_eq!(times(&connection), [90]);
    assert!(arrive(&connection, &[recall]).conversations.is_empty(), "once");
}

#[test]
fn removing_tells_the_server_that_the_place_on_top_goes_too() {
    let connection = memory();
    arrive(&connection, &[incoming(100)]);
    let states_told = |connection: &Connection| {
        let questions = waiting(connection, "me").unwrap().questions;
        questions.iter().filter(|question| question.topic == Topic::SetConversationState).count()
    };
    remove(&connection, &peer(), "me", 1).unwrap();
    assert_eq!(states_told(&connection), 0);
    set_top(&connection, &peer(), true, 2).unwrap();
    for question in waiting(&connection, "me").unwrap().questions {
        answered(&connection, question.signal, true).unwrap();
    }
    remove(&connection, &peer(), "me", 3).unwrap();
    assert_eq!(states_told(&connection), 1);
    assert!(!row(&connection).top);
}

#[test]
fn a_read_mark_and_an_answer_to_a_user_of_that_name_are_two_signals() {
    let connection = memory();
    // A user called "1" is answered about a message whose uid is a target's name.
    let group = ConversationKey::group("g");
    signals::read_mark(&connection, &ConversationKey::private("peer"), 5, "me").unwrap();
    signals::receipt_answer(&connection, &group, "1", &["peer".into()]).unwrap();
    assert_eq!(waiting(&connection, "me").unwrap().outgoing.len(), 2);
}

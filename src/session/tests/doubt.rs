//! Lost acknowledgements of a server that cannot tell a repeated message from a new one, in virtual time: what was
//! not answered is looked for before it goes again, and no mistake of the server keeps it for ever.

use super::*;

fn unanswered(message: i64, target: &str) -> Outgoing {
    Outgoing { tried: Tried::Unanswered, ..outgoing(message, target) }
}

fn noted(actions: &[Action]) -> Vec<(i64, i64)> {
    let note = |action: &Action| match action {
        Action::NoteAttempt { message, since } => Some((*message, *since)),
        _ => None,
    };
    actions.iter().filter_map(note).collect()
}

/// A session that was logged in, with this in its outbox, and whose inbox is being asked for. Gives the pull's id.
fn back_again(outbox: Vec<Outgoing>) -> (Rig, u16) {
    let mut rig = Rig::quiet(false);
    rig.lose();
    let actions = rig.begin_quietly(false, outbox);
    assert!(publishes(&actions).is_empty(), "what is in doubt waits");
    (rig, pull_id(&actions).unwrap())
}

#[test]
fn a_server_that_dedupes_costs_nothing() {
    let mut rig = Rig::quiet(true);
    let actions = rig.input(Input::Send(outgoing(1, "peer")));
    assert!(noted(&actions).is_empty());
    assert_eq!(publishes(&actions).len(), 1);
    rig.lose();
    // Written down by an earlier login at another server.
    let actions = rig.begin_quietly(true, vec![unanswered(1, "peer")]);
    assert_eq!(publishes(&actions).len(), 1, "without waiting for the inbox");
    assert!(noted(&actions).is_empty());
}

#[test]
fn an_attempt_is_written_down_before_it_is_made() {
    let mut rig = Rig::quiet(false);
    rig.now += 1_000;
    let actions = rig.input(Input::Send(outgoing(1, "peer")));
    // CONNACK said 1_700_000_000_000 a second ago; nodes may differ by five.
    assert_eq!(noted(&actions), [(1, 1_700_000_000_000 + 1_000 - 5_000)]);
    assert!(publishes(&actions).is_empty());
    assert!(rig.session.is_sending(1));
    assert!(rig.input(Input::Send(outgoing(2, "peer"))).is_empty(), "order holds meanwhile");
    let actions = rig.input(Input::Noted { message: 1, stored: true });
    let next = rig.frame(acks(publishes(&actions)[0].message_id, 0));
    assert_eq!(noted(&next).len(), 1, "the next one is written down in its turn");
    assert!(
        rig.input(Input::Noted { message: 1, stored: true }).is_empty(),
        "an answer too many says nothing"
    );
}

#[test]
fn what_cannot_be_written_down_waits_2_seconds() {
    let mut rig = Rig::quiet(false);
    rig.input(Input::Send(outgoing(1, "peer")));
    assert!(rig.input(Input::Noted { message: 1, stored: false }).is_empty());
    assert_eq!(noted(&rig.pass(timing::SEND_RETRY)).len(), 1);
    assert_eq!(publishes(&rig.input(Input::Noted { message: 1, stored: true })).len(), 1);
}

#[test]
fn what_the_inbox_brings_is_not_sent_again() {
    let (mut rig, pull) = back_again(vec![unanswered(1, "peer"), outgoing(2, "peer")]);
    let actions = rig.frame(page(pull, 100, true));
    assert!(publishes(&actions).is_empty(), "the page is not stored yet");
    let ticket = ticket_of(&actions).unwrap();
    let actions = rig.input(Input::Found { message: 1 });
    assert_eq!(noted(&actions), [(2, 1_700_000_000_000 - 5_000)], "the next one follows at once");
    assert!(publishes(&rig.input(Input::Stored { ticket })).is_empty());
    let actions = rig.input(Input::Noted { message: 2, stored: true });
    assert_eq!(publishes(&actions)[0].body, "body 2");
}

#[test]
fn what_the_inbox_does_not_bring_goes_as_soon_as_it_is_in() {
    let (mut rig, pull) = back_again(vec![unanswered(1, "peer"), outgoing(2, "other")]);
    assert_eq!(noted(&rig.input(Input::Tick)), []);
    // Two pages; the first is stored before the second comes.
    let actions = rig.frame(page(pull, 100, false));
    let (first, second) = (ticket_of(&actions).unwrap(), pull_id(&actions).unwrap());
    assert!(publishes(&rig.input(Input::Stored { ticket: first })).is_empty());
    let actions = rig.frame(page(second, 200, true));
    assert!(publishes(&actions).is_empty());
    let actions = rig.input(Input::Stored { ticket: ticket_of(&actions).unwrap() });
    assert_eq!(publishes(&actions).len(), 1);
    assert_eq!(publishes(&actions)[0].body, "body 1");
    assert!(noted(&actions).is_empty(), "it is written down already");
}

#[test]
fn the_pull_of_the_login_is_enough() {
    let (mut rig, pull) = back_again(vec![unanswered(1, "peer")]);
    let actions = rig.frame(page(pull, 0, true));
    assert_eq!(publishes(&actions).len(), 1);
    assert_eq!(pull_id(&actions), None, "it asks no second time");
    // With heartbeats it waits for the first answer, as always.
    let mut rig = Rig::new();
    rig.input(Input::Connect);
    rig.input(Input::TransportOpened { generation: rig.generation, heartbeat: true, dedupe: false });
    rig.accept();
    assert!(frames(&rig.ready(Cursors::default(), vec![unanswered(1, "peer")])).is_empty());
    let pull = pull_id(&rig.frame(DownFrame::PingResp)).unwrap();
    assert_eq!(publishes(&rig.frame(page(pull, 0, true))).len(), 1);
}

#[test]
fn conversations_without_doubt_do_not_wait() {
    let mut rig = Rig::quiet(false);
    rig.lose();
    let actions = rig.begin_quietly(false, vec![unanswered(1, "peer"), outgoing(2, "other")]);
    assert_eq!(noted(&actions).iter().map(|(message, _)| *message).collect::<Vec<_>>(), [2]);
}

#[test]
fn an_attempt_that_is_overdue_on_a_living_line_is_looked_for_by_a_pull_of_its_own() {
    let mut rig = Rig::quiet(false);
    rig.input(Input::Send(outgoing(1, "peer")));
    rig.input(Input::Noted { message: 1, stored: true });
    let actions = rig.pass(timing::ANSWER_LIMIT);
    let pull = pull_id(&actions).expect("it is looked for now");
    assert!(publishes(&actions).is_empty());
    assert_eq!(publishes(&rig.frame(page(pull, 0, true))).len(), 1);
}

#[test]
fn a_pull_that_began_before_the_attempt_ended_does_not_count() {
    let mut rig = Rig::quiet(false);
    rig.input(Input::Send(outgoing(1, "peer")));
    rig.input(Input::Noted { message: 1, stored: true });
    rig.now += timing::ANSWER_LIMIT - 1;
    let early = pull_id(&rig.input(Input::SyncNow)).unwrap();
    rig.now += 1;
    assert!(publishes(&rig.input(Input::Tick)).is_empty());
    let actions = rig.frame(page(early, 0, true));
    assert!(publishes(&actions).is_empty(), "the server may have stored it behind this page");
    let late = pull_id(&actions).expect("it asks once more");
    assert_eq!(publishes(&rig.frame(page(late, 0, true))).len(), 1);
}

#[test]
fn a_copy_that_overtakes_the_acknowledgement_ends_the_attempt() {
    let mut rig = Rig::quiet(false);
    rig.input(Input::Send(outgoing(1, "peer")));
    rig.input(Input::Send(outgoing(2, "peer")));
    let actions = rig.input(Input::Noted { message: 1, stored: true });
    let id = publishes(&actions)[0].message_id;
    assert_eq!(noted(&rig.input(Input::Found { message: 1 })).len(), 1, "the next one follows");
    assert!(rig.frame(acks(id, 0)).is_empty(), "its acknowledgement says nothing new");
}

#[test]
fn a_pull_that_is_never_answered_holds_a_message_for_65_seconds() {
    let (mut rig, _) = back_again(vec![unanswered(1, "peer")]);
    let began = rig.now;
    let mut sent = Vec::new();
    while sent.is_empty() {
        rig.now = rig.session.next_deadline().unwrap();
        sent = publishes(&rig.input(Input::Tick)).into_iter().cloned().collect();
    }
    // Asked at 0 and, after an answer that is overdue at 30 and a pause of 5, at 35.
    assert_eq!(rig.now - began, 65_000);
}

#[test]
fn each_message_is_held_for_65_seconds_of_its_own() {
    let (mut rig, pull) = back_again(vec![unanswered(1, "peer"), outgoing(2, "other")]);
    let began = rig.now;
    rig.input(Input::Noted { message: 2, stored: true });
    // A page postpones what is held already; the pull goes on and brings nothing more.
    rig.now += 20_000;
    assert!(publishes(&rig.frame(page(pull, 100, false))).is_empty());
    let mut went = Vec::new();
    while went.len() < 2 {
        rig.now = rig.session.next_deadline().unwrap();
        let sent: Vec<_> = publishes(&rig.input(Input::Tick)).iter().map(|sent| sent.body.clone()).collect();
        went.extend(sent.into_iter().map(|body| (body, rig.now - began)));
    }
    // The second is in doubt after 30 s without an answer: the first one's time is not its own.
    assert_eq!(went, [("body 1".into(), 85_000), ("body 2".into(), 30_000 + 65_000)]);
}

#[test]
fn pages_without_end_hold_a_message_for_10_minutes() {
    let (mut rig, mut pull) = back_again(vec![unanswered(1, "peer")]);
    let began = rig.now;
    for time in 1.. {
        rig.now += 1_000;
        let ticked = rig.input(Input::Tick);
        if !publishes(&ticked).is_empty() {
            break;
        }
        let actions = rig.frame(page(pull, time, false));
        pull = pull_id(&actions).unwrap();
        let ticket = ticket_of(&actions).unwrap();
        assert!(publishes(&rig.input(Input::Stored { ticket })).is_empty());
    }
    assert_eq!(rig.now - began, 600_000);
}

#[test]
fn a_server_that_says_more_and_gives_none_holds_a_message_for_65_seconds() {
    let (mut rig, pull) = back_again(vec![unanswered(1, "peer")]);
    assert!(publishes(&rig.frame(page(pull, 0, false))).is_empty());
    assert_eq!(publishes(&rig.pass(65_000)).len(), 1);
}

#[test]
fn what_is_taken_back_is_not_looked_for() {
    let (mut rig, pull) = back_again(vec![unanswered(1, "peer"), outgoing(2, "peer")]);
    let actions = rig.input(Input::Cancel { message: 1 });
    assert_eq!(noted(&actions).len(), 1, "the next one goes without a look");
    assert!(publishes(&rig.frame(page(pull, 0, true))).is_empty());
}

#[test]
fn signals_and_rooms_are_in_no_doubt() {
    let mut rig = Rig::quiet(false);
    rig.lose();
    let room = ConversationKey::new(crate::model::ConversationType::Chatroom, "room");
    let to_room = Outgoing { conversation: room, topic: Topic::ChatroomMessage, ..unanswered(1, "room") };
    let actions = rig.begin_quietly(false, vec![unanswered(-1, "peer"), to_room]);
    assert_eq!(publishes(&actions).len(), 2, "told twice is no harm, and no pull brings what a room has");
}
